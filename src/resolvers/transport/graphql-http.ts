import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { GraphQLFormattedError } from 'graphql';
import { errorCodes, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { RequestOrigin } from '../../services/application.js';
import { AppError, invalid } from '../../services/errors.js';
import type { AdmittedOperation } from '../admission/admission.js';
import { MalformedRequest } from '../admission/input.js';
import type { ApiContext } from '../context.js';
import { formatError } from '../errors.js';
import type { Execution, FormattedResult } from './execution.js';
import type { Cost, Gate } from './gate.js';

/** What the steps before Apollo have found out of a request. */
interface Admitted {
  operation: AdmittedOperation;
  cost: Cost;
  context: ApiContext;
}

const admittedRequests = new WeakMap<FastifyRequest, Admitted>();
interface HttpContext {
  admitted: Admitted;
}

const RESPONSE_JSON = 'application/graphql-response+json';

/** From where a request came. */
export const originOf = (request: FastifyRequest): RequestOrigin => ({
  id: request.id,
  ipAddress: request.ip,
  userAgent: request.headers['user-agent'] ?? null,
});

/**
 * Serves GraphQL over HTTP: POST with JSON, GET for queries. Admission comes before Apollo, execution is ours, in
 * between are Apollo's protocol, CSRF prevention and plugins.
 */
export async function serveGraphqlOverHttp(
  server: FastifyInstance,
  { gate, execution, requestTimeoutMs }: { gate: Gate; execution: Execution; requestTimeoutMs: number },
): Promise<void> {
  const apollo = new ApolloServer<HttpContext>({
    schema: execution.schema,
    // Who may ask for the schema is decided at the gate, for every transport alike.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    logger: { debug() {}, info() {}, warn() {}, error: (message) => server.log.error({ apollo: message }) },
    plugins: [
      // The default one walks every answer for hints that nobody gives.
      ApolloServerPluginCacheControlDisabled(),
      fastifyApolloDrainPlugin(server),
      execute(execution, requestTimeoutMs),
    ],
  });
  await apollo.start();

  await server.register(async (scope) => {
    scope.setErrorHandler((error: FastifyError | AppError, request, reply) => refuse(error, request, reply));
    scope.addHook('onRequest', async (request) => refuseOtherEncodings(request));
    scope.addHook('preHandler', async (request) => {
      refuseForgeable(request);
      const origin = originOf(request);
      const caller = await gate.identify(request.headers.authorization, origin);
      const { operation, cost } = gate.admit(readOperation(request), caller, origin);
      if (operation.operation.operation === 'subscription') {
        throw invalid({
          path: 'query',
          message: 'a subscription needs a WebSocket: connect with the protocol graphql-transport-ws',
        });
      }
      if (request.method === 'GET' && operation.operation.operation !== 'query') {
        throw invalid({ path: 'query', message: 'only queries may be sent with GET' });
      }
      admittedRequests.set(request, { operation, cost, context: gate.context(caller, origin) });
    });
    await scope.register(fastifyApollo(apollo), {
      path: '/graphql',
      method: ['GET', 'POST'],
      context: async (request: FastifyRequest) => ({ admitted: admittedRequests.get(request)! }),
    });
  });
}

/** Headers that a page of another origin can only send after the browser has asked this server. */
const PREFLIGHTED = ['apollo-require-preflight', 'x-apollo-operation-name'];

/** Apollo's own check says the same with a code that is not ours, and only after the operation was paid for. */
export function refuseForgeable(request: FastifyRequest): void {
  if (request.method !== 'GET' || PREFLIGHTED.some((name) => request.headers[name])) return;
  throw new AppError(
    'VALIDATION_FAILED',
    'A query sent with GET needs the header "apollo-require-preflight", so that no page of another origin can send it.',
    { fields: [{ path: 'headers', message: 'apollo-require-preflight is missing' }] },
  );
}

/** JSON is UTF-8. Read as that, a body of another encoding would be taken for a text that nobody wrote. */
export function refuseOtherEncodings({ headers }: FastifyRequest): void {
  const type = headers['content-type'];
  const charset = type === undefined ? undefined : /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(type)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(type);
}

/** @throws MalformedRequest when the request is no JSON object, or its variables are no JSON. */
export function readOperation(request: FastifyRequest) {
  if (request.method === 'GET') {
    const { query, operationName, variables } = request.query as Record<string, string | undefined>;
    return { query, operationName, variables: variables === undefined ? undefined : parseVariables(variables) };
  }
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new MalformedRequest('body', 'must be a JSON object with query, and optionally operationName and variables');
  }
  return body as { query: unknown; operationName?: unknown; variables?: unknown };
}

function parseVariables(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedRequest('variables', 'must be JSON');
  }
}

/** Executes in Apollo's place, with our one executor and our one form of errors. */
const execute = (execution: Execution, timeoutMs: number): ApolloServerPlugin<HttpContext> => ({
  async requestDidStart() {
    return {
      async responseForOperation({ contextValue, request }) {
        const { operation, cost, context } = contextValue.admitted;
        const result = await inTime(execution.run(operation, context), timeoutMs, context);
        const headers = new HeaderMap([
          ['x-request-id', context.open.request.id],
          ['x-cost-requested', String(cost.requested)],
          ['x-cost-remaining', String(cost.remaining)],
          ['cache-control', 'no-store'],
        ]);
        const accept = request.http?.headers.get('accept');
        return {
          body: { kind: 'single', singleResult: { ...result, extensions: { cost } } as never },
          http: { headers, status: statusOf(result, accept) },
        };
      },
    };
  },
});

/** Answers UNAVAILABLE when it takes too long; what is still running ends with its own statement's time limit. */
async function inTime(
  result: Promise<FormattedResult>,
  timeoutMs: number,
  context: ApiContext,
): Promise<FormattedResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<FormattedResult>((resolve) => {
    timer = setTimeout(() => {
      const error = new AppError('UNAVAILABLE', `The request took longer than ${timeoutMs} ms.`);
      resolve({ errors: [formatError(error, context.open.request.id, context.open.app.log)] });
    }, timeoutMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * GraphQL over HTTP: `application/graphql-response+json` says by the status whether there is data; the older
 * `application/json` answers 200 whatever the errors, because its readers look at nothing else.
 */
const statusOf = (result: FormattedResult, accept: string | undefined): number =>
  accept?.includes(RESPONSE_JSON) && (result.data === undefined || result.data === null) && result.errors ? 400 : 200;

/** What is no request at all has no answer of GraphQL that could say so, and is told by the status to every reader. */
function statusOfRefusal(
  error: FastifyError | AppError,
  formatted: GraphQLFormattedError,
  accept: string | undefined,
): number {
  if (!(error instanceof AppError)) return error.statusCode ?? 500;
  return error instanceof MalformedRequest ? 400 : statusOf({ errors: [formatted] }, accept);
}

const codeOfStatus: Record<number, { code: 'VALIDATION_FAILED' | 'LIMIT_EXCEEDED'; message: string }> = {
  400: { code: 'VALIDATION_FAILED', message: 'The body is not valid JSON.' },
  413: { code: 'LIMIT_EXCEEDED', message: 'The body is too large.' },
  415: { code: 'VALIDATION_FAILED', message: 'Send application/json in UTF-8.' },
};

/** A refusal before execution, in the same form as every other error. */
export function refuse(error: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error instanceof AppError ? undefined : error.statusCode;
  const known = status === undefined ? undefined : codeOfStatus[status];
  const limit = status === 413 ? { limit: 'bodyBytes', max: request.server.initialConfig.bodyLimit } : {};
  const cause = known ? new AppError(known.code, known.message, limit) : error;
  const { accept } = request.headers;
  const formatted = formatError(cause, request.id, request.log as never);
  return reply
    .status(statusOfRefusal(error, formatted, accept))
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type(accept?.includes(RESPONSE_JSON) ? RESPONSE_JSON : 'application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [formatted] }));
}
