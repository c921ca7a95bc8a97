import { Attachment } from '../../entities/attachment.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../sql.js';

/** An attachment as a plain row. */
export type AttachmentRow = RowOf<Attachment>;

/** The files of these messages, each message's in their order. */
export const attachmentsOf = ({ app, principal }: Call, messageIds: readonly string[]): Promise<AttachmentRow[]> =>
  app.db.rows<AttachmentRow>(sql`
    select ${app.db.columns(Attachment, 't')} from attachment t
    where t.workspace_id = ${principal.workspaceId} and t.message_id = any(${messageIds}::uuid[]) and t.state = 'UPLOADED'
    order by t.message_id, t.position`);
