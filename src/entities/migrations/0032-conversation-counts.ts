import { Migration } from '@mikro-orm/migrations';

/** Conversations that are not done are counted without reading those that are, of which there will be far more. */
export class Migration0032ConversationCounts extends Migration {
  override up(): void {
    this.addSql(
      `create index "conversation_unresolved" on "conversation" ("workspace_id", "status") where "status" <> 'RESOLVED'`,
    );
  }
}
