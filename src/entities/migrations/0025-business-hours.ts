import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** When people work: outside of that nothing is given to them. */
export class Migration0025BusinessHours extends Migration {
  override up(): void {
    this.addSql(`
      create table "business_hours" (
        "workspace_id" uuid not null, "place_id" uuid not null, "weekly" jsonb not null, "holidays" jsonb not null,
        "changed_at" timestamptz(3) not null,
        primary key ("workspace_id", "place_id")
      )`);
    this.addSql(secureTenantTables(['business_hours']));
    // Who takes hours away: that there were any is on the record.
    this.addSql('grant delete on business_hours to verbatim_app');
  }
}
