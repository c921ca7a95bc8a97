import { Scope } from '../../src/entities/enums.js';
import {
  can,
  canAdminister,
  canEditEntry,
  canExportEvidence,
  canIngest,
  canPushRecord,
  canReadContacts,
  canReadDirectory,
  canReadFeed,
  canReadNotes,
  canRevokeSession,
  canSettle,
  canWriteContacts,
  conversationActions,
  conversationSight,
  handoverActions,
  recordSight,
  type ConversationFacts,
  type HandoverFacts,
} from '../../src/services/policy.js';
import { permissionsOf } from '../../src/services/permissions.js';
import { canGrantKey, canGrantRole } from '../../src/services/grants.js';
import type { Principal } from '../../src/services/principal.js';

const nobody: Principal = {
  kind: 'AGENT',
  id: null,
  workspaceId: 'acme',
  displayName: '',
  role: null,
  scopes: [],
  inboxIds: [],
  teamIds: [],
  supervisedTeamIds: [],
  supervisedAgentIds: [],
  seesOwnEvents: true,
  sessionId: null,
  apiKeyId: null,
  expiresAt: null,
};
const agent = (id: string, rights: Partial<Principal> = {}): Principal => ({ ...nobody, role: 'AGENT', id, ...rights });
const supervisor = (teamIds: string[], rights: Partial<Principal> = {}): Principal =>
  agent('sam', { role: 'SUPERVISOR', supervisedTeamIds: teamIds, supervisedAgentIds: ['bo', 'kim'], ...rights });

/** Everybody who makes a difference, by what makes it. The conversation is in inbox `chat`, of team `support`. */
const actors: Record<string, Principal> = {
  administrator: agent('ada', { role: 'ADMIN' }),
  auditor: agent('ines', { role: 'AUDITOR' }),
  'auditor in the inbox': agent('ines', { role: 'AUDITOR', inboxIds: ['chat'], teamIds: ['support'] }),
  'supervisor of the team': supervisor(['support']),
  'supervisor of billing': supervisor(['billing']),
  'supervisor, member of the team': supervisor(['billing'], { teamIds: ['support'] }),
  'agent Bo, of no inbox or team': agent('bo'),
  'agent in the inbox': agent('kim', { inboxIds: ['chat'] }),
  'agent in the team': agent('kim', { teamIds: ['support'] }),
  'agent in billing': agent('olu', { teamIds: ['billing'] }),
  'agent who may not read events': agent('kim', { inboxIds: ['chat'], seesOwnEvents: false }),
  'bot Robin': { ...nobody, kind: 'BOT', id: 'robin' },
  'bot Zoe': { ...nobody, kind: 'BOT', id: 'zoe' },
  ...Object.fromEntries(
    Object.values(Scope).map((scope) => [
      `key ${scope}`,
      { ...nobody, kind: 'API_KEY', id: 'key', scopes: [scope] } satisfies Principal,
    ]),
  ),
  contact: { ...nobody, kind: 'CONTACT', id: 'asha' },
  'the product itself': { ...nobody, kind: 'SYSTEM' },
  anonymous: { ...nobody, kind: 'ANONYMOUS' },
};

const free: ConversationFacts = {
  inboxId: 'chat',
  teamId: 'support',
  assigneeId: null,
  botId: null,
  botActive: false,
  offeredAgentId: null,
  offeredTeamId: null,
};

/** The states of a conversation that make a difference. */
const conversations: Record<string, ConversationFacts> = {
  'Robin has it': { ...free, botId: 'robin', botActive: true },
  'a person has taken it from Robin': { ...free, botId: 'robin', assigneeId: 'bo' },
  'nobody has it, no bot': free,
  'of no team': { ...free, teamId: null },
  'assigned to Bo, of no team': { ...free, teamId: null, assigneeId: 'bo' },
  'offered to Bo, of no team': { ...free, teamId: null, offeredAgentId: 'bo' },
  'offered to billing': { ...free, offeredTeamId: 'billing' },
};

const request: HandoverFacts = { kind: 'TO_TEAM', fromKind: 'AGENT', fromId: 'kim', toAgentId: null, toTeamId: null };
/** Open handovers, each with the conversation that it is of. */
const handovers: Record<string, [HandoverFacts, ConversationFacts]> = {
  'by Kim to Bo': [
    { ...request, kind: 'TO_AGENT', toAgentId: 'bo' },
    { ...free, offeredAgentId: 'bo' },
  ],
  'by Kim to the team': [
    { ...request, toTeamId: 'support' },
    { ...free, offeredTeamId: 'support' },
  ],
  'by Kim to billing': [
    { ...request, toTeamId: 'billing' },
    { ...free, offeredTeamId: 'billing' },
  ],
  'by Robin to the team': [
    { ...request, fromKind: 'BOT', fromId: 'robin', toTeamId: 'support' },
    { ...free, botId: 'robin', botActive: true, offeredTeamId: 'support' },
  ],
  'by the product to Bo, of no team': [
    { ...request, fromKind: 'SYSTEM', fromId: null, kind: 'TO_AGENT', toAgentId: 'bo' },
    { ...free, teamId: null, offeredAgentId: 'bo' },
  ],
};

/** Who wrote a message or a note, where whoever changes it sees the conversation. */
const authors: Record<string, { kind: string; id: string | null }> = {
  'by Kim': { kind: 'AGENT', id: 'kim' },
  'by Robin': { kind: 'BOT', id: 'robin' },
  'by the key': { kind: 'API_KEY', id: 'key' },
  'by another key': { kind: 'API_KEY', id: 'another' },
  'by the customer Asha': { kind: 'CONTACT', id: 'asha' },
  'by the product': { kind: 'SYSTEM', id: null },
};

/** What depends on no conversation. */
const atAll: Record<string, (actor: Principal) => boolean> = {
  'deliver messages': canIngest,
  'see names': canReadDirectory,
  'read notes': canReadNotes,
  'read contacts': canReadContacts,
  'write contacts': canWriteContacts,
  'follow the feed': canReadFeed,
  'erase and set retention': canAdminister,
  'set up sinks': canPushRecord,
  'export evidence': canExportEvidence,
  'try alert rules': (actor) => recordSight(actor).everything,
  'make administrators': (actor) => canGrantRole(actor, 'ADMIN'),
  'make auditors': (actor) => canGrantRole(actor, 'AUDITOR'),
  'make agents': (actor) => canGrantRole(actor, 'AGENT'),
  'give a key ADMIN': (actor) => canGrantKey(actor, { isBot: false, scopes: ['ADMIN'] }),
  'give a key AUDIT_READ': (actor) => canGrantKey(actor, { isBot: false, scopes: ['AUDIT_READ'] }),
  'make a bot’s key': (actor) => canGrantKey(actor, { isBot: true, scopes: [] }),
  'end a session of Kim': (actor) => canRevokeSession(actor, 'kim'),
};

/** The whole policy as text: who may do what in which state, and who sees what. */
export function policyMatrix(): string {
  const sections = [
    ...Object.entries(conversations).map(([state, facts]) =>
      table(`A conversation: ${state}`, conversationActions, (actor, action) => can(actor, action, facts)),
    ),
    ...Object.entries(handovers).map(([state, [handover, facts]]) =>
      table(`An open handover: ${state}`, handoverActions, (actor, action) =>
        canSettle(actor, action, handover, facts),
      ),
    ),
    table('Changing what was written', Object.keys(authors), (actor, author) => canEditEntry(actor, authors[author]!)),
    table('Without an object', Object.keys(atAll), (actor, action) => atAll[action]!(actor)),
    list('Sees conversations with any of these keys', (actor) => {
      const { everything, keys } = conversationSight(actor);
      return everything ? 'all' : keys.join(' ') || '-';
    }),
    list('Reads of the record', (actor) => {
      const { everything, actorIds, teamIds, unmasked } = recordSight(actor);
      if (everything) return `all${unmasked ? ', unmasked' : ''}`;
      const parts = [...actorIds.map((id) => `by:${id}`), ...teamIds.map((id) => `team:${id}`)];
      return parts.length > 0 ? `${parts.join(' ')}${unmasked ? ', unmasked' : ''}` : '-';
    }),
    list('Permissions', (actor) => permissionsOf(actor).join(' ') || '-'),
  ];
  return `${sections.join('\n\n')}\n`;
}

const WIDTH = Math.max(...Object.keys(actors).map((name) => name.length)) + 2;

function table<A extends string>(title: string, actions: readonly A[], may: (actor: Principal, action: A) => boolean) {
  const cell = (text: string, action: string) => text.padEnd(action.length + 2);
  const rows = Object.entries(actors).map(
    ([name, actor]) =>
      name.padEnd(WIDTH) + actions.map((action) => cell(may(actor, action) ? 'yes' : '.', action)).join(''),
  );
  const heading = ''.padEnd(WIDTH) + actions.map((action) => cell(action, action)).join('');
  return [`# ${title}`, heading, ...rows].map((line) => line.trimEnd()).join('\n');
}

const list = (title: string, of: (actor: Principal) => string): string =>
  [`# ${title}`, ...Object.entries(actors).map(([name, actor]) => name.padEnd(WIDTH) + of(actor))].join('\n');
