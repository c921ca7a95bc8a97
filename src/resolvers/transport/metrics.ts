import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../../services/metrics/metrics.js';

/** Serves `/metrics` to who has the token; without one, to this machine alone. To everybody else there is none. */
export function serveMetrics(server: FastifyInstance, metrics: Metrics, token: string | null): void {
  server.get('/metrics', { exposeHeadRoute: false }, async (request, reply) => {
    if (!mayRead(request, token))
      return reply.status(404).header('cache-control', 'no-store').send({ status: 'not found' });
    const text = await metrics.text();
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
  });
}

function mayRead({ headers, raw }: FastifyRequest, token: string | null): boolean {
  if (token !== null) return same(headers.authorization ?? '', `Bearer ${token}`);
  // A proxy on this machine is local, and who is behind it is not.
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  return /^(?:127\.|::1$|::ffff:127\.)/.test(raw.socket.remoteAddress ?? '');
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
