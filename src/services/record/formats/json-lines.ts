import type { ExportedEvent } from './exported-event.js';

/** An event in our own words, as the API gives it; of one whose content is gone what is left of it. */
export function ownObject(event: ExportedEvent): object {
  const { origin, sequence, state, recordedAt, leafHash, leafData } = event;
  if (event.action === null) return { origin, sequence, state, recordedAt, leafHash, leafData };
  return {
    origin,
    sequence,
    id: event.id,
    state,
    action: event.action,
    category: event.category,
    severity: event.severity,
    outcome: event.outcome,
    summary: event.summary,
    actor: event.actor,
    onBehalfOf: event.onBehalfOf,
    target: event.target,
    conversationId: event.conversationId,
    teamId: event.teamId,
    changes: event.changes,
    reason: event.reason,
    metadata: event.metadata,
    occurredAt: event.occurredAt,
    recordedAt,
    ipAddress: event.ipAddress,
    userAgent: event.userAgent,
    requestId: event.requestId,
    causationId: event.causationId,
    sessionId: event.sessionId,
    leafHash,
    leafData,
  };
}
