import type { ActorKind, Severity } from '../../entities/enums.js';
import type { Principal } from '../principal.js';
import { addressPrefix, canonicalAddress } from '../address.js';
import { newId } from '../ids.js';
import type { RequestOrigin } from '../application.js';
import { findAction, type ActionName } from './actions.js';
import type { ActionDefinition } from './action-definition.js';
import type { JsonValue } from './canonical.js';
import { disclose, randomSalt } from './disclosure.js';
import { bodyText, filterColumns, type RecordBody } from './envelope.js';
import { NAMELESS } from './nameless.js';
import { searchWords } from './search-words.js';
import { sentence } from './sentences.js';

type Scalar = string | number | boolean | null;

/** A field that the event changed, with its values before and after; `undefined` = there was none. */
export interface FieldChange {
  field: string;
  before?: Scalar | undefined;
  after?: Scalar | undefined;
}

export interface Party {
  kind: ActorKind;
  id: string | null;
  label: string;
}

/** What a use case says happened. Who, from where and when come from the transaction. */
export interface NewEvent {
  action: ActionName;
  /** Made here unless a transcript entry must share it. */
  id?: string;
  /** Who did it, where that is not the caller: a contact, through a channel's key. */
  actor?: Party;
  outcome?: 'SUCCESS' | 'FAILURE' | 'DENIED';
  /** Only where it is not the action's own. */
  severity?: Severity;
  target: { type: string; id: string; label: string };
  related?: { type: string; id: string }[];
  conversationId?: string;
  contactId?: string;
  teamId?: string;
  inboxId?: string;
  /** Who could see the conversation before. */
  audience?: string[];
  changes?: FieldChange[];
  metadata?: Record<string, JsonValue>;
  labels?: Record<string, string>;
  reason?: string | null;
  content?: { message: string; digest: string }[];
  /** When it happened outside, as a channel or an import says. */
  occurredAt?: Date;
  causationId?: string;
  idempotencyKey?: string;
}

/** An event ready to be appended: the text that is hashed, what it commits to, and the columns to filter by. */
export interface PreparedEvent {
  id: string;
  /** In the shape that the append function of the database takes. */
  row: Record<string, unknown>;
}

/**
 * Makes the body of an event, before any lock is taken. Personal and free text goes into disclosures that the body
 * only commits to; what the action does not declare is a mistake of the use case and refused.
 * @throws TypeError for a payload that the action's definition does not have.
 */
export function prepareEvent(event: NewEvent, by: Principal, origin: RequestOrigin, now: Date): PreparedEvent {
  const definition = findAction(event.action);
  if (!definition) throw new TypeError(`${event.action} is not in the catalogue`);
  checkPayload(event, definition);

  const disclosures: string[] = [];
  const digests: string[] = [];
  const commit = (name: string, value: JsonValue): void => {
    const { encoded, digest } = disclose(name, value);
    disclosures.push(encoded);
    digests.push(digest);
  };

  const actor = event.actor ?? { kind: by.kind, id: by.id, label: by.displayName };
  const id = event.id ?? newId();
  const committed = definition.payload.committed ?? [];
  const changes = (event.changes ?? []).map(({ field, before, after }, index) => {
    if (!committed.includes(field)) {
      return { field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
    }
    if (before !== undefined) commit(`changes.${index}.before`, before);
    if (after !== undefined) commit(`changes.${index}.after`, after);
    return { field };
  });

  if (actor.kind !== 'SYSTEM' && actor.kind !== 'ANONYMOUS') commit('actor.label', actor.label);
  commit('target.label', event.target.label);
  for (const [name, label] of Object.entries(event.labels ?? {})) commit(`labels.${name}`, label);
  if (event.reason) commit('reason', event.reason);
  if (origin.ipAddress) commit('net.ip', origin.ipAddress);
  if (origin.userAgent) commit('net.userAgent', origin.userAgent.slice(0, 512));

  const prefix = origin.ipAddress ? addressPrefix(origin.ipAddress) : null;
  const body: RecordBody = {
    v: 1,
    id,
    ws: by.workspaceId,
    action: event.action,
    category: definition.category,
    severity: event.severity ?? definition.severity,
    outcome: event.outcome ?? 'SUCCESS',
    actor: { kind: actor.kind, ...(actor.id === null ? {} : { id: actor.id }) },
    ...(by.sessionId || by.apiKeyId
      ? {
          auth: {
            method: by.sessionId ? ('SESSION' as const) : ('API_KEY' as const),
            ...(by.sessionId ? { session: by.sessionId } : {}),
            ...(by.apiKeyId ? { key: by.apiKeyId } : {}),
          },
        }
      : {}),
    target: { type: event.target.type, id: event.target.id },
    ...(event.related?.length ? { related: event.related } : {}),
    ...(event.conversationId ? { conversation: event.conversationId } : {}),
    ...(event.contactId ? { contact: event.contactId } : {}),
    ...(event.teamId ? { team: event.teamId } : {}),
    ...(event.inboxId ? { inbox: event.inboxId } : {}),
    occurred: (event.occurredAt ?? now).toISOString(),
    request: origin.id,
    ...(event.causationId ? { causation: event.causationId } : {}),
    ...(event.idempotencyKey ? { idempotency: event.idempotencyKey } : {}),
    ...(prefix ? { net: { ipPrefix: prefix } } : {}),
    ...(changes.length ? { changes } : {}),
    ...(event.content?.length ? { content: event.content } : {}),
    ...(event.audience?.length ? { audience: [...new Set(event.audience)].toSorted() } : {}),
    ...(event.metadata && Object.keys(event.metadata).length ? { metadata: event.metadata } : {}),
    salt: randomSalt(),
    ...(digests.length ? { _sd: digests.toSorted() } : {}),
  };
  const row: PreparedEvent['row'] = { body: bodyText(body), disclosures };
  for (const [name, value] of Object.entries(filterColumns(body))) row[columnOf(name)] = value;
  for (const [name, value] of Object.entries(searchColumns(event, body, actor, origin))) row[columnOf(name)] = value;
  return { id, row };
}

/**
 * What is kept beside a body only to find it by, in no hash. Words are those of the sentence, names and the reason, which
 * whoever reads the event reads; committed values, which not everybody does, are not among them.
 */
function searchColumns(event: NewEvent, body: RecordBody, actor: Party, { ipAddress }: RequestOrigin) {
  const labels = event.labels ?? {};
  const reason = event.reason || null;
  const name = NAMELESS[actor.kind] ?? actor.label;
  const metadata = event.metadata ?? {};
  const said = sentence(event.action, { actor: name, target: event.target.label, reason, labels, metadata });
  const otherTeams = (body.audience ?? [])
    .filter((key) => key.startsWith('team:') && key !== `team:${event.teamId}`)
    .map((key) => key.slice('team:'.length));
  return {
    search: searchWords([said, name, event.target.label, ...Object.values(labels), reason ?? '']),
    ipAddress: ipAddress ? canonicalAddress(ipAddress) : null,
    otherTeamIds: otherTeams.length > 0 ? otherTeams : null,
  };
}

function checkPayload(event: NewEvent, { payload }: ActionDefinition): void {
  const refuse = (what: string, name: string) => {
    throw new TypeError(`${event.action} does not declare the ${what} "${name}"`);
  };
  const { changes = [], committed = [], metadata = [], labels = [], remarks = [] } = payload;
  for (const { field } of event.changes ?? [])
    if (!changes.includes(field) && !committed.includes(field)) refuse('change', field);
  for (const name of Object.keys(event.metadata ?? {}))
    if (metadata !== 'any' && !metadata.includes(name)) refuse('metadata', name);
  for (const name of Object.keys(event.labels ?? {}))
    if (!labels.includes(name) && !remarks.includes(name)) refuse('label', name);
  if (event.reason && !payload.reason) refuse('field', 'reason');
  if (event.content?.length && !payload.content) refuse('field', 'content');
}

const columns = new Map<string, string>();

/** What the database calls a column. The names are few and the events many. */
function columnOf(name: string): string {
  let column = columns.get(name);
  if (column === undefined)
    columns.set(name, (column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  return column;
}
