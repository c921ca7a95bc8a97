import { Migration } from '@mikro-orm/migrations';

/** Agents have pictures, and memberships end: that there was one is on the record. */
export class Migration0015Agents extends Migration {
  override up(): void {
    this.addSql('alter table "agent" add column "avatar_url" text null');
    this.addSql('grant delete on team_member, team_supervisor, inbox_member to verbatim_app');
  }
}
