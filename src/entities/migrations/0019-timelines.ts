import { Migration } from '@mikro-orm/migrations';

/** What was said and done in all conversations of a contact, in order of time: each conversation gives its part of a page. */
export class Migration0019Timelines extends Migration {
  override up(): void {
    this.addSql(
      'create index "transcript_entry_timeline" on "transcript_entry" ("workspace_id", "conversation_id", "occurred_at", "id")',
    );
  }
}
