import { Migration } from '@mikro-orm/migrations';

/** A request that is carried out in several transactions goes on where it was interrupted, and answers as it did. */
export class Migration0035ProgressOfRequests extends Migration {
  override up(): void {
    this.addSql(`alter table "idempotency_key" add column "progress" jsonb null`);
  }
}
