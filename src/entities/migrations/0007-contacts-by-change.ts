import { Migration } from '@mikro-orm/migrations';

/** The list of contacts, latest changed first: without it every page sorted all of them. */
export class Migration0007ContactsByChange extends Migration {
  override up(): void {
    this.addSql(
      'create index "contact_workspace_id_updated_at_id_index" on "contact" ("workspace_id", "updated_at", "id")',
    );
  }
}
