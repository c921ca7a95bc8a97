import { Migration } from '@mikro-orm/migrations';

/** Contacts can be blocked. */
export class Migration0018BlockedContacts extends Migration {
  override up(): void {
    this.addSql(
      'alter table "contact" add column "blocked_at" timestamptz(3) null, add column "block_reason" text null',
    );
  }
}
