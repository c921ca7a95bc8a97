import { isIPv6 } from 'node:net';
import { happenedAt, leafHashInHex, messageOf, type ExportedEvent } from './exported-event.js';
import { withoutControls } from './controls.js';

/** Of the envelope, which is what a mapping depends on. */
const DEVICE_VERSION = '1';
const severities: Readonly<Record<string, number>> = { INFO: 1, NOTICE: 3, WARNING: 7, CRITICAL: 10 };

/** In the header `\` and `|` are escaped, and no line may end. */
const inHeader = (text: string): string => withoutControls(text).replace(/[\\|]/g, '\\$&');

/** In the extension `\` and `=` are escaped, and ends of lines are written as `\n` and `\r`. */
const inExtension = (text: string): string =>
  withoutControls(text.replace(/[\\=]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r'));

/** An event in the Common Event Format, version 0, on one line without its end. */
export function cefLine(event: ExportedEvent): string {
  const { actor, onBehalfOf, target } = event;
  const isPerson = target?.type === 'agent';
  const header = [
    'CEF:0',
    'Verbatim',
    'Verbatim',
    DEVICE_VERSION,
    event.action ?? `record.${event.state.toLowerCase()}`,
    messageOf(event),
    String(severities[event.severity ?? ''] ?? 1),
  ];
  const extension: [string, string | number | null | undefined][] = [
    ['rt', Date.parse(event.recordedAt)],
    ['start', happenedAt(event).getTime()],
    ['externalId', event.action === null ? null : event.id],
    ['cat', event.category],
    ['outcome', event.outcome],
    ['suid', actor?.id],
    ['suser', actor?.label],
    ['duid', isPerson ? target.id : null],
    ['duser', isPerson ? target.label : null],
    ...addresses(event.ipAddress),
    ['requestClientApplication', event.userAgent],
    ['reason', event.reason],
    ['msg', messageOf(event)],
    ['deviceExternalId', event.workspaceId],
    ['fileHash', leafHashInHex(event)],
    ...labelled('cn1', 'sequence', event.sequence),
    ...labelled('cs1', 'origin', event.origin),
    ...labelled('cs2', 'onBehalfOf', onBehalfOf?.id ?? onBehalfOf?.label),
    ...labelled('cs3', 'targetType', target?.type),
    ...labelled('cs4', 'targetId', target?.id),
    ...labelled('cs5', 'changes', event.changes.length > 0 ? JSON.stringify(event.changes) : null),
    ...labelled('cs6', 'state', event.state),
    ...labelled('flexString1', 'requestId', event.requestId),
    ...labelled('flexString2', 'conversationId', event.conversationId),
  ];
  const fields = extension
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${inExtension(String(value))}`);
  return `${header.map((part, index) => (index === 0 ? part : inHeader(part))).join('|')}|${fields.join(' ')}`;
}

type Field = [string, string | number | null | undefined];

const labelled = (key: string, label: string, value: Field[1]): Field[] =>
  value === null || value === undefined
    ? []
    : [
        [key, value],
        [`${key}Label`, label],
      ];

/** `src` holds IPv4 only. */
const addresses = (address: string | null): Field[] =>
  address !== null && isIPv6(address) ? labelled('c6a2', 'sourceAddress', address) : [['src', address]];
