import type { ErrorCode } from './error-codes.js';

/** One input at fault: the path in the input and what is wrong with it. */
export interface FieldFault {
  path: string;
  message: string;
}

/** What a refusal was about, for the record: an object of the caller's own workspace, and what they tried. */
export interface Denial {
  attempted: string;
  target: { type: string; id: string; label: string };
  conversationId?: string;
  /** Where it is about one contact: erasing them reaches it. */
  contactId?: string;
  teamId?: string;
  inboxId?: string;
  /** Why a credential was refused; its caller has proven nothing, and is of this workspace. */
  credential?: { workspaceId: string; cause: 'inactive' | 'revoked' };
}

/** The one error that services throw. Its message is for callers; `details` become the error's extensions. */
export class AppError extends Error {
  override readonly name = 'AppError';
  /** Set where the refusal itself must be recorded. */
  denial?: Denial;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Marks this refusal as one that goes onto the record. */
  recordedAs(denial: Denial): this {
    this.denial = denial;
    return this;
  }
}

export const unauthenticated = (message = 'Sign in, or send a valid API key.') =>
  new AppError('UNAUTHENTICATED', message);
export const notFound = (what: string) => new AppError('NOT_FOUND', `There is no such ${what}.`);
export const forbidden = (message: string) => new AppError('FORBIDDEN', message);
export const conflict = (message: string, current: Record<string, unknown>) =>
  new AppError('CONFLICT', message, { current });
export const unavailable = (message: string, cause?: unknown) => new AppError('UNAVAILABLE', message, {}, { cause });
export const invalid = (...fields: FieldFault[]) =>
  new AppError('VALIDATION_FAILED', fields.map((fault) => `${fault.path}: ${fault.message}`).join('; '), { fields });

/** Whether it failed by what may pass, so that the same may be tried again. */
export const isUnavailable = (error: unknown): boolean => error instanceof AppError && error.code === 'UNAVAILABLE';
