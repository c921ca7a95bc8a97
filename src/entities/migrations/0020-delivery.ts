import { Migration } from '@mikro-orm/migrations';

/** What became of messages on their way, and what they answer. */
export class Migration0020Delivery extends Migration {
  override up(): void {
    this.addSql(columns);
  }
}

const columns = `
alter table "message" add column "reply_to_id" uuid null, add column "delivery_status" text null,
  add column "sent_at" timestamptz(3) null, add column "delivered_at" timestamptz(3) null,
  add column "read_at" timestamptz(3) null, add column "failed_at" timestamptz(3) null, add column "failure_reason" text null;
alter table "message" add constraint "message_delivery_status_check" check ("delivery_status" in ('QUEUED', 'SENT', 'FAILED', 'DELIVERED', 'READ'));
`;
