import type { ExportFormat } from '../entities/enums.js';
import type { Handover } from '../entities/handover.js';
import type { RowOf } from '../entities/row.js';
import { audienceOf, type Sighted } from './audience.js';
import type { Principal } from './principal.js';

/** What may be done to a conversation or a handover. */
export const conversationActions = [
  'conversation.read',
  'message.send',
  'conversation.assign',
  'conversation.set_status',
  'conversation.update',
  'conversation.mark_read',
  'conversation.delete',
  'note.read',
  'note.add',
  'handover.request',
] as const;
export type ConversationAction = (typeof conversationActions)[number];

export const handoverActions = ['handover.accept', 'handover.decline', 'handover.cancel'] as const;
export type HandoverAction = (typeof handoverActions)[number];

/** Which objects of a kind somebody sees: all, or those that carry one of these keys. */
export interface Sight {
  readonly everything: boolean;
  readonly keys: readonly string[];
}
const ALL: Sight = { everything: true, keys: [] };
const NONE: Sight = { everything: false, keys: [] };

/** Which conversations a principal sees, by audience key. Lists, single reads and deliveries all ask this. */
export function conversationSight(principal: Principal): Sight {
  switch (principal.kind) {
    case 'SYSTEM':
      return ALL;
    case 'BOT':
      return { everything: false, keys: [`bot:${principal.id}`] };
    case 'API_KEY':
      return principal.scopes.includes('CONVERSATIONS_READ') || principal.scopes.includes('CONVERSATIONS_WRITE')
        ? ALL
        : NONE;
    case 'AGENT':
      if (principal.role === 'ADMIN') return ALL;
      if (principal.role === 'AUDITOR') return NONE;
      return {
        everything: false,
        keys: [
          `agent:${principal.id}`,
          ...principal.inboxIds.map((id) => `inbox:${id}`),
          ...principal.teamIds.map((id) => `team:${id}`),
          ...(principal.role === 'SUPERVISOR'
            ? principal.supervisedTeamIds.filter((id) => !principal.teamIds.includes(id)).map((id) => `team:${id}`)
            : []),
        ],
      };
    default:
      return NONE;
  }
}

/** Whether a sight covers something that carries these keys. */
export const covers = (sight: Sight, keys: readonly string[]): boolean =>
  sight.everything || keys.some((key) => sight.keys.includes(key));

/** What `can` looks at in a conversation. */
export type ConversationFacts = Sighted & { botActive: boolean };

const isStaff = (principal: Principal): boolean =>
  principal.kind === 'AGENT' &&
  (principal.role === 'AGENT' || principal.role === 'SUPERVISOR' || principal.role === 'ADMIN');
/** Whether a principal writes in conversations at all, but for bots, who do so only in their own. */
export const mayWrite = (principal: Principal): boolean =>
  isStaff(principal) ||
  principal.kind === 'SYSTEM' ||
  (principal.kind === 'API_KEY' && principal.scopes.includes('CONVERSATIONS_WRITE'));
/** A bot acts only while the conversation is its own: until a person takes over, and again when it is given back. */
const ownsAsBot = (principal: Principal, conversation: ConversationFacts): boolean =>
  principal.kind === 'BOT' && conversation.botActive && conversation.botId === principal.id;

/** What may be done by who only is offered the conversation: enough to decide whether to take it. */
const WITHOUT_ACCEPTING: ReadonlySet<ConversationAction> = new Set([
  'conversation.read',
  'conversation.mark_read',
  'note.read',
]);

/** Whether a principal may do this to a conversation. Pure. */
export function can(principal: Principal, action: ConversationAction, conversation: ConversationFacts): boolean {
  const within = WITHOUT_ACCEPTING.has(action)
    ? conversation
    : { ...conversation, offeredAgentId: null, offeredTeamId: null };
  if (!covers(conversationSight(principal), audienceOf(within))) return false;
  switch (action) {
    case 'conversation.read':
      return true;
    case 'message.send':
    case 'handover.request':
    case 'conversation.set_status':
      return mayWrite(principal) || ownsAsBot(principal, conversation);
    case 'conversation.assign':
    case 'conversation.update':
    case 'note.add':
      return mayWrite(principal);
    case 'conversation.mark_read':
      return isStaff(principal);
    case 'conversation.delete':
      return canAdminister(principal);
    case 'note.read':
      return canReadNotes(principal);
  }
}

/** Whether a principal reads notes at all, wherever they see the conversation. Bots and customers never do. */
export const canReadNotes = (principal: Principal): boolean =>
  isStaff(principal) ||
  principal.kind === 'SYSTEM' ||
  (principal.kind === 'API_KEY' && covers(conversationSight(principal), []));

/**
 * Whether a principal may change what was written: their own words while they may still write, or as an administrator
 * everybody's.
 */
export const canEditEntry = (principal: Principal, author: { kind: string; id: string | null }): boolean =>
  principal.role === 'ADMIN' ||
  (principal.id !== null &&
    author.kind === principal.kind &&
    author.id === principal.id &&
    (mayWrite(principal) || principal.kind === 'BOT'));

/** What `canSettle` looks at in a handover. */
export type HandoverFacts = Pick<RowOf<Handover>, 'kind' | 'fromKind' | 'fromId' | 'toAgentId' | 'toTeamId'>;

/**
 * Whether a principal may settle a handover in this way. It is accepted by whom it was offered to; a team's by any
 * member, and declined only by who answers for the whole team; cancelled by who asked, or who answers for the team.
 */
export function canSettle(
  principal: Principal,
  action: HandoverAction,
  handover: HandoverFacts,
  conversation: ConversationFacts,
): boolean {
  if (!can(principal, 'conversation.read', conversation)) return false;
  const isTarget = handover.kind === 'TO_AGENT' && principal.kind === 'AGENT' && handover.toAgentId === principal.id;
  const answersFor = (teamId: string | null): boolean =>
    teamId !== null && principal.role === 'SUPERVISOR' && principal.supervisedTeamIds.includes(teamId);
  const isAdmin = principal.role === 'ADMIN';
  switch (action) {
    case 'handover.accept':
      if (handover.kind === 'TO_AGENT') return isTarget;
      return (
        isStaff(principal) &&
        (isAdmin || principal.teamIds.includes(handover.toTeamId ?? '') || answersFor(handover.toTeamId))
      );
    case 'handover.decline':
      return isTarget || (handover.kind === 'TO_TEAM' && (isAdmin || answersFor(handover.toTeamId)));
    case 'handover.cancel':
      return (
        (handover.fromKind === principal.kind && handover.fromId === principal.id && principal.id !== null) ||
        isAdmin ||
        answersFor(conversation.teamId) ||
        answersFor(handover.toTeamId) ||
        (principal.kind === 'API_KEY' && mayWrite(principal))
      );
  }
}

/** Whether a principal may deliver what customers write. */
export const canIngest = (principal: Principal): boolean =>
  principal.kind === 'SYSTEM' || (principal.kind === 'API_KEY' && principal.scopes.includes('CHANNEL_INGEST'));

/** Whether a principal may read the profiles of contacts. */
export const canReadContacts = (principal: Principal): boolean =>
  isStaff(principal) ||
  principal.kind === 'SYSTEM' ||
  (principal.kind === 'API_KEY' &&
    (principal.scopes.includes('CONTACTS_READ') || principal.scopes.includes('CONTACTS_WRITE')));

/** Whether a principal may change contacts. */
export const canWriteContacts = (principal: Principal): boolean =>
  isStaff(principal) ||
  principal.kind === 'SYSTEM' ||
  (principal.kind === 'API_KEY' && principal.scopes.includes('CONTACTS_WRITE'));

/** Whether a principal may end the session of an agent. */
export const canRevokeSession = (principal: Principal, agentId: string): boolean =>
  principal.kind === 'AGENT' && (principal.id === agentId || principal.role === 'ADMIN');

/** Whether a principal may follow the feed that other systems sync from. */
export const canReadFeed = (principal: Principal): boolean =>
  principal.kind === 'SYSTEM' ||
  principal.role === 'ADMIN' ||
  (principal.kind === 'API_KEY' && principal.scopes.includes('EVENTS_READ'));

/** Whether a principal may record what happened in another system: integrators who write, and administrators. */
export const canRecordCustomEvents = (principal: Principal): boolean =>
  principal.kind === 'SYSTEM' ||
  principal.role === 'ADMIN' ||
  (principal.kind === 'API_KEY' &&
    (principal.scopes.includes('CONVERSATIONS_WRITE') || principal.scopes.includes('ADMIN')));

/** Whether a principal may set up the workspace, and decide what goes from it for good. */
export const canAdminister = (principal: Principal): boolean =>
  principal.role === 'ADMIN' || principal.scopes.includes('ADMIN');

/** Whether a principal may see the names of agents, teams and inboxes. */
export const canReadDirectory = (principal: Principal): boolean =>
  principal.kind === 'AGENT' ||
  principal.kind === 'BOT' ||
  principal.kind === 'SYSTEM' ||
  (principal.kind === 'API_KEY' && principal.scopes.some((scope) => scope !== 'CHANNEL_INGEST'));

/** Which events of the record a principal reads: all, or those of these actors and of these teams' conversations. */
export interface RecordSight {
  readonly everything: boolean;
  readonly actorIds: readonly string[];
  readonly teamIds: readonly string[];
  /** Addresses and committed values are shown; otherwise they are masked. */
  readonly unmasked: boolean;
}

/** The one rule of who reads what of the record: lists, single reads, counts and each delivery ask this. */
export function recordSight(principal: Principal): RecordSight {
  const everything: RecordSight = { everything: true, actorIds: [], teamIds: [], unmasked: true };
  const nothing: RecordSight = { everything: false, actorIds: [], teamIds: [], unmasked: false };
  if (principal.kind === 'SYSTEM') return everything;
  if (principal.kind === 'API_KEY') return principal.scopes.includes('AUDIT_READ') ? everything : nothing;
  if (principal.kind !== 'AGENT' || principal.id === null) return nothing;
  switch (principal.role) {
    case 'ADMIN':
    case 'AUDITOR':
      return everything;
    case 'SUPERVISOR':
      return {
        everything: false,
        actorIds: [principal.id, ...principal.supervisedAgentIds.filter((id) => id !== principal.id)],
        teamIds: principal.supervisedTeamIds,
        unmasked: false,
      };
    default:
      return { ...nothing, actorIds: principal.seesOwnEvents ? [principal.id] : [] };
  }
}

/** Whether a principal may take the record away as a file. */
export const canExportRecord = (principal: Principal): boolean =>
  principal.role === 'ADMIN' || principal.role === 'AUDITOR' || principal.scopes.includes('AUDIT_EXPORT');

/** Whether a principal may have evidence: what was said is in it too, so they read all of that and all of the record. */
export const canExportEvidence = (principal: Principal): boolean =>
  canExportRecord(principal) &&
  recordSight(principal).unmasked &&
  conversationSight(principal).everything &&
  canReadNotes(principal);

/** Whether a principal may decide where the record is pushed to: it leaves as only who reads all of it, unmasked, sees it. */
export const canPushRecord = (principal: Principal): boolean => {
  const { everything, unmasked } = recordSight(principal);
  return canAdminister(principal) && everything && unmasked;
};

/** What of the record an export of theirs holds. A key that only exports gets every event, and of none what is masked. */
export function exportSight(principal: Principal): RecordSight {
  const sight = recordSight(principal);
  return canExportRecord(principal) && !sight.everything ? { ...sight, everything: true, unmasked: false } : sight;
}

/** Whether a principal may see, stop and download this export: their own, or any of a workspace whose record they read. */
export const canSeeExport = (principal: Principal, by: { kind: string; id: string }): boolean =>
  canExportRecord(principal) &&
  ((by.kind === principal.kind && by.id === principal.id) || recordSight(principal).unmasked);

/** Whether they may have its file too: only while they may still see everything that is in it. */
export const canFetchExport = (
  principal: Principal,
  by: { kind: string; id: string },
  { format, unmasked }: { format: ExportFormat; unmasked: boolean },
): boolean =>
  canSeeExport(principal, by) &&
  (format === 'EVIDENCE' ? canExportEvidence(principal) : !unmasked || exportSight(principal).unmasked);

/** Which alerts a principal reads: all, or those that are about what these alone have done. */
export interface AlertSight {
  readonly everything: boolean;
  readonly actorIds: readonly string[];
  /** Addresses are shown; otherwise they are masked. */
  readonly unmasked: boolean;
}

/** The one rule of who reads alerts. A supervisor reads those about their people, but none about themself. */
export function alertSight(principal: Principal): AlertSight {
  const record = recordSight(principal);
  if (record.everything) return { everything: true, actorIds: [], unmasked: record.unmasked };
  if (canAdminister(principal)) return { everything: true, actorIds: [], unmasked: false };
  const actorIds =
    principal.role === 'SUPERVISOR' ? principal.supervisedAgentIds.filter((id) => id !== principal.id) : [];
  return { everything: false, actorIds, unmasked: false };
}
