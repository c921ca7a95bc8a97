import { Invitation } from '../../entities/invitation.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { recordingDenials } from '../record-denial.js';

/** An invitation as a plain row, without what its token is compared with. */
export type InvitationRow = Omit<RowOf<Invitation>, 'tokenHash'>;

/**
 * The invitations that were neither accepted nor withdrawn, also expired ones, by e-mail.
 * @throws AppError FORBIDDEN, recorded.
 */
export async function listInvitations(call: Call): Promise<InvitationRow[]> {
  await recordingDenials(call, async () => refuseUnlessAdministrator(call, 'invitation.list'));
  const { app, principal } = call;
  return app.db.rows<InvitationRow>(sql`
    select ${app.db.columns(Invitation, 't')} from invitation t
    where t.workspace_id = ${principal.workspaceId} and t.accepted_at is null and t.cancelled_at is null
    order by t.email, t.id limit ${LIST_CAP}`);
}
