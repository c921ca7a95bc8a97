import type { AuditCategory, Severity } from '../../entities/enums.js';

/** What an event of an action may carry besides who, what, where and when. Anything else is refused when recorded. */
export interface ActionPayload {
  /** Fields changed, their values in the open: enums, ids, numbers. */
  readonly changes?: readonly string[];
  /** Fields changed whose values are personal or free text: only committed to, so that they can be erased. */
  readonly committed?: readonly string[];
  /** Known keys of `metadata`; `any` where who records it knows them. */
  readonly metadata?: readonly string[] | 'any';
  /** Names as they were when it happened, for the sentence; committed to. */
  readonly labels?: readonly string[];
  /** Free text that may be there, for the sentence; committed to like labels, and named among them. */
  readonly remarks?: readonly string[];
  /** The event names messages and the digests of what they said. */
  readonly content?: true;
  /** The caller may say why. */
  readonly reason?: true;
}

/** One action of the catalogue. After release its name never changes: it is hashed. */
export interface ActionDefinition {
  readonly category: AuditCategory;
  readonly severity: Severity;
  readonly description: string;
  /** ICU MessageFormat in English. Arguments: actor, target, the payload's labels and metadata, and reason. */
  readonly sentence: string;
  readonly payload: ActionPayload;
  /** Shown in the transcript of its conversation to whoever may see the conversation. */
  readonly inTranscript?: true;
  /** The live streams of state that such an event belongs to. */
  readonly streams?: readonly ('conversation' | 'handover' | 'alert')[];
  /** Repetitions within the workspace's window are told by the first, whose metadata has the window's length. */
  readonly toldTogether?: true;
}
