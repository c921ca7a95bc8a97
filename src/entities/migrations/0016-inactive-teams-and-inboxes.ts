import { Migration } from '@mikro-orm/migrations';

/** Teams and inboxes that are no longer used: what they have had refers to them for ever. */
export class Migration0016InactiveTeamsAndInboxes extends Migration {
  override up(): void {
    this.addSql('alter table "team" add column "deactivated_at" timestamptz(3) null');
    this.addSql('alter table "inbox" add column "deactivated_at" timestamptz(3) null');
  }
}
