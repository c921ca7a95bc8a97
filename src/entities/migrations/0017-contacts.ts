import { Migration } from '@mikro-orm/migrations';

/** What is known of contacts besides how to reach them, and addresses that are no longer theirs. */
export class Migration0017Contacts extends Migration {
  override up(): void {
    this.addSql(columns);
    this.addSql(oneWayOfWriting);
    // That it was theirs is on the record; whoever writes from there later is somebody else.
    this.addSql('grant delete on contact_identity to verbatim_app');
  }
}

const columns = `
alter table "contact" add column "about" text null, add column "avatar_url" text null,
  add column "attributes" jsonb not null default '{}';
`;

/**
 * E-mail addresses are compared in one way of writing from here on. Where both ways are there each stays somebody's. The
 * owner of the table sees no rows while row-level security is forced, so for this one statement it is not.
 */
const oneWayOfWriting = `
alter table contact_identity no force row level security;
update contact_identity i set address = lower(btrim(address))
  where channel = 'EMAIL' and address <> lower(btrim(address)) and not exists (
    select 1 from contact_identity o where o.workspace_id = i.workspace_id and o.channel = i.channel and o.id <> i.id
      and lower(btrim(o.address)) = lower(btrim(i.address)));
alter table contact_identity force row level security;
`;
