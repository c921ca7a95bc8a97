import { createHash } from 'node:crypto';
import type { Principal } from '../../../src/services/principal.js';
import { systemPrincipal } from '../../../src/services/principal.js';
import { bodyHash, entryText } from '../../../src/services/record/envelope.js';
import { prepareEvent, type NewEvent } from '../../../src/services/record/event.js';
import { exportedEvent } from '../../../src/services/record/formats/exported-event.js';
import type { RecordRow } from '../../../src/services/record/read.js';

export const workspaceId = '018f0000-0000-7000-8000-000000000001';
export const agentId = '018f0000-0000-7000-8000-000000000002';
export const eventId = '018f0000-0000-7000-8000-000000000003';
export const log = { id: workspaceId, logOrigin: `inbox.example.com/ws/${workspaceId}`, epoch: 1 };
const recordedAt = '2026-01-02T03:04:05.123456Z';

/** An agent named so. */
export const agent = (displayName = 'Asha'): Principal => ({
  ...systemPrincipal(workspaceId),
  kind: 'AGENT',
  id: agentId,
  role: 'AGENT',
  displayName,
  sessionId: '018f0000-0000-7000-8000-000000000004',
});

const request = { id: 'req-1', ipAddress: '203.0.113.7', userAgent: 'Browser/1.0' };

/** The row of an event as the log would keep it, at sequence 41. */
export function rowOf(event: NewEvent, by = agent(), origin: Partial<typeof request> = {}): RecordRow {
  const { row } = prepareEvent(
    { id: eventId, ...event },
    by,
    { ...request, ...origin },
    new Date('2026-01-02T03:04:05.100Z'),
  );
  const body = row['body'] as string;
  return {
    ...leaf(bodyHash(body)),
    body,
    disclosures: row['disclosures'] as string[],
    action: event.action,
    eventId,
  } as RecordRow;
}

/** What is left of an event whose body is gone. */
export const prunedRow = (): RecordRow =>
  ({
    ...leaf(Buffer.alloc(32, 7)),
    body: null,
    disclosures: null,
    action: null,
    eventId: null,
  }) as unknown as RecordRow;

function leaf(hash: Buffer) {
  const text = entryText({ bodyHash: hash, sequence: 41n, recordedAt, workspaceId });
  return {
    workspaceId,
    sequence: 41,
    recordedAt: new Date(recordedAt),
    recordedAtText: recordedAt,
    bodyHash: hash,
    leafHash: createHash('sha256').update(Buffer.of(0)).update(text).digest(),
  };
}

export const exported = (row: RecordRow, unmasked = true) => exportedEvent(row, log, { unmasked });
