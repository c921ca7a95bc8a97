import { classOf } from './classes.js';
import { compact, happenedAt, leafHashInHex, messageOf, type ExportedEvent } from './exported-event.js';

const VERSION = '8.17.0';
const severities: Readonly<Record<string, number>> = { INFO: 1, NOTICE: 2, WARNING: 4, CRITICAL: 5 };
const outcomes: Readonly<Record<string, string>> = { SUCCESS: 'success', FAILURE: 'failure', DENIED: 'failure' };

/** An event in the Elastic Common Schema, what that has no field for under `verbatim`. */
export function ecsObject(event: ExportedEvent): object {
  const { uid, category, type } = classOf(event.action, event.category);
  const { actor, onBehalfOf, target } = event;
  const person = target?.type === 'agent' ? { id: target.id, name: target.label } : null;
  return compact({
    '@timestamp': happenedAt(event).toISOString(),
    message: messageOf(event),
    ecs: { version: VERSION },
    event: compact({
      kind: uid === 2004 ? 'alert' : 'event',
      category: [category],
      type: event.outcome === 'DENIED' ? [type, 'denied'] : [type],
      module: 'verbatim',
      dataset: 'verbatim.audit',
      provider: event.origin,
      id: event.action === null ? null : event.id,
      sequence: event.sequence,
      action: event.action,
      severity: severities[event.severity ?? ''],
      outcome: event.outcome === null ? 'unknown' : outcomes[event.outcome],
      created: event.recordedAt,
      reason: event.reason,
      hash: leafHashInHex(event),
    }),
    log: compact({ level: event.severity?.toLowerCase() }),
    organization: { id: event.workspaceId },
    user: compact({
      id: actor?.id,
      name: actor?.label,
      effective: compact({ id: onBehalfOf?.id, name: onBehalfOf?.label }),
      target: person,
    }),
    source: compact({ ip: event.ipAddress }),
    user_agent: compact({ original: event.userAgent }),
    http: compact({ request: compact({ id: event.requestId }) }),
    related: compact({
      user: relatedTo([actor?.id, onBehalfOf?.id, person?.id]),
      ip: relatedTo([event.ipAddress]),
    }),
    verbatim: compact({
      state: event.state,
      category: event.category,
      outcome: event.outcome,
      actor: compact({ kind: actor?.kind }),
      on_behalf_of: compact({ kind: onBehalfOf?.kind }),
      target,
      conversation: compact({ id: event.conversationId }),
      team: compact({ id: event.teamId }),
      session: compact({ id: event.sessionId }),
      causation: compact({ id: event.causationId }),
      // One field of text: before and after are of any type, and an index wants one type a field.
      changes: event.changes.length > 0 ? JSON.stringify(event.changes) : null,
      metadata: event.metadata ? JSON.stringify(event.metadata) : null,
      leaf_data: event.leafData,
    }),
  });
}

function relatedTo(ids: readonly (string | null | undefined)[]): string[] | null {
  const known = [...new Set(ids.filter((id) => typeof id === 'string'))];
  return known.length > 0 ? known : null;
}
