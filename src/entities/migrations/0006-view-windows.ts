import { Migration } from '@mikro-orm/migrations';

/** For how long one event of reading speaks, in seconds; 0 = every reading is an event. */
export class Migration0006ViewWindows extends Migration {
  override up(): void {
    this.addSql('alter table "workspace" add column "view_window_seconds" int not null default 300');
  }
}
