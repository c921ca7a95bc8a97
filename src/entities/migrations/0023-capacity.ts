import { Migration } from '@mikro-orm/migrations';

/** Agents take so many conversations at once, and how many they have is counted. */
export class Migration0023Capacity extends Migration {
  override up(): void {
    this.addSql('alter table "agent" add column "capacity" int null');
    this.addSql(
      `create index "conversation_open" on "conversation" ("workspace_id", "assignee_id") where "assignee_id" is not null and "status" <> 'RESOLVED'`,
    );
  }
}
