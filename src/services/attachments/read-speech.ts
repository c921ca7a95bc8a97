import type { SpeechSegment } from '../../entities/speech.js';
import type { Call } from '../application.js';
import { sql } from '../sql.js';

/** What is written down of each of these recordings, by id; nothing of one that nobody has written down. */
export async function speechOf(
  { app, principal }: Call,
  attachmentIds: readonly string[],
): Promise<Map<string, SpeechSegment[]>> {
  const rows = await app.db.rows<{ attachmentId: string; segments: string }>(sql`
    select s.attachment_id as "attachmentId", s.segments from speech s
    where s.workspace_id = ${principal.workspaceId} and s.attachment_id = any(${attachmentIds}::uuid[]) and s.replaced_at is null`);
  return new Map(rows.map(({ attachmentId, segments }) => [attachmentId, JSON.parse(segments) as SpeechSegment[]]));
}
