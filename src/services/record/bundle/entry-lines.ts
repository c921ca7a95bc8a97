import type { Database } from '../../database.js';
import { sql } from '../../database.js';
import type { JsonValue } from '../canonical.js';
import { digestOf, readDisclosure } from '../disclosure.js';
import { bodyHash, entryText, readBody, type RecordBody } from '../envelope.js';
import { readEvent } from '../history.js';
import { leafHash } from '../merkle.js';
import { readPage, type PageConditions, type RecordRow } from '../read.js';
import { inconsistent } from '../signing/stored.js';
import { askedConditions } from './asked.js';
import type { Asked, EntryLine } from './lines.js';
import { Texts } from './texts.js';

/** Events read at once, with their texts: a few megabytes at the most. */
const PAGE = 200;

/** Whether a disclosure is withheld where addresses are: the caller's, and what a contact's profile held. */
const isAddress = (name: string): boolean => name.startsWith('net.') || name.startsWith('changes.');

/** Which events, and what is told of them. */
export interface EntryScope {
  workspaceId: string;
  asked: Asked;
  /** Nothing that came later is looked at. */
  size: number;
  unmasked: boolean;
  /** Ends it early. */
  stopping?: AbortSignal | undefined;
}

/** The events asked for as the lines of a bundle, in their order. @throws AppError RECORD_INCONSISTENT for an altered one. */
export function readAskedLines(db: Database, scope: EntryScope): AsyncGenerator<EntryLine> {
  const { asked, size } = scope;
  return readLines(db, scope, 'ASKED', (after) => askedConditions(asked, after, size));
}

/** The events that announce what was erased or pruned. */
export function readAnnouncementLines(db: Database, scope: EntryScope): AsyncGenerator<EntryLine> {
  const { size } = scope;
  return readLines(db, scope, 'ANNOUNCEMENT', (after) => ({
    entry: [sql`e.sequence > ${after} and e.sequence < ${size}`],
    body: [sql`b.action in ('audit.erased', 'audit.pruned')`],
  }));
}

/** The event that recorded the export, of which nothing is withheld. */
export async function exportLine(row: RecordRow, workspaceId: string): Promise<EntryLine> {
  return entryLine(row, { workspaceId, as: 'EXPORT', unmasked: true, texts: null });
}

async function* readLines(
  db: Database,
  { workspaceId, unmasked, stopping }: EntryScope,
  as: EntryLine['as'],
  conditionsAfter: (after: number) => PageConditions,
): AsyncGenerator<EntryLine> {
  for (let after = -1; ;) {
    stopping?.throwIfAborted();
    const rows = await readPage(db, workspaceId, conditionsAfter(after), 'asc', PAGE);
    const bodies = rows.flatMap(({ body }) => (body === null ? [] : [JSON.parse(body) as RecordBody]));
    const texts = await Texts.of(db, workspaceId, bodies);
    for (const row of rows) yield entryLine(row, { workspaceId, as, unmasked, texts });
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.sequence;
  }
}

function entryLine(
  row: RecordRow,
  {
    workspaceId,
    as,
    unmasked,
    texts,
  }: { workspaceId: string; as: EntryLine['as']; unmasked: boolean; texts: Texts | null },
): EntryLine {
  const leaf = entryText({
    bodyHash: row.bodyHash,
    sequence: BigInt(row.sequence),
    recordedAt: row.recordedAtText,
    workspaceId,
  });
  if (!leafHash(leaf).equals(row.leafHash)) throw altered(row);
  const line: EntryLine = { type: 'entry', as, leaf: JSON.parse(leaf) as EntryLine['leaf'] };
  if (as !== 'EXPORT') line.says = says(row, workspaceId, unmasked);
  if (row.body === null) return line;
  if (!bodyHash(row.body).equals(row.bodyHash)) throw altered(row);
  const body = readBody(row.body);
  const shown: string[] = [];
  const withheld: string[] = [];
  for (const encoded of row.disclosures ?? []) {
    const digest = digestOf(encoded);
    if (!body._sd?.includes(digest)) throw altered(row);
    if (!unmasked && isAddress(readDisclosure(encoded).name)) withheld.push(digest);
    else shown.push(encoded);
  }
  return {
    ...line,
    // As parsed from the text that was hashed, which is canonical: so is what the line makes of it.
    body: body as unknown as Record<string, JsonValue>,
    ...(shown.length > 0 ? { disclosures: shown } : {}),
    // Sorted, so that their order tells nothing.
    ...(withheld.length > 0 ? { withheld: withheld.toSorted() } : {}),
    ...(texts && body.content?.length ? { texts: texts.textsOf(body) } : {}),
  };
}

/** One sentence for people; the line is hashed as a whole, so it is kept as it was told. */
function says(row: RecordRow, workspaceId: string, unmasked: boolean): string {
  const { summary } = readEvent(row, workspaceId, { unmasked });
  return `${row.recordedAtText.slice(0, 19).replace('T', ' ')} UTC: ${summary ?? 'what happened was pruned'}`;
}

const altered = ({ sequence }: RecordRow) => inconsistent(`event ${sequence} is not as it was recorded`);
