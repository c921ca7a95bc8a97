import type { Call } from '../application.js';
import type { FieldFault } from '../errors.js';
import { recordingDenials } from '../record-denial.js';
import { resolveAsked, type Wanted } from '../record/bundle/asked.js';
import { refuseExportingEvidence } from './access-export.js';
import type { RequestExportInput } from './request-export.js';

/** What a bundle of evidence is of. */
export interface EvidenceInput {
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
  withAddresses?: boolean | null | undefined;
}

/** The same as it is kept: one conversation, one contact, or the events from one to another. */
export interface EvidenceScope {
  conversationId: string | null;
  contactId: string | null;
  fromSequence: number;
  toSequence: number;
  unmasked: boolean;
}

/** What is wrong with what a bundle is to be of, or with naming that for events that are written one by one. */
export function evidenceFaults({ format, evidence, filter, ...range }: RequestExportInput): FieldFault[] {
  if (format !== 'EVIDENCE') {
    return evidence ? [{ path: 'evidence', message: 'goes with EVIDENCE' }] : [];
  }
  const faults: FieldFault[] = [];
  if (filter) faults.push({ path: 'filter', message: 'does not go with EVIDENCE: a bundle has all of what it is of' });
  const isGiven = (value: unknown) => value !== null && value !== undefined;
  const times = [evidence?.from, evidence?.to].some(isGiven);
  const sequences = [range.fromSequence, range.toSequence].some(isGiven);
  const scopes = [isGiven(evidence?.conversationId), isGiven(evidence?.contactId), times || sequences];
  if (scopes.filter(Boolean).length !== 1) {
    faults.push({ path: 'evidence', message: 'names a conversation, a contact, or a range of times or of sequences' });
  }
  if (times && sequences) faults.push({ path: 'evidence', message: 'a range is of times or of sequences' });
  return faults;
}

/**
 * What is meant by that, as things are now.
 * @throws AppError FORBIDDEN for who may not have evidence, recorded; NOT_FOUND for no conversation or contact of the
 *   workspace; VALIDATION_FAILED for a range without events.
 */
export async function resolveScope(call: Call, input: RequestExportInput, size: number): Promise<EvidenceScope> {
  await recordingDenials(call, async () => refuseExportingEvidence(call.principal));
  const { evidence, fromSequence, toSequence } = input;
  const asked = await resolveAsked(
    call.app.db,
    call.principal.workspaceId,
    wantedOf(evidence, fromSequence, toSequence),
    size,
  );
  const isRange = asked.kind === 'RANGE';
  return {
    conversationId: asked.kind === 'CONVERSATION' ? asked.id : null,
    contactId: asked.kind === 'CONTACT' ? asked.id : null,
    fromSequence: isRange ? asked.from : 0,
    toSequence: isRange ? asked.to : size - 1,
    unmasked: evidence?.withAddresses ?? false,
  };
}

function wantedOf(
  evidence: EvidenceInput | null | undefined,
  fromSequence: number | null | undefined,
  toSequence: number | null | undefined,
): Wanted {
  if (evidence?.conversationId) return { conversation: evidence.conversationId };
  if (evidence?.contactId) return { contact: evidence.contactId };
  return { from: evidence?.from ?? fromSequence ?? null, to: evidence?.to ?? toSequence ?? null };
}
