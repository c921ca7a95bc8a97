import type { RowOf } from '../../entities/row.js';
import { SavedView } from '../../entities/saved-view.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden } from '../errors.js';
import { canHaveViews, teamsOfViews } from '../setting-policy.js';

/**
 * The views that the caller may see, by name, 250 at most: their own, and what is shared with them.
 * @throws AppError FORBIDDEN
 */
export async function listViews({ app, principal }: Call): Promise<RowOf<SavedView>[]> {
  if (!canHaveViews(principal)) throw forbidden('You may not see views.');
  const teams = teamsOfViews(principal);
  const ofTeams = teams === 'ALL' ? sql`true` : sql`t.team_id = any(${teams}::uuid[])`;
  const ownerId = principal.kind === 'AGENT' ? principal.id : null;
  return app.db.rows<RowOf<SavedView>>(sql`
    select ${app.db.columns(SavedView, 't')} from saved_view t
    where t.workspace_id = ${principal.workspaceId}
      and (t.owner_id = ${ownerId}::uuid or t.sharing = 'EVERYBODY' or (t.sharing = 'TEAM' and ${ofTeams}))
    order by t.name, t.id limit ${LIST_CAP}`);
}
