import { contactLabel } from '../../entities/contact-label.js';
import { upwards } from '../contacts/merged.js';
import { sql, type Database } from '../database.js';
import type { Principal } from '../principal.js';
import type { Ended, Who } from './load-principals.js';

interface CustomerRow {
  place: number;
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  externalId: string | null;
}

/**
 * Customers in a web chat, while everything holds that their token was given for: the contact, the inbox, and the key
 * that vouched for them with its right to. Whoever turned out to be another contact goes on as that one, and as themself
 * once the two were taken apart.
 */
export async function loadCustomers(
  db: Pick<Database, 'rows'>,
  now: Date,
  all: readonly Who[],
): Promise<(Principal | Ended)[]> {
  const rows = await db.rows<CustomerRow>(sql`
    select asked.place::int as place, c.id, c.name, c.email, c.phone, c.external_id as "externalId"
    from unnest(${all.map((who) => who.workspaceId)}::uuid[], ${all.map((who) => who.tokenContactId)}::uuid[],
      ${all.map((who) => who.customerInboxId)}::uuid[], ${all.map((who) => who.apiKeyId)}::uuid[])
      with ordinality as asked(workspace_id, contact_id, inbox_id, key_id, place)
    cross join lateral (${upwards(sql`asked.workspace_id`, sql`c.id = asked.contact_id`)}
      select up.id from up where up.into_id is null) now
    join contact c on c.workspace_id = asked.workspace_id and c.id = now.id and c.erased_at is null
    join inbox i on i.workspace_id = asked.workspace_id and i.id = asked.inbox_id and i.channel = 'WEB_CHAT'
      and i.deactivated_at is null
    join api_key k on k.workspace_id = asked.workspace_id and k.id = asked.key_id and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > ${now}) and 'CHANNEL_INGEST' = any(k.scopes)`);
  const found = new Map(rows.map((row) => [row.place - 1, row]));
  return all.map(({ workspaceId, tokenContactId, customerInboxId, apiKeyId }, index) => {
    const row = found.get(index);
    // Pages of visitors ask on and on by tokens that have ended: nothing that anybody should look at.
    if (!row) return { ended: true, denial: null };
    return {
      kind: 'CONTACT',
      id: row.id,
      workspaceId,
      displayName: contactLabel(row),
      role: null,
      scopes: [],
      inboxIds: [],
      teamIds: [],
      supervisedTeamIds: [],
      supervisedAgentIds: [],
      seesOwnEvents: false,
      sessionId: null,
      apiKeyId,
      customerInboxId,
      tokenContactId,
      expiresAt: null,
    };
  });
}
