import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { downloadAttachment } from '../../services/attachments/download-attachment.js';
import { receiveUpload } from '../../services/attachments/receive-upload.js';
import type { Application } from '../../services/application.js';
import { AppError, unavailable } from '../../services/errors.js';
import type { ErrorCode } from '../../services/error-codes.js';
import { downloadExport } from '../../services/exports/download-export.js';
import type { Download } from '../../services/files/download.js';
import { formatError } from '../errors.js';
import { originOf } from './graphql-http.js';

const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  VALIDATION_FAILED: 400,
  LIMIT_EXCEEDED: 413,
  UNAVAILABLE: 503,
};

/** Uploads of this process at once. */
const MAX_UPLOADS = 64;
/** For how long nothing may come of an upload, and for how long it may take, in milliseconds. */
const SILENCE_MS = 30_000;
const UPLOAD_MS = 900_000;

interface Linked {
  Params: { id: string };
  Querystring: { token?: string | string[] };
}

/** Serves the files that are fetched and put by links: exports, and the files of messages. */
export async function serveFileTransfers(server: FastifyInstance, app: Application): Promise<void> {
  serveDownloads(server, app, '/exports/:id', downloadExport);
  serveDownloads(server, app, '/attachments/:id', downloadAttachment);
  await server.register(async (scope) => {
    // The body is the file, whatever it is said to be: it is read as it comes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    let open = 0;
    scope.put<Linked>('/uploads/:id', async (request, reply) => {
      const { token } = request.query;
      open += 1;
      const bounded = boundedBody(request);
      try {
        if (open > MAX_UPLOADS) throw unavailable('Too many files are being uploaded. Try again.');
        const received = await receiveUpload(
          app,
          originOf(request),
          request.params.id,
          String(token ?? ''),
          bounded.body,
        );
        return await reply
          .status(201)
          .header('cache-control', 'no-store')
          .header('x-request-id', request.id)
          .send(received);
      } catch (error) {
        // What has not been read of the body is not waited for.
        return refuse(error, request, reply.header('connection', 'close'), app);
      } finally {
        bounded.end();
        open -= 1;
      }
    });
  });
}

/** The body of a request, which ends with an error when nothing comes, or when it takes too long. */
function boundedBody({ raw }: FastifyRequest): { body: AsyncIterable<Buffer>; end: () => void } {
  const cut = () => raw.destroy(unavailable('The upload was too slow.'));
  const whole = setTimeout(cut, UPLOAD_MS);
  let silence = setTimeout(cut, SILENCE_MS);
  const body = async function* (): AsyncGenerator<Buffer> {
    // Whoever is refused before they have sent everything is told why, and not cut off.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      clearTimeout(silence);
      silence = setTimeout(cut, SILENCE_MS);
      yield chunk as Buffer;
    }
  };
  return {
    body: body(),
    end: () => {
      clearTimeout(whole);
      clearTimeout(silence);
    },
  };
}

type Opens = (app: Application, origin: ReturnType<typeof originOf>, id: string, token: string) => Promise<Download>;

function serveDownloads(server: FastifyInstance, app: Application, path: string, open: Opens): void {
  server.get<Linked>(
    path,
    // A request for the headers alone would be a download on the record that never was one.
    { exposeHeadRoute: false },
    async (request, reply) => {
      const { token } = request.query;
      try {
        const file = await open(app, originOf(request), request.params.id, String(token ?? ''));
        return await reply
          .header('cache-control', 'no-store')
          .header('content-disposition', attachmentNamed(file.name))
          .header('content-length', file.bytes)
          .header('content-security-policy', "default-src 'none'; sandbox")
          .header('repr-digest', `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`)
          .header('x-content-type-options', 'nosniff')
          .header('x-request-id', request.id)
          .type(file.mediaType)
          .send(file.contents);
      } catch (error) {
        return refuse(error, request, reply, app);
      }
    },
  );
}

/** To be saved, never shown, under its name: RFC 6266, the plain form for who does not know the other. */
function attachmentNamed(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  if (plain === name) return `attachment; filename="${name}"`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, app: Application): FastifyReply {
  const formatted = formatError(error, request.id, app.log);
  const status = error instanceof AppError ? statuses[error.code] : undefined;
  return reply
    .status(status ?? 500)
    .header('cache-control', 'no-store')
    .header('x-request-id', request.id)
    .send({ errors: [formatted] });
}
