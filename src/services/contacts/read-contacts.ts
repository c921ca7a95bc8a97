import { Contact } from '../../entities/contact.js';
import type { Channel } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { canReadContacts } from '../policy.js';
import { recordingDenials } from '../record-denial.js';
import { Faults } from '../text.js';
import { upwards } from './merged.js';

export type ContactRow = RowOf<Contact>;

/** Which contacts a list is about. Absent and null leave a dimension open; all given must hold. */
export interface ContactFilter {
  /** Part of the name, e-mail, phone or external id, in any case. */
  search?: string | null | undefined;
  labelIds?: readonly string[] | null | undefined;
  channels?: readonly Channel[] | null | undefined;
  blocked?: boolean | null | undefined;
  updatedFrom?: Date | null | undefined;
}

/** The contacts, latest changed first, in pages. @throws AppError FORBIDDEN, VALIDATION_FAILED */
export async function listContacts(
  { app, principal }: Call,
  filter: ContactFilter,
  request: PageRequest,
): Promise<Connection<ContactRow>> {
  if (!canReadContacts(principal)) throw forbidden('You may not read contacts.');
  const faults = new Faults();
  filter.labelIds?.forEach((id, index) => {
    if (!isId(id)) faults.add(`filter.labelIds.${index}`, 'is not an id');
  });
  faults.refuse();
  const page = pageOf('UPDATED_DESC', request);
  const { condition, order } = keyset(page, sql`t.updated_at`, sql`t.id`, 'timestamptz', true);
  const rows = await app.db.rows<ContactRow>(sql`
    select ${app.db.columns(Contact, 't')} from contact t
    where ${sql.join([sql`t.workspace_id = ${principal.workspaceId}`, sql`t.merged_into_id is null`, condition, ...conditions(filter)], sql` and `)}
    order by ${order} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('UPDATED_DESC', [row.updatedAt.toISOString(), row.id]));
}

function conditions({ search, labelIds, channels, blocked, updatedFrom }: ContactFilter): Sql[] {
  return [
    ...(search
      ? [sql`strpos(lower(concat_ws(' ', t.name, t.email, t.phone, t.external_id)), lower(${search})) > 0`]
      : []),
    ...(labelIds
      ? [
          sql`exists (select 1 from contact_label l where l.workspace_id = t.workspace_id and l.contact_id = t.id
            and l.label_id = any(${labelIds}::uuid[]))`,
        ]
      : []),
    ...(channels
      ? [
          sql`exists (select 1 from contact_identity i where i.workspace_id = t.workspace_id and i.contact_id = t.id
            and i.channel = any(${channels}::text[]))`,
        ]
      : []),
    ...(typeof blocked === 'boolean' ? [sql`(t.blocked_at is not null) = ${blocked}`] : []),
    ...(updatedFrom ? [sql`t.updated_at >= ${updatedFrom}::timestamptz`] : []),
  ];
}

/** One contact. @throws AppError NOT_FOUND when there is none or the caller may not read contacts. */
export const readContact = (call: Call, id: string): Promise<ContactRow> =>
  isId(id) ? readWhere(call, sql`t.id = ${id}::uuid`) : Promise.reject(notFound('contact'));

/** The contact that another system knows under this id, or who goes on for them. @throws AppError NOT_FOUND */
export const readContactByExternalId = (call: Call, externalId: string): Promise<ContactRow> =>
  readWhere(
    call,
    sql`t.id = (${upwards(sql`${call.principal.workspaceId}`, sql`c.external_id = ${externalId}`)} select up.id from up where up.into_id is null)`,
  );

/** Who was merged into each of these contacts, themselves, oldest first, 250 each at most. */
export const mergedContacts = (
  { app, principal }: Call,
  ids: readonly string[],
): Promise<(ContactRow & { mergedIntoId: string })[]> =>
  app.db.rows(sql`
    select found.* from unnest(${ids}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(Contact, 't')} from contact_merge m
      join contact t on t.workspace_id = m.workspace_id and t.id = m.contact_id
      where m.workspace_id = ${principal.workspaceId} and m.into_id = k.id and m.undone_at is null
      order by m.merged_at, m.id limit ${LIST_CAP}) found`);

async function readWhere(call: Call, condition: Sql): Promise<ContactRow> {
  const { app, principal } = call;
  return recordingDenials(call, async () => {
    const [row] = await app.db.rows<ContactRow>(
      sql`select ${app.db.columns(Contact, 't')} from contact t where t.workspace_id = ${principal.workspaceId} and ${condition}`,
    );
    if (!row) throw notFound('contact');
    if (canReadContacts(principal)) return row;
    throw notFound('contact').recordedAs({
      attempted: 'contact.read',
      target: { type: 'contact', id: row.id, label: row.name ?? row.email ?? row.id },
      contactId: row.id,
    });
  });
}
