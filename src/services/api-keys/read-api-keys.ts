import { ApiKey } from '../../entities/api-key.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { recordingDenials } from '../record-denial.js';

/**
 * The API keys, by name, without their secrets; 250 at most.
 * @param includeEnded also those that were revoked or have expired.
 * @throws AppError FORBIDDEN, recorded.
 */
export async function listApiKeys(
  call: Call,
  { includeEnded }: { includeEnded: boolean },
): Promise<Omit<RowOf<ApiKey>, 'secretHash' | 'previousSecretHash'>[]> {
  await recordingDenials(call, async () => refuseUnlessAdministrator(call, 'api_key.list'));
  const { app, principal } = call;
  return app.db.rows(sql`
    select ${app.db.columns(ApiKey, 't')} from api_key t
    where t.workspace_id = ${principal.workspaceId} and (${includeEnded}::boolean
      or (t.revoked_at is null and (t.expires_at is null or t.expires_at > ${app.now()})))
    order by t.display_name, t.id limit ${LIST_CAP}`);
}
