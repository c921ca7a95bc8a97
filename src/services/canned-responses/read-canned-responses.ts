import { CannedResponse } from '../../entities/canned-response.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden } from '../errors.js';
import { canReadCannedResponses } from '../setting-policy.js';
import { Faults, MAX_REMARK } from '../text.js';

/**
 * The canned responses, or those whose shortcut or text holds what is searched for, whatever its case; those in use first,
 * then by shortcut, 250 at most.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED
 */
export async function listCannedResponses(
  { app, principal }: Call,
  { search, includeInactive }: { search: string | null; includeInactive: boolean },
): Promise<RowOf<CannedResponse>[]> {
  if (!canReadCannedResponses(principal)) throw forbidden('You may not see canned responses.');
  const faults = new Faults();
  faults.optionalText('search', search, MAX_REMARK);
  faults.refuse();
  return app.db.rows<RowOf<CannedResponse>>(sql`
    select ${app.db.columns(CannedResponse, 't')} from canned_response t
    where t.workspace_id = ${principal.workspaceId} and (${includeInactive}::boolean or t.deactivated_at is null)
      and (strpos(t.shortcut, lower(${search ?? ''}::text)) > 0 or strpos(lower(t.text), lower(${search ?? ''}::text)) > 0)
    order by t.deactivated_at is not null, t.shortcut, t.id limit ${LIST_CAP}`);
}
