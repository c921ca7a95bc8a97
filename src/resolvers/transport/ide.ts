import { randomBytes } from 'node:crypto';
import serveStatic from '@fastify/static';
import { getDistDirectory, isSandboxFrame, renderAltair } from 'altair-static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { openFirstTab, pageOptions, type IdeVariables } from '../ide/page.js';

/** Stands in the page that is rendered once, for the nonce of each answer. */
const NONCE = 'nonce-of-this-answer';

/**
 * Serves a GraphQL IDE on `/` to browsers, and its files below `/ide/`. It asks nobody but this server.
 * To whoever does not ask for HTML there is nothing on `/`.
 * @param publicUrl where callers reach the server; null = where it listens.
 * @param variables what its environment begins with: readable by whoever reaches the server.
 */
export async function serveIde(
  server: FastifyInstance,
  publicUrl: string | null,
  variables: IdeVariables,
): Promise<void> {
  const page = renderAltair({ ...pageOptions(publicUrl, variables), cspNonce: NONCE })
    .replace('<title>Altair</title>', '<title>Verbatim</title>')
    .replace('</body>', () => `<script type="module" nonce="${NONCE}">${openFirstTab}</script></body>`);
  server.get('/', async (request, reply) => {
    if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return reply.callNotFound();
    const nonce = randomBytes(18).toString('base64');
    protect(reply);
    return reply
      .header('content-security-policy', policy(nonce))
      .header('cache-control', 'no-store')
      .header('vary', 'accept, origin')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(NONCE, nonce));
  });
  await server.register(serveStatic, {
    root: getDistDirectory(),
    prefix: '/ide/',
    index: false,
    decorateReply: false,
    // A frame that evaluates scripts, and the page without its policy: neither is needed.
    allowedPath: (path) => !isSandboxFrame(path) && !path.endsWith('.html'),
    setHeaders: (reply) => protect(reply).header('content-security-policy', "default-src 'none'"),
  });
}

/** What holds for every answer of the IDE. */
const protect = (reply: FastifyReply): FastifyReply =>
  reply
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    // No page of another origin may load it as a script or hold its window.
    .header('cross-origin-resource-policy', 'same-origin')
    .header('cross-origin-opener-policy', 'same-origin');

const SHEETS_WITHOUT_NONCE = [
  "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "'sha256-KEusrVhJr9hIBdaMJvOVaP+WWz8kc3DCY43CCLLIGfY='",
  "'sha256-yk9i/VlAiCewfGAOHBXDc9YkttDeM+lHMEWQuZFElGM='",
].join(' ');

/** Whatever is not named here is refused by the browser, a script of another host and a request to one above all. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    // The hashes are of the only sheets that Altair adds without the nonce: one that is empty, and two of its components.
    `style-src 'self' 'nonce-${nonce}' ${SHEETS_WITHOUT_NONCE}`,
    // Its components set attributes of style.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
