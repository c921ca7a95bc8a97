import { Contact } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import type { Severity } from '../../entities/enums.js';
import { audienceOf, sighted } from '../audience.js';
import type { Call } from '../application.js';
import { forbidden, invalid, notFound } from '../errors.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { canRecordCustomEvents } from '../policy.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REASON, MAX_REMARK } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { isCustomAction } from './actions/custom.js';
import { canonicalJson, type JsonValue } from './canonical.js';
import { METADATA_MAX_BYTES } from './envelope.js';
import type { NewEvent } from './event.js';

export interface CustomEventInput {
  namespace: string;
  event: string;
  target?: { type: string; id: string; label?: string | null | undefined } | null | undefined;
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  text?: string | null | undefined;
  metadata?: unknown;
  severity?: Severity | null | undefined;
  occurredAt?: Date | null | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Records what happened in another system, as `custom.<namespace>.<event>`.
 * @returns the event's id; for a repeated idempotencyKey the first one's.
 * @throws AppError FORBIDDEN, NOT_FOUND for a conversation or contact that is not there, VALIDATION_FAILED, CONFLICT
 */
export async function recordCustomEvent(call: Call, input: CustomEventInput): Promise<string> {
  const metadata = validate(input);
  return withTransaction(call, async (tx) => {
    const { principal } = tx;
    if (!canRecordCustomEvents(principal)) {
      throw forbidden(
        'Custom events are recorded by API keys with CONVERSATIONS_WRITE or ADMIN, and by administrators.',
      ).recordedAs({
        attempted: 'custom.record',
        target: { type: 'record', id: principal.workspaceId, label: 'the record' },
      });
    }
    const id = newId();
    const { idempotencyKey, ...request } = input;
    if (idempotencyKey != null) {
      const owner = ownKeys(tx);
      const known = await claimKey(tx, {
        owner,
        mutation: 'recordCustomEvent',
        key: idempotencyKey,
        request,
        resultId: id,
      });
      if (known) return known;
    }
    const action = `custom.${input.namespace}.${input.event}`;
    if (!isCustomAction(action)) throw new TypeError(`${action} passed validation`);
    tx.record({
      id,
      action,
      ...(await about(tx, input)),
      ...(input.severity ? { severity: input.severity } : {}),
      ...(input.text ? { labels: { text: input.text } } : {}),
      ...(metadata ? { metadata } : {}),
      ...(input.occurredAt ? { occurredAt: input.occurredAt } : {}),
      ...(idempotencyKey == null ? {} : { idempotencyKey }),
      reason: input.reason ?? null,
    });
    return id;
  });
}

/** What the event is about: the conversation and the contact as they are in the workspace, and its target. */
async function about(
  { em, principal: { workspaceId } }: Tx,
  { target, conversationId, contactId }: CustomEventInput,
): Promise<Pick<NewEvent, 'target' | 'conversationId' | 'contactId' | 'teamId' | 'inboxId' | 'audience'>> {
  const one = (id: string) => ({ workspaceId, id: isId(id) ? id : workspaceId });
  const conversation = conversationId ? await em.findOne(Conversation, one(conversationId)) : null;
  if (conversationId && !conversation) throw notFound('conversation');
  const contact = contactId ? await em.findOne(Contact, one(contactId)) : null;
  if (contactId && !contact) throw notFound('contact');
  if (conversation && contact && conversation.contact.id !== contact.id) {
    throw invalid({ path: 'contactId', message: 'is not the contact of the conversation' });
  }
  const itself = conversation
    ? { type: 'conversation', id: conversation.id, label: `conversation ${conversation.label()}` }
    : contact && { type: 'contact', id: contact.id, label: contact.label() };
  return {
    target: target ? { ...target, label: target.label || `${target.type} ${target.id}` } : itself!,
    ...(conversation
      ? {
          conversationId: conversation.id,
          contactId: conversation.contact.id,
          inboxId: conversation.inbox.id,
          audience: audienceOf(sighted(conversation)),
          ...(conversation.team ? { teamId: conversation.team.id } : {}),
        }
      : contact
        ? { contactId: contact.id }
        : {}),
  };
}

function validate(input: CustomEventInput): Record<string, JsonValue> | undefined {
  const faults = new Faults();
  for (const name of ['namespace', 'event'] as const) {
    if (!NAME.test(input[name])) faults.add(name, 'must be lower snake case, 1 to 64 characters from a letter on');
  }
  if (input.target) {
    if (!NAME.test(input.target.type)) faults.add('target.type', 'must be lower snake case, 1 to 64 characters');
    faults.text('target.id', input.target.id, MAX_EXTERNAL_ID);
    faults.optionalText('target.label', input.target.label, MAX_EXTERNAL_ID);
  } else if (!input.conversationId && !input.contactId) {
    faults.add('target', 'give a target, a conversationId or a contactId');
  }
  faults.optionalText('text', input.text, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  const metadata = input.metadata ?? undefined;
  const fault = metadata === undefined ? null : metadataFault(metadata);
  if (fault) faults.add('metadata', fault);
  faults.refuse();
  return metadata as Record<string, JsonValue> | undefined;
}

/** Why this cannot be hashed as metadata; null where it can. */
function metadataFault(metadata: unknown): string | null {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return 'must be an object';
  try {
    // One level down, as it stands in the body.
    const bytes =
      Buffer.byteLength(canonicalJson({ metadata: metadata as JsonValue }), 'utf8') - '{"metadata":}'.length;
    return bytes > METADATA_MAX_BYTES ? `must have at most ${METADATA_MAX_BYTES} bytes` : null;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}
