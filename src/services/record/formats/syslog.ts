import { messageOf, leafHashInHex, type ExportedEvent } from './exported-event.js';
import { withoutControls } from './controls.js';

/** 13, log audit (RFC 5424 §6.2.1). */
const FACILITY = 13;
const severities: Readonly<Record<string, number>> = { INFO: 6, NOTICE: 5, WARNING: 4, CRITICAL: 2 };
/** 32473 is the number that RFC 5612 sets aside for documentation; there is none of our own. */
const SD_ID = 'verbatim@32473';

/** In a value `"`, `\` and `]` are escaped (RFC 5424 §6.3.3). */
const inValue = (text: string): string => withoutControls(text).replace(/["\\\]]/g, '\\$&');

/** A part of the header: printable ASCII without spaces, `-` where there is nothing. */
const inHeader = (text: string | null, max: number): string =>
  (text ?? '').replace(/[^\u0021-\u007e]/g, '').slice(0, max) || '-';

/** An event as a message of RFC 5424, without framing: fields as structured data, and the sentence. */
export const syslogLine = (event: ExportedEvent): string =>
  syslogMessage(event, withoutControls(messageOf(event)), true);

/**
 * A message of RFC 5424 around a text that says everything itself: an event in another format.
 * @param text without ends of lines.
 */
export function syslogMessage(event: ExportedEvent, text: string, withData = false): string {
  const priority = FACILITY * 8 + (severities[event.severity ?? ''] ?? 6);
  const header = [
    `<${priority}>1`,
    event.recordedAt,
    inHeader(event.origin.split('/')[0] ?? null, 255),
    'verbatim',
    '-',
    inHeader(event.action, 32),
  ];
  return `${header.join(' ')} ${withData ? structuredData(event) : '-'} ${text}`;
}

function structuredData(event: ExportedEvent): string {
  const { actor, onBehalfOf, target } = event;
  const values: Record<string, string | number | null | undefined> = {
    origin: event.origin,
    sequence: event.sequence,
    id: event.action === null ? null : event.id,
    state: event.state,
    action: event.action,
    category: event.category,
    severity: event.severity,
    outcome: event.outcome,
    actorKind: actor?.kind,
    actorId: actor?.id,
    actor: actor?.label,
    onBehalfOfKind: onBehalfOf?.kind,
    onBehalfOfId: onBehalfOf?.id,
    targetType: target?.type,
    targetId: target?.id,
    target: target?.label,
    conversationId: event.conversationId,
    teamId: event.teamId,
    changes: event.changes.length > 0 ? JSON.stringify(event.changes) : null,
    reason: event.reason,
    occurredAt: event.occurredAt?.toISOString(),
    ipAddress: event.ipAddress,
    userAgent: event.userAgent,
    requestId: event.requestId,
    leafHash: leafHashInHex(event),
  };
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return `[${SD_ID}${given.map(([name, value]) => ` ${name}="${inValue(String(value))}"`).join('')}]`;
}
