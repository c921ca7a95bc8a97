import { sql, type Database } from '../../database.js';
import { contentDigest } from '../content-digest.js';
import type { RecordBody } from '../envelope.js';
import type { TextOfEntry } from './lines.js';

interface KeptText {
  id: string;
  conversationId: string;
  text: string;
  salt: string;
}

/** The texts that events have the digests of: what each said then, as far as it is still kept. */
export class Texts {
  readonly #kept = new Map<string, KeptText[]>();

  private constructor() {}

  /** Reads what is kept of what these events name, with everything that messages and notes said before. */
  static async of(db: Database, workspaceId: string, bodies: readonly RecordBody[]): Promise<Texts> {
    const texts = new Texts();
    const ids = [...new Set(bodies.flatMap(({ content }) => (content ?? []).map(({ message }) => message)))];
    if (ids.length === 0) return texts;
    const kept = await db.rows<KeptText>(sql`
      with entries as (
        select m.id, m.conversation_id, m.text, m.salt from message m
          where m.workspace_id = ${workspaceId} and m.id = any(${ids}::uuid[])
        union all select n.id, n.conversation_id, n.text, n.salt from note n
          where n.workspace_id = ${workspaceId} and n.id = any(${ids}::uuid[])
        -- Of a file the event has the digest of its own digest.
        union all select a.id, a.conversation_id, a.sha256, a.salt from attachment a
          where a.workspace_id = ${workspaceId} and a.id = any(${ids}::uuid[]) and a.state = 'UPLOADED'
        -- Of speech, that of its segments.
        union all select s.id, a.conversation_id, s.segments, s.salt from speech s
          join attachment a on a.workspace_id = s.workspace_id and a.id = s.attachment_id
          where s.workspace_id = ${workspaceId} and s.id = any(${ids}::uuid[])
        union all select t.id, m.conversation_id, t.text, t.salt from translation t
          join message m on m.workspace_id = t.workspace_id and m.id = t.message_id
          where t.workspace_id = ${workspaceId} and t.id = any(${ids}::uuid[])),
      standing as (
        -- Of a deleted conversation nothing is given away that may be restored.
        select e.* from entries e join conversation c on c.workspace_id = ${workspaceId} and c.id = e.conversation_id)
      select e.id, e.conversation_id as "conversationId", e.text, e.salt from standing e where e.text is not null
      union all select e.id, e.conversation_id, r.text, r.salt from standing e
        join text_revision r on r.workspace_id = ${workspaceId} and r.entry_id = e.id`);
    for (const one of kept) texts.#kept.set(one.id, [...(texts.#kept.get(one.id) ?? []), one]);
    return texts;
  }

  /** The texts of an event, in the order of its digests; never one of another conversation than the event's own. */
  textsOf({ content = [], conversation }: RecordBody): TextOfEntry[] {
    return content.map(({ message, digest }) => {
      const found = this.#kept
        .get(message)
        ?.find((one) => one.conversationId === conversation && contentDigest(one.text, one.salt) === digest);
      return found ? { message, salt: found.salt, text: found.text } : { message, gone: true };
    });
  }
}
