import type { AlertDestination } from '../../entities/alert-destination.js';
import type { RowOf } from '../../entities/row.js';
import type { Database } from '../database.js';
import type { Mail } from '../outgoing/mails.js';
import type { WebhookMessage } from '../outgoing/webhooks.js';
import { sql } from '../sql.js';

/** An alert as it was raised, for who is told of it outside: ids and figures, no addresses and nobody's words. */
export interface AlertToSend {
  sequence: number;
  eventId: string;
  recordedAt: Date;
  alertId: string;
  severity: string;
  rule: { id: string; key: string | null; name: string };
  groupBy: string;
  group: string | null;
  count: number;
  sequences: number[];
}

/** The first alert raised after a sequence that is severe enough; undefined when there is none. */
export async function alertToSend(
  db: Database,
  workspaceId: string,
  { after, minSeverity }: { after: number; minSeverity: number },
): Promise<AlertToSend | undefined> {
  const [found] = await db.rows<AlertToSend>(sql`
    select b.sequence, b.event_id as "eventId", e.recorded_at as "recordedAt", a.id as "alertId", a.severity,
      jsonb_build_object('id', r.id, 'key', r.key, 'name', r.name) as rule, a.group_by as "groupBy",
      b.body::jsonb -> 'metadata' ->> 'group' as "group", (b.body::jsonb -> 'metadata' ->> 'count')::int as count,
      b.body::jsonb -> 'metadata' -> 'sequences' as sequences
    from record_body b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    join alert a on a.workspace_id = b.workspace_id and a.id = b.target_id::uuid
    join alert_rule r on r.workspace_id = a.workspace_id and r.id = a.rule_id
    where b.workspace_id = ${workspaceId} and b.action = 'alert.raised' and b.sequence > ${after}
      and b.severity >= ${minSeverity}
    order by b.sequence limit 1`);
  return found;
}

/** As a webhook: `{type, timestamp, data}`, as Standard Webhooks recommends. */
export function webhookOf(
  { workspaceId, url, secret }: Pick<RowOf<AlertDestination>, 'workspaceId' | 'url' | 'secret'>,
  { eventId, recordedAt, ...data }: AlertToSend,
): WebhookMessage {
  return {
    id: eventId,
    url: new URL(url!),
    secrets: [secret!],
    body: JSON.stringify({ type: 'alert.raised', timestamp: recordedAt.toISOString(), data: { workspaceId, ...data } }),
  };
}

/** As an e-mail. */
export function mailOf({ addresses }: Pick<RowOf<AlertDestination>, 'addresses'>, alert: AlertToSend): Mail {
  const { eventId, recordedAt, severity, rule, groupBy, group, count, sequences, alertId } = alert;
  return {
    id: eventId,
    to: addresses,
    subject: `[${severity}] ${rule.name.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    text: [
      `${rule.name}: ${count} ${count === 1 ? 'event' : 'events'} until ${recordedAt.toISOString()}.`,
      ...(group === null ? [] : [`${groupBy}: ${group}`]),
      `Sequences: ${sequences.join(', ')}`,
      `Alert: ${alertId}`,
      '',
    ].join('\n'),
  };
}
