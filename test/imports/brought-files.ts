import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '../../src/services/sql.js';
import type { ImportStage } from './stage.js';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface Sent {
  id: string;
  text: string;
  attachments: { id: string }[];
}

/** The messages of a conversation with their files, as an administrator sees them. */
export async function sentIn(stage: ImportStage, externalId: string): Promise<Sent[]> {
  const admin = await stage.world.as('admin');
  const { conversationByExternalId } = await admin.ask(
    `query($id: String!) { conversationByExternalId(externalId: $id) { messages(first: 50) { nodes { id text
      attachments { id kind fileName contentType byteSize sha256 durationSeconds } } } } }`,
    { id: externalId },
  );
  return conversationByExternalId.messages.nodes;
}

/** The ids of all files in the store. */
export async function stored(stage: ImportStage): Promise<string[]> {
  const folder = join(stage.env['DATA_DIR']!, 'attachments', stage.world.ids.workspace);
  return (await readdir(folder).catch(() => [])).toSorted();
}

/** How many rows of files are in each state. */
export async function states(stage: ImportStage): Promise<Record<string, number>> {
  const rows = await stage.server.app.db.rows<{ state: string; count: number }>(sql`
    select state, count(*)::int from attachment where workspace_id = ${stage.world.ids.workspace} group by state`);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
