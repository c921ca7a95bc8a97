import { classOf } from './classes.js';
import { compact, happenedAt, leafHashInHex, messageOf, type ExportedEvent } from './exported-event.js';

const VERSION = '1.8.0';
const severities: Readonly<Record<string, number>> = { INFO: 1, NOTICE: 2, WARNING: 4, CRITICAL: 5 };
const statuses: Readonly<Record<string, number>> = { SUCCESS: 1, FAILURE: 2, DENIED: 99 };

/** An event as OCSF 1.8 has it: its class by what happened, the target where that class expects it. */
export function ocsfObject(event: ExportedEvent): object {
  const { uid, activity } = classOf(event.action, event.category);
  return compact({
    class_uid: uid,
    category_uid: Math.floor(uid / 1000),
    activity_id: activity,
    activity_name: event.action,
    type_uid: uid * 100 + activity,
    time: happenedAt(event).getTime(),
    severity_id: severities[event.severity ?? ''] ?? 0,
    status_id: statuses[event.outcome ?? ''] ?? 0,
    status: event.outcome,
    message: messageOf(event),
    metadata: compact({
      version: VERSION,
      product: { name: 'Verbatim', vendor_name: 'Verbatim' },
      log_name: event.origin,
      tenant_uid: event.workspaceId,
      original_event_uid: event.action === null ? null : event.id,
      event_code: event.action,
      sequence: event.sequence,
      logged_time: Date.parse(event.recordedAt),
      correlation_uid: event.requestId,
    }),
    actor: compact({
      user: compact({ uid: event.actor?.id, name: event.actor?.label, type: event.actor?.kind }),
      session: compact({ uid: event.sessionId }),
    }),
    src_endpoint: compact({ ip: event.ipAddress }),
    http_request: compact({ user_agent: event.userAgent }),
    raw_data_hash: { algorithm: 'SHA-256', algorithm_id: 3, value: leafHashInHex(event) },
    ...placed(uid, event),
    unmapped: compact({
      state: event.state,
      category: event.category,
      obo: event.onBehalfOf,
      target: event.target,
      conversation: event.conversationId,
      team: event.teamId,
      changes: event.changes.length > 0 ? event.changes : null,
      reason: event.reason,
      metadata: event.metadata,
      causation: event.causationId,
      leaf_data: event.leafData,
    }),
  });
}

/** The target, under the name that the class has for what is acted on. */
function placed(uid: number, { target, actor, action, metadata }: ExportedEvent): object {
  if (!target) return {};
  const object = { uid: target.id, name: target.label, type: target.type };
  // These classes ask whose account it is: that of the target, or else of the actor.
  const person = target.type === 'agent' ? { uid: target.id, name: target.label } : null;
  const whose = {
    user: person ?? compact({ uid: actor?.id, name: actor?.label }),
    ...(person ? {} : { resources: [object] }),
  };
  switch (uid) {
    case 2004:
      return { finding_info: { uid: target.id, title: target.label } };
    case 3001:
    case 3002:
      return whose;
    case 3005:
      return { ...whose, privileges: [String(metadata?.['role'] ?? metadata?.['to'] ?? action)] };
    case 3006:
      return { group: object };
    case 3004:
      return { entity: object };
    case 6001:
      return { web_resources: [object] };
    case 6002:
      return { app: { name: 'Verbatim', vendor_name: 'Verbatim' } };
    case 6006:
      return { file: { uid: target.id, name: target.label, type_id: 1 }, resources: [object] };
    default:
      return { resources: [object] };
  }
}
