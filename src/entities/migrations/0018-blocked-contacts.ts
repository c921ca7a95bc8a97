import { Migration } from '@mikro-orm/migrations';

/** Contacts can be blocked: what they write is not counted as received. */
export class Migration0018BlockedContacts extends Migration {
  override up(): void {
    this.addSql(
      'alter table "contact" add column "blocked_at" timestamptz(3) null, add column "block_reason" text null',
    );
    this.addSql('alter table "message" add column "counted" boolean not null default true');
  }
}
