import { CANCEL_EXPORT, DELETE_SINK, REQUEST_EXPORT, UPDATE_SINK } from '../exports/stage.js';
import type { IsolationRow } from './isolation-rows.js';

/** What becomes of ids of the other workspace in what is done with the record. */
export const recordIsolationRows: IsolationRow[] = [
  [
    'Query.auditEvent.id',
    'query($id: ID!) { auditEvent(id: $id) { id } }',
    (at) => ({ id: at.there.eventId }),
    'NOT_FOUND',
  ],
  [
    'Query.export.id',
    'query($id: ID!) { export(id: $id) { id downloadUrl } }',
    (at) => ({ id: at.exportId }),
    'NOT_FOUND',
  ],
  [
    'EvidenceInput.conversationId',
    REQUEST_EXPORT,
    (at) => ({ input: { format: 'EVIDENCE', evidence: { conversationId: at.there.conversationId } } }),
    'NOT_FOUND',
  ],
  [
    'EvidenceInput.contactId',
    REQUEST_EXPORT,
    (at) => ({ input: { format: 'EVIDENCE', evidence: { contactId: at.there.contactId } } }),
    'NOT_FOUND',
  ],
  ['CancelExportInput.exportId', CANCEL_EXPORT, (at) => ({ input: { exportId: at.exportId } }), 'NOT_FOUND'],
  [
    'Subscription.jobProgress.jobId',
    'subscription($id: ID!) { jobProgress(jobId: $id) { rows } }',
    (at) => ({ id: at.exportId }),
    'NOT_FOUND',
  ],
  ['UpdateAuditSinkInput.sinkId', UPDATE_SINK, (at) => ({ input: { sinkId: at.sinkId, enabled: false } }), 'NOT_FOUND'],
  ['DeleteAuditSinkInput.sinkId', DELETE_SINK, (at) => ({ input: { sinkId: at.sinkId } }), 'NOT_FOUND'],
];
