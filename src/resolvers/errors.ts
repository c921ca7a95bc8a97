import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { translateDatabaseError } from '../services/database-errors.js';
import { AppError } from '../services/errors.js';

/** At most so many errors an answer: one that fails a thousand times says nothing more. */
export const MAX_ERRORS = 5;

/**
 * The one place where an error becomes what a caller sees, the same over HTTP and WebSocket: services' errors with
 * their code and details, everything else as INTERNAL with the request's id, and the rest of the story in the log.
 */
export function formatError(error: unknown, requestId: string, log: Logger): GraphQLFormattedError {
  const graphqlError = error instanceof GraphQLError ? error : null;
  const cause = translateDatabaseError(graphqlError?.originalError ?? error);
  const place = {
    ...(graphqlError?.locations ? { locations: graphqlError.locations } : {}),
    ...(graphqlError?.path ? { path: graphqlError.path } : {}),
  };
  if (cause instanceof AppError) {
    if (cause.code === 'UNAVAILABLE')
      log.warn({ err: cause.cause ?? cause, requestId }, 'a request was answered with UNAVAILABLE');
    return { message: cause.message, ...place, extensions: { ...cause.details, code: cause.code, requestId } };
  }
  // An error of the engine itself, such as a variable of the wrong type, has no cause behind it but another one of the
  // engine: the caller's fault.
  if (graphqlError && isOfEngine(graphqlError.originalError) && isCallersFault(graphqlError)) {
    return {
      message: withoutSuggestions(graphqlError.message),
      ...place,
      extensions: { code: 'VALIDATION_FAILED', fields: [], requestId },
    };
  }
  log.error({ err: cause, requestId }, 'a request failed');
  return { message: 'Something went wrong here.', ...place, extensions: { code: 'INTERNAL', requestId } };
}

const isOfEngine = (cause: unknown): boolean => cause === undefined || cause instanceof GraphQLError;

const isCallersFault = (error: GraphQLError): boolean =>
  error.path === undefined || /^(Argument|Variable|Expected value)/.test(error.message);

/** "Did you mean …" tells strangers the schema. */
const withoutSuggestions = (message: string): string => message.replace(/ ?Did you mean [^?]*\?/g, '');
