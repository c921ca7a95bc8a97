import { AttributeDefinition } from '../../entities/attribute-definition.js';
import type { AttributeNoun } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP, refuseStrangers } from '../directory.js';

/**
 * The attributes that were defined, those in use first, then by name, 250 at most.
 * @throws AppError FORBIDDEN
 */
export async function listAttributeDefinitions(
  call: Call,
  { noun, includeInactive }: { noun: AttributeNoun | null; includeInactive: boolean },
): Promise<RowOf<AttributeDefinition>[]> {
  refuseStrangers(call);
  const { app, principal } = call;
  return app.db.rows<RowOf<AttributeDefinition>>(sql`
    select ${app.db.columns(AttributeDefinition, 't')} from attribute_definition t
    where t.workspace_id = ${principal.workspaceId} and (${noun}::text is null or t.noun = ${noun}::text)
      and (${includeInactive}::boolean or t.deactivated_at is null)
    order by t.deactivated_at is not null, t.name, t.id limit ${LIST_CAP}`);
}
