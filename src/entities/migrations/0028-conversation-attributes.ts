import { Migration } from '@mikro-orm/migrations';

/** Conversations have the attributes of their workspace, and are found by them. */
export class Migration0028ConversationAttributes extends Migration {
  override up(): void {
    this.addSql(`alter table "conversation" add column "attributes" jsonb not null default '{}'`);
    // Those without any are not in it: every message moves its conversation's row, and with it each entry of an index.
    this.addSql(
      `create index "conversation_attributes" on "conversation" using gin ("attributes" jsonb_path_ops) where "attributes" <> '{}'`,
    );
  }
}
