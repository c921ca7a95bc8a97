import { verify } from './processes.mjs';

/** The events that clients cause; others, such as those of signing in, are nobody's acknowledged write. */
const CAUSED = [
  'contact.created',
  'contact.identity_added',
  'conversation.created',
  'conversation.assigned',
  'conversation.resolved',
  'message.received',
  'message.sent',
  'handover.requested',
  'handover.accepted',
];
const MAX_SHOWN = 5;

/** Everything that must hold after a round. Reads as the database's owner, who sees every workspace. */
export class Checks {
  passed = 0;
  failed = 0;
  #owner;
  #print;

  /** @param owner a connection of node-postgres. */
  constructor(owner, print) {
    this.#owner = owner;
    this.#print = print;
  }

  /** Counts one check and says what is wrong. */
  check(what, findings) {
    if (findings.length === 0) {
      this.passed += 1;
      return;
    }
    this.failed += 1;
    this.#print(`FAILED: ${what}`);
    for (const finding of findings.slice(0, MAX_SHOWN)) this.#print(`  ${finding}`);
    if (findings.length > MAX_SHOWN) this.#print(`  and ${findings.length - MAX_SHOWN} more`);
  }

  /** Every acknowledged write has its events, each once, and nobody else's are there. */
  async recordHolds(acknowledged) {
    const rows = await this.#rows(
      `select workspace_id, action, case when action like 'handover.%'
          then body::jsonb -> 'metadata' ->> 'handoverId' else target_id end as id
        from record_body where action = any($1)`,
      [CAUSED],
    );
    const found = countBy(rows, (row) => `${row.workspace_id} ${row.action} ${row.id}`);
    this.check('what was acknowledged is in the record, once', differences(acknowledgedKeys(acknowledged), found));
  }

  /** The tables say what the record says: one effect for every key. */
  async stateHolds(acknowledged) {
    const messages = await this.#rows('select workspace_id, id, text as key from message', []);
    const handovers = await this.#rows('select workspace_id, id, comment as key, status from handover', []);
    const conversations = await this.#rows('select workspace_id, id, status from conversation', []);
    const line = (row) => `${row.workspace_id} ${row.id} ${row.key}`;
    const keyed = (prefix) => acknowledged.filter(({ action, key }) => action.startsWith(prefix) && key !== null);
    const expected = (entries) =>
      countBy(entries, ({ workspaceId, id, key }) => line({ workspace_id: workspaceId, id, key }));
    const ids = (action) => new Set(acknowledged.filter((entry) => entry.action === action).map(({ id }) => id));
    const accepted = ids('handover.accepted');
    const resolved = ids('conversation.resolved');
    this.check('every key has one effect', [
      ...differences(expected(keyed('message.')), countBy(messages, line)),
      ...differences(expected(keyed('handover.')), countBy(handovers, line)),
      ...handovers
        .filter(({ id, status }) => (status === 'ACCEPTED') !== accepted.has(id))
        .map(({ id, status }) => `handover ${id} is ${status}`),
      ...conversations
        .filter(({ id, status }) => (status === 'RESOLVED') !== resolved.has(id))
        .map(({ id, status }) => `conversation ${id} is ${status}`),
    ]);
  }

  /** Sequences are 0, 1, 2 … in every workspace. */
  async sequencesHold() {
    const rows = await this.#rows(
      `select h.workspace_id, h.size::int as size, count(e.sequence)::int as entries,
          min(e.sequence)::int as first, max(e.sequence)::int as last
        from record_head h join record_entry e using (workspace_id) group by h.workspace_id, h.size`,
      [],
    );
    const wrong = rows.filter((row) => row.first !== 0 || row.last !== row.size - 1 || row.entries !== row.size);
    this.check(
      'sequences have no gaps',
      wrong.map((row) => JSON.stringify(row)),
    );
  }

  /** The verifier recomputes every hash of every workspace. */
  async verifies(postgres, workspaces) {
    const { code, said } = await verify(postgres);
    const valid = said.split('\n').filter((line) => line.includes(': VALID,')).length;
    this.check(
      'verbatim verify finds every log valid',
      code === 0 && valid === workspaces ? [] : [`exit ${code}`, said],
    );
  }

  /** Each subscriber saw exactly the events after its start up to the head, in order, with the hashes of the log. */
  async subscribersHold(subscriptions) {
    const findings = [];
    for (const { space, start, head, subscriber } of subscriptions) {
      const seen = new Map(subscriber.seen);
      const rows = await this.#rows(
        `select sequence::int as sequence, encode(leaf_hash, 'base64') as leaf from record_entry
          where workspace_id = $1 and sequence > $2 order by sequence`,
        [space.id, start],
      );
      findings.push(...subscriber.broken.map((what) => `${space.slug}: ${what}`));
      for (const { sequence, leaf } of rows) {
        if (seen.get(sequence) === leaf || (sequence > head && !seen.has(sequence))) continue;
        findings.push(`${space.slug}: event ${sequence} was not delivered`);
      }
      for (const sequence of seen.keys()) {
        if (sequence <= start || sequence > start + rows.length)
          findings.push(`${space.slug}: unknown event ${sequence}`);
      }
    }
    this.check('every subscriber saw exactly what came after its start', findings);
  }

  /** The newest sequence of a workspace. */
  async head(space) {
    const [row] = await this.#rows('select size::int as size from record_head where workspace_id = $1', [space.id]);
    return row.size - 1;
  }

  async #rows(statement, values) {
    return (await this.#owner.query(statement, values)).rows;
  }
}

const acknowledgedKeys = (acknowledged) =>
  countBy(acknowledged, ({ workspaceId, action, id }) => `${workspaceId} ${action} ${id}`);

function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** Every expected key must be found exactly once, and nothing else. */
function differences(expected, found) {
  return [
    ...[...expected.keys()].filter((key) => !found.has(key)).map((key) => `lost: ${key}`),
    ...[...found].filter(([key]) => !expected.has(key)).map(([key]) => `nobody’s: ${key}`),
    ...[...found].filter(([, count]) => count > 1).map(([key, count]) => `${count} times: ${key}`),
  ];
}
