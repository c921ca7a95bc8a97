import { Migration } from '@mikro-orm/migrations';

/** Labels are deactivated, never deleted: what carries them keeps them, and their names are free again. */
export class Migration0029LabelsInUse extends Migration {
  override up(): void {
    this.addSql('alter table "label" add column "deactivated_at" timestamptz(3) null');
    this.addSql('alter table "label" drop constraint "label_workspace_id_name_unique"');
    this.addSql(
      'create unique index "label_in_use" on "label" ("workspace_id", "name") where "deactivated_at" is null',
    );
  }
}
