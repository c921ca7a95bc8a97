/**
 * Every way in which a request can fail, as callers see it: stable codes, what each means, and whether the same
 * request may succeed later. The list behind the `ErrorCode` enum, the `errorCodes` query and docs/errors.md.
 */
export const errorCodes = {
  UNAUTHENTICATED: { retriable: false, description: 'No valid sign-in or key came with the request, or it has ended.' },
  FORBIDDEN: { retriable: false, description: 'The caller may see the object, but not do this to it.' },
  NOT_FOUND: {
    retriable: false,
    description: 'There is no such object, or the caller may not see it; both look the same.',
  },
  VALIDATION_FAILED: {
    retriable: false,
    description:
      'The operation or its input is not well-formed; `extensions.fields` names the inputs at fault, or `extensions.errors` the places in the text.',
  },
  CONFLICT: {
    retriable: false,
    description: 'The object is no longer in the state that this needs; `extensions.current` says what it is now.',
  },
  RATE_LIMITED: {
    retriable: true,
    description: 'Too much for now; `extensions.retryAfterSeconds` says when to try again.',
  },
  LIMIT_EXCEEDED: {
    retriable: false,
    description:
      'The operation is larger than allowed; `extensions` says which limit, its value and what was asked for.',
  },
  RESYNC_REQUIRED: {
    retriable: false,
    description:
      'The stream cannot go on from this cursor: query afresh, then subscribe from `extensions.eventCursor`.',
  },
  RECORD_INCONSISTENT: {
    retriable: false,
    description:
      'The record is not the one that a checkpoint was signed of: events are missing or were changed. Nothing is signed until an operator opens a new epoch.',
  },
  UNAVAILABLE: {
    retriable: true,
    description: 'A needed part is out of reach or too busy. Nothing is half-done; repeat with the same key.',
  },
  INTERNAL: { retriable: false, description: 'A fault of the server; `extensions.requestId` finds it in its log.' },
} as const satisfies Record<string, { retriable: boolean; description: string }>;

export type ErrorCode = keyof typeof errorCodes;
