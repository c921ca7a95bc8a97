import type pg from 'pg';
import type { Scope } from '../../src/entities/enums.js';
import { ApiClient } from '../support/client.js';
import type { Kind, ProgramKind, PersonKind, Seat } from './seats.js';
import type { Watchable } from './watched-stream.js';

/** Two conversations: one of Support in the chat, which is supervised, and one of Billing in the mail, which is not. */
export interface Conversations {
  supports: string;
  billings: string;
}

/** The streams, and which of their frames carry what a right is needed for. */
const streams = {
  conversationChanges: {
    query: `subscription { conversationChanges {
      changeType cursor conversationId conversation { id status contact { id } } } }`,
    carries: ({ conversation }) => conversation !== null,
  },
  handoverChanges: {
    query: `subscription { handoverChanges {
      changeType cursor handoverId handover { id status } } }`,
    carries: ({ handover }) => handover !== null,
  },
  transcriptChanges: {
    query: `subscription($id: ID!) { transcriptChanges(conversationId: $id) {
      changeType cursor entry { id position } } }`,
    carries: ({ entry }) => entry !== null,
  },
  auditEvents: {
    query: 'subscription { auditEvents { cursor event { id action } } }',
    carries: ({ event }) => event !== null,
  },
  workspaceEvents: {
    query: 'subscription { workspaceEvents { cursor id action conversation { id } } }',
    carries: ({ id }) => id !== null,
  },
  contactsOfEvents: {
    query: 'subscription { workspaceEvents { cursor id contact { id name } } }',
    carries: ({ contact }) => contact !== null,
  },
  presenceChanges: {
    query: 'subscription { presenceChanges { agent { id presence { status } } } }',
    carries: () => true,
  },
} satisfies Record<string, Omit<Watchable, 'variables'>>;
type Stream = keyof typeof streams;

const ofConversations: Stream[] = ['conversationChanges', 'handoverChanges', 'transcriptChanges'];
/** What each kind can follow. */
const follows: Record<Kind, Stream[]> = {
  inboxMember: ofConversations,
  teamMember: ofConversations,
  supervisor: [...ofConversations, 'auditEvents'],
  admin: [...ofConversations, 'auditEvents', 'workspaceEvents'],
  auditor: ['auditEvents'],
  reader: ofConversations,
  integrator: [...ofConversations, 'workspaceEvents'],
  archive: ['auditEvents'],
  directory: ['presenceChanges'],
  bot: ofConversations,
};

/** What a removal is done with: the database as its owner, and an administrator who stays one. */
export interface Hands {
  owner: pg.Pool;
  admin: ApiClient;
}

/** A way in which rights end. */
export interface Way {
  of: Kind[];
  /** Unless it is any of what the kind follows. */
  stream?: Stream;
  remove: (seat: Seat, hands: Hands) => Promise<unknown>;
  /** With what the stream ends: the code of an error, or of the closed socket. */
  ends: string | number;
}

const REVOKED = 4401;
const people: PersonKind[] = ['inboxMember', 'teamMember', 'supervisor', 'admin', 'auditor'];
const programs: ProgramKind[] = ['reader', 'integrator', 'archive', 'directory', 'bot'];

const REVOKE = 'mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }';
const REFRESH = 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken } }';
const at = ({ admin }: Hands, credential: string | null) => new ApiClient(admin.url, credential);

const changing =
  (statement: string) =>
  async ({ id }: Seat, { owner }: Hands): Promise<void> => {
    const { rowCount } = await owner.query(statement, [id]);
    if (rowCount !== 1) throw new Error(`${statement}: ${rowCount} rows`);
  };
const role = (to: string) => changing(`update agent set role = '${to}' where id = $1`);
const withoutScope = (scope: Scope) =>
  changing(`update api_key set scopes = array_remove(scopes, '${scope}') where id = $1 and '${scope}' = any(scopes)`);

export const ways: Record<string, Way> = {
  'signed out': {
    of: people,
    remove: ({ credential }, hands) => at(hands, credential).ask('mutation { signOut { signedOut } }'),
    ends: REVOKED,
  },
  'session revoked by its owner': {
    of: people,
    remove: ({ sessionId, elsewhere }, hands) => at(hands, elsewhere).ask(REVOKE, { input: { sessionId } }),
    ends: REVOKED,
  },
  'session revoked by an administrator': {
    of: people,
    remove: ({ sessionId }, { admin }) => admin.ask(REVOKE, { input: { sessionId } }),
    ends: REVOKED,
  },
  'refresh token used by two': {
    of: people,
    remove: async ({ refreshToken }, hands) => {
      const refresh = async (token: string) =>
        (await at(hands, null).ask(REFRESH, { input: { refreshToken: token } })).refreshSession.refreshToken;
      await refresh(await refresh(refreshToken));
      await at(hands, null).refused(REFRESH, { input: { refreshToken } });
    },
    ends: REVOKED,
  },
  'session expired': {
    of: people,
    remove: ({ sessionId }, { owner }) =>
      owner.query('update session set expires_at = now() where id = $1', [sessionId]),
    ends: REVOKED,
  },
  'agent deactivated': {
    of: people,
    remove: changing('update agent set active = false where id = $1'),
    ends: REVOKED,
  },
  'out of the inbox': {
    of: ['inboxMember'],
    remove: changing('delete from inbox_member where agent_id = $1'),
    ends: 'RESYNC_REQUIRED',
  },
  'out of the team': {
    of: ['teamMember'],
    remove: changing('delete from team_member where agent_id = $1'),
    ends: 'RESYNC_REQUIRED',
  },
  'no longer supervising the team': {
    of: ['supervisor'],
    remove: changing('delete from team_supervisor where agent_id = $1'),
    ends: 'RESYNC_REQUIRED',
  },
  'supervisor made agent': { of: ['supervisor'], remove: role('AGENT'), ends: 'RESYNC_REQUIRED' },
  'administrator or auditor made agent': { of: ['admin', 'auditor'], remove: role('AGENT'), ends: 'RESYNC_REQUIRED' },
  'key revoked': {
    of: programs,
    remove: changing('update api_key set revoked_at = now() where id = $1'),
    ends: REVOKED,
  },
  'key expired': {
    of: programs,
    remove: changing('update api_key set expires_at = now() where id = $1'),
    ends: REVOKED,
  },
  'scope of conversations removed': {
    of: ['reader', 'integrator'],
    remove: withoutScope('CONVERSATIONS_READ'),
    ends: 'RESYNC_REQUIRED',
  },
  'scope of the record removed': { of: ['archive'], remove: withoutScope('AUDIT_READ'), ends: 'RESYNC_REQUIRED' },
  'scope of the feed removed': {
    of: ['integrator'],
    stream: 'workspaceEvents',
    remove: withoutScope('EVENTS_READ'),
    ends: 'RESYNC_REQUIRED',
  },
  'scope of the directory removed': {
    of: ['directory'],
    remove: withoutScope('CONTACTS_READ'),
    ends: 'RESYNC_REQUIRED',
  },
  'scope of contacts removed': {
    of: ['integrator'],
    stream: 'contactsOfEvents',
    remove: withoutScope('CONTACTS_READ'),
    ends: 'RESYNC_REQUIRED',
  },
};

/** One of a list, as a random number from 0 to 1 says. */
const pick = <T>(random: () => number, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** Somebody who is going to lose a right while following a stream. */
export interface Plan {
  name: string;
  way: Way;
  kind: Kind;
  stream: Stream;
}

export function drawPlan(random: () => number): Plan {
  const [name, way] = pick(random, Object.entries(ways));
  const kind = pick(random, way.of);
  return { name, way, kind, stream: way.stream ?? pick(random, follows[kind]) };
}

/** What somebody with this plan subscribes to. Members of the inbox and the team see the mail, the others the chat. */
export const watchableOf = ({ kind, stream }: Plan, { supports, billings }: Conversations): Watchable => ({
  ...streams[stream],
  variables: stream === 'transcriptChanges' ? { id: kind.endsWith('Member') ? billings : supports } : {},
});
