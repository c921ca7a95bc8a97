import { sql, type Sql } from '../sql.js';
import { slotOf, type BodyScan } from './body-scan.js';
import { SEVERITIES } from './envelope.js';

/** The columns that are packed into one text, in this order, as the entity names them; the audience stands beside it. */
const PACKED = [
  'eventId',
  'action',
  'category',
  'severity',
  'outcome',
  'actorKind',
  'actorId',
  'oboKind',
  'oboId',
  'targetType',
  'targetId',
  'conversationId',
  'contactId',
  'teamId',
  'inboxId',
  'requestId',
  'causationId',
  'sessionId',
  'occurredAt',
] as const;

/** Where each packed column stands in a body, in the same order. */
const SLOTS = (
  [
    ['id', 'action', 'category', 'severity', 'outcome', 'actor.kind'],
    ['actor.id', 'obo.kind', 'obo.id', 'target.type', 'target.id', 'conversation', 'contact', 'team', 'inbox'],
    ['request', 'causation', 'auth.session'],
    ['occurred'],
  ] as const
).flatMap((paths, group) =>
  paths.map((path) => ({ slot: slotOf(path), isRequired: group % 3 === 0, isRank: path === 'severity' })),
);
const AUDIENCE = slotOf('audience');
/** The digit of each severity. */
const RANKS = new Map(SEVERITIES.map((severity, rank) => [`"${severity}"`, 0x30 + rank]));
const [QUOTE, COMMA, CLOSE_LIST] = [0x22, 0x2c, 0x5d];
const NULL = Buffer.from('null');
const MOST_BYTES = 65_536;
/** The packed text in UTF-8, written anew for each comparison. */
const PLAIN = Buffer.alloc(MOST_BYTES);

/**
 * Gives what packs them in SQL: a JSON list of texts and nulls. JSON, because it can be taken apart again whatever a
 * tamperer has written into a column, and two lists of columns never make the same text.
 * @param columnOf the SQL of one column, by the entity's name of it
 */
export const packedColumns = (columnOf: (property: (typeof PACKED)[number]) => string): Sql =>
  sql.raw(`array_to_json(array[${PACKED.map((name) => `(${columnOf(name)})::text`).join(', ')}])::text`);

/** The filter columns of one event as two texts: quick to compare with a body, taken apart only where they differ. */
export class PackedColumns {
  constructor(
    private readonly plain: string,
    private readonly audience: string | null,
  ) {}

  /** Whether the columns are those of a body, beyond doubt; false also where it takes {@link unpacked} to tell. */
  repeat(body: BodyScan): boolean {
    const { bytes, from, to } = body;
    const length = PLAIN.write(this.plain, 'utf8');
    // What did not fit was cut off.
    if (length > MOST_BYTES - 4) return false;
    let at = 0;
    for (const { slot, isRequired, isRank } of SLOTS) {
      at += 1;
      const start = from[slot]!;
      if (isRank) {
        const rank = RANKS.get(body.get(slot) ?? '');
        if (rank === undefined || PLAIN[at] !== QUOTE || PLAIN[at + 1] !== rank || PLAIN[at + 2] !== QUOTE)
          return false;
        at += 3;
      } else if (start < 0) {
        if (isRequired || PLAIN[at] !== NULL[0] || PLAIN[at + 1] !== NULL[1]) return false;
        at += NULL.length;
      } else {
        // The body has no escapes, so its texts stand in the list as they stand in it.
        const end = to[slot]!;
        for (let of = start; of < end; of++, at++) if (bytes[of] !== PLAIN[at]) return false;
      }
      if (PLAIN[at] !== COMMA && PLAIN[at] !== CLOSE_LIST) return false;
    }
    return at === length - 1 && body.get(AUDIENCE) === this.audience;
  }

  /** The columns one by one, named and typed as `filterColumns` gives them. */
  unpacked(): Record<string, unknown> {
    const texts = JSON.parse(this.plain) as (string | null)[];
    const columns: Record<string, unknown> = Object.fromEntries(PACKED.map((name, index) => [name, texts[index]]));
    const { severity } = columns;
    return {
      ...columns,
      severity: severity === null ? null : Number(severity),
      audience: this.audience === null ? null : JSON.parse(this.audience),
    };
  }
}
