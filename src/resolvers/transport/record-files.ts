import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Application, Call } from '../../services/application.js';
import type { ErrorCode } from '../../services/error-codes.js';
import { AppError, notFound } from '../../services/errors.js';
import { readTileFile } from '../../services/record/read-files.js';
import { findCheckpoint } from '../../services/record/read-proofs.js';
import { formatError } from '../errors.js';
import type { Gate } from './gate.js';
import { originOf } from './graphql-http.js';

/** Points of one file: some of the rows of a page. */
const FILE_COST = 50;
/**
 * A file of one epoch never changes, but the next epoch has files of the same names: an hour later whoever follows has
 * those. Only for the caller: what it tells is for who may read the record.
 */
const CACHED = 'private, max-age=3600';

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  VALIDATION_FAILED: 400,
  RECORD_INCONSISTENT: 409,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
};

/**
 * Serves each workspace's log as C2SP tlog-tiles lays it out, `/record/<workspace id>/checkpoint` and
 * `/record/<workspace id>/tile/…`, so that tools that know nothing of this API can follow it.
 */
export async function serveRecordFiles(
  server: FastifyInstance,
  { app, gate }: { app: Application; gate: Gate },
): Promise<void> {
  const callOf = async (request: FastifyRequest): Promise<Call> => {
    const origin = originOf(request);
    const caller = await gate.identify(request.headers.authorization, origin);
    if ('refusal' in caller) throw caller.refusal;
    const { principal } = caller;
    gate.charge(principal, origin, FILE_COST);
    const { workspaceId } = request.params as { workspaceId: string };
    if (workspaceId !== principal.workspaceId) throw notFound('record');
    return { app, principal, request: origin };
  };
  await server.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => refuse(error, request, reply, app));
    scope.addHook('onRequest', async (request, reply) => {
      void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    });
    scope.get('/record/:workspaceId/checkpoint', async (request, reply) => {
      const { note } = await findCheckpoint(await callOf(request), null);
      return reply.header('cache-control', 'private, no-cache').type('text/plain; charset=utf-8').send(note);
    });
    scope.get('/record/:workspaceId/tile/*', async (request, reply) => {
      const { '*': rest } = request.params as { '*': string };
      const bytes = await readTileFile(await callOf(request), `tile/${rest}`);
      return reply.header('cache-control', CACHED).type('application/octet-stream').send(bytes);
    });
  });
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, app: Application): FastifyReply {
  const formatted = formatError(error, request.id, app.log);
  const status = statusOfCode[formatted.extensions!['code'] as ErrorCode] ?? 500;
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  const seconds = error instanceof AppError ? error.details['retryAfterSeconds'] : undefined;
  if (seconds !== undefined) void reply.header('retry-after', String(seconds));
  return reply
    .status(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [formatted] }));
}
