import type { FastifyInstance } from 'fastify';
import type { Application } from '../../services/application.js';
import { AppError } from '../../services/errors.js';
import type { ErrorCode } from '../../services/error-codes.js';
import { downloadExport } from '../../services/exports/download-export.js';
import { formatError } from '../errors.js';
import { originOf } from './graphql-http.js';

const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNAVAILABLE: 503,
};

/** Serves the files of exports by their links. */
export function serveExportDownloads(server: FastifyInstance, app: Application): void {
  server.get<{ Params: { id: string }; Querystring: { token?: string | string[] } }>(
    '/exports/:id',
    // A request for the headers alone would be a download on the record that never was one.
    { exposeHeadRoute: false },
    async (request, reply) => {
      const { token } = request.query;
      try {
        const file = await downloadExport(app, originOf(request), request.params.id, String(token ?? ''));
        return await reply
          .header('cache-control', 'no-store')
          .header('content-disposition', `attachment; filename="${file.name}"`)
          .header('content-length', file.bytes)
          .header('repr-digest', `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`)
          .header('x-content-type-options', 'nosniff')
          .header('x-request-id', request.id)
          .type(file.mediaType)
          .send(file.contents);
      } catch (error) {
        const formatted = formatError(error, request.id, app.log);
        const status = error instanceof AppError ? statuses[error.code] : undefined;
        return reply
          .status(status ?? 500)
          .header('cache-control', 'no-store')
          .header('x-request-id', request.id)
          .send({ errors: [formatted] });
      }
    },
  );
}
