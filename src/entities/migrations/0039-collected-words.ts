import { Migration } from '@mikro-orm/migrations';
import { COLLECTING_WORDS } from '../history-indexes.js';

/** A message costs fewer writes: its words are put into the indexes together with others', and one index was never read. */
export class Migration0039CollectedWords extends Migration {
  override up(): void {
    this.addSql(`drop index "conversation_waiting"`);
    for (const index of ['search_entry_words', 'record_body_search'])
      this.addSql(`alter index "${index}" set (${COLLECTING_WORDS})`);
  }
}
