import type pg from 'pg';
import type { Role, Scope } from '../../src/entities/enums.js';
import { newApiKey } from '../../src/services/accounts/api-key-format.js';
import { newSecret, secretHash } from '../../src/services/accounts/tokens.js';
import { newId } from '../../src/services/ids.js';
import type { TestServer } from '../support/server.js';
import type { World } from '../support/world.js';

/** Those who follow streams, by what lets them. Each has that right alone, so that it can be taken from nobody else. */
const persons = {
  inboxMember: 'AGENT',
  teamMember: 'AGENT',
  supervisor: 'SUPERVISOR',
  admin: 'ADMIN',
  auditor: 'AUDITOR',
} as const satisfies Record<string, Role>;
const programs = {
  reader: ['CONVERSATIONS_READ'],
  integrator: ['EVENTS_READ', 'CONVERSATIONS_READ', 'CONTACTS_READ'],
  archive: ['AUDIT_READ', 'CONTACTS_READ'],
  directory: ['CONTACTS_READ', 'CHANNEL_INGEST'],
  bot: [],
} as const satisfies Record<string, Scope[]>;

export type PersonKind = keyof typeof persons;
export type ProgramKind = keyof typeof programs;
export type Kind = PersonKind | ProgramKind;

/** Somebody with a credential of their own, made for one removal. */
export interface Seat {
  kind: Kind;
  credential: string;
  /** The agent’s, or the key’s. */
  id: string;
  /** Of people: the session, its refresh token, and the credential of another session of theirs. */
  sessionId: string;
  refreshToken: string;
  elsewhere: string;
}

const isPerson = (kind: Kind): kind is PersonKind => Object.hasOwn(persons, kind);

/** Makes somebody new for each of these, with all that their kind may see: as many at once as no use case makes. */
export async function takeSeats(
  { app }: TestServer,
  world: World,
  owner: pg.Pool,
  kinds: readonly Kind[],
): Promise<Seat[]> {
  const { workspace, emailInbox, billing, support, bot } = world.ids;
  const insert = (table: string, rows: Record<string, unknown>[]) =>
    owner.query(
      `insert into ${table} select (jsonb_populate_record(null::${table}, row)).* from jsonb_array_elements($1) row`,
      [JSON.stringify(rows.map((row) => ({ workspace_id: workspace, created_at: app.now(), ...row })))],
    );
  const people = kinds.filter(isPerson).map((kind) => {
    const [id, email] = [newId(), `${newId()}@seats.test`];
    return { kind, id, email, sessions: [newId(), newId()] as const, refresh: newSecret('vbr_') };
  });
  await insert(
    'account',
    people.map(({ id, email }) => ({ id, email, password_hash: 'never used here' })),
  );
  await insert(
    'agent',
    people.map(({ kind, id, email }) => ({
      id,
      account_id: id,
      display_name: kind,
      email,
      role: persons[kind],
      active: true,
    })),
  );
  const of = (kind: Kind) => people.filter((person) => person.kind === kind);
  await insert(
    'inbox_member',
    of('inboxMember').map(({ id }) => ({ inbox_id: emailInbox, agent_id: id })),
  );
  await insert(
    'team_member',
    of('teamMember').map(({ id }) => ({ team_id: billing, agent_id: id })),
  );
  await insert(
    'team_supervisor',
    of('supervisor').map(({ id }) => ({ team_id: support, agent_id: id })),
  );
  // They have come before: to record it of each now would keep all others waiting.
  const there = { status: 'ONLINE', since: app.now(), automatic: true };
  await insert(
    'presence',
    people.map(({ id }) => ({ agent_id: id, ...there })),
  );
  const tomorrow = { expires_at: new Date(app.now().getTime() + 86_400_000) };
  await insert(
    'session',
    people.flatMap(({ id, sessions }) =>
      sessions.map((session) => ({ id: session, agent_id: id, last_seen_at: app.now(), ...tomorrow })),
    ),
  );
  await insert(
    'refresh_token',
    people.map(({ sessions, refresh }) => ({ session_id: sessions[0], hash: refresh.hash, ...tomorrow })),
  );
  const keys = kinds.filter((kind) => !isPerson(kind)).map((kind) => ({ kind, id: newId(), ...newApiKey() }));
  await insert(
    'api_key',
    keys.map(({ kind, id, key, prefix }) => ({
      id,
      display_name: kind,
      bot_id: kind === 'bot' ? bot : null,
      scopes: programs[kind],
      prefix,
      secret_version: 1,
      secret_hash: secretHash(key),
    })),
  );
  return Promise.all(
    kinds.map(async (kind): Promise<Seat> => {
      if (!isPerson(kind)) {
        const { id, key } = keys.shift()!;
        return { kind, id, credential: key, sessionId: '', refreshToken: '', elsewhere: '' };
      }
      const { id, sessions, refresh } = people.shift()!;
      const [own, other] = sessions.map((sessionId) =>
        app.tokens.sign({ agentId: id, workspaceId: workspace, sessionId }),
      );
      const [{ accessToken }, { accessToken: elsewhere }] = [await own!, await other!];
      return { kind, id, credential: accessToken, sessionId: sessions[0], refreshToken: refresh.secret, elsewhere };
    }),
  );
}
