import type { EventFormat, ExportFormat } from '../../entities/enums.js';
import type { AuditSink } from '../../entities/audit-sink.js';
import type { RowOf } from '../../entities/row.js';
import type { Destinations } from '../outgoing/destinations.js';
import { isSecret } from '../outgoing/secrets.js';
import { validateEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';

/** What a caller says of a sink. */
export interface SinkSettings extends WithReason {
  name?: string | null | undefined;
  format?: ExportFormat | null | undefined;
  filter?: AuditEventFilter | null | undefined;
  url?: string | null | undefined;
  host?: string | null | undefined;
  port?: number | null | undefined;
  tls?: boolean | null | undefined;
  secret?: string | null | undefined;
}

/** The part of a sink that its settings make. */
export type SinkPlace = Pick<RowOf<AuditSink>, 'name' | 'kind' | 'url' | 'host' | 'port'> & { format: ExportFormat };

const MAX_NAME = 100;
const MAX_URL = 2_000;
const MAX_HOST = 255;

/** A filter as it is kept: without what is not given, and moments as text. */
export const keepable = (filter: AuditEventFilter): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== null))),
  ) as Record<string, unknown>;

/**
 * Checks what a sink would be.
 * @throws AppError VALIDATION_FAILED naming everything that is wrong.
 */
export function validateSink(
  place: SinkPlace,
  settings: SinkSettings,
  destinations: Destinations,
): asserts place is SinkPlace & { format: EventFormat } {
  // Who sets one up sees everything: the policy asks for it.
  if (settings.filter) validateEventFilter(settings.filter, { unmasked: true });
  const faults = new Faults();
  faults.text('name', place.name, MAX_NAME);
  faults.optionalText('reason', settings.reason, MAX_REASON);
  if (place.format === 'CSV' || place.format === 'EVIDENCE') faults.add('format', 'is for files');
  if (place.kind === 'WEBHOOK') checkWebhook(faults, place, settings, destinations);
  else checkSyslog(faults, place, settings, destinations);
  faults.refuse();
}

function checkWebhook(faults: Faults, { url }: SinkPlace, settings: SinkSettings, destinations: Destinations): void {
  for (const name of ['host', 'port', 'tls'] as const) {
    if (settings[name] != null) faults.add(name, 'goes with SYSLOG');
  }
  const secretFault = settings.secret != null && !isSecret(settings.secret);
  if (secretFault) faults.add('secret', 'must be whsec_ and 24 to 64 bytes in base64');
  if (!url || url.length > MAX_URL || !URL.canParse(url)) {
    return faults.add('url', `must be an address of at most ${MAX_URL} characters`);
  }
  const fault = destinations.faultOf(new URL(url));
  if (fault !== null) faults.add('url', fault);
}

function checkSyslog(faults: Faults, { host, port }: SinkPlace, settings: SinkSettings, to: Destinations): void {
  for (const name of ['url', 'secret'] as const) {
    if (settings[name] != null) faults.add(name, 'goes with WEBHOOK');
  }
  if (port === null || !Number.isInteger(port) || port < 1 || port > 65_535) {
    faults.add('port', 'must be 1 to 65535');
  }
  if (!host || host.length > MAX_HOST || !/^[A-Za-z0-9.:_-]+$/.test(host)) {
    return faults.add('host', 'must be a name or an address');
  }
  const fault = to.faultOfHost(host);
  if (fault !== null) faults.add('host', fault);
}

/** What is done to sinks. */
export type SinkAction = 'sink.create' | 'sink.update' | 'sink.delete' | 'sink.list';

/** What a sink is called on the record. */
export const sinkTarget = ({ id, name }: Pick<RowOf<AuditSink>, 'id' | 'name'>) => ({
  type: 'audit_sink',
  id,
  label: name,
});
