import { createHash, timingSafeEqual } from 'node:crypto';
import type { OperationTypeNode } from 'graphql';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../../services/error-codes.js';
import type { Application } from '../../services/application.js';

export interface MetricsSources {
  app: Application;
  /** How many WebSockets and event streams are open on this node. */
  liveConnections: () => number;
}

/** What a node counts of itself, as Prometheus reads it. Labels are of closed lists: none is of a caller or workspace. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #operations = new Counter({
    name: 'verbatim_operations_total',
    help: 'Operations by type, and by the code of their first error or OK; "refused" is before execution.',
    labelNames: ['type', 'code'] as const,
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: 'verbatim_operation_seconds',
    help: 'How long queries and mutations took to execute.',
    labelNames: ['type'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });

  /** A query or mutation was executed. */
  executed(type: `${OperationTypeNode}`, code: ErrorCode | 'OK', seconds: number): void {
    this.#operations.inc({ type, code });
    this.#seconds.observe({ type }, seconds);
  }

  /** An operation was refused before it was executed. */
  refused(code: ErrorCode): void {
    this.#operations.inc({ type: 'refused', code });
  }

  /** Looks at these whenever somebody asks. */
  watch({ app, liveConnections }: MetricsSources): void {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const live: Gauge = new Gauge({
      name: 'verbatim_live_connections',
      help: 'WebSockets and event streams that are open on this node.',
      registers,
      collect: () => live.set(liveConnections()),
    });
    const connections = new Gauge({
      name: 'verbatim_database_connections',
      help: 'Connections to PostgreSQL, by pool and state; "waiting" are statements that wait for one.',
      labelNames: ['pool', 'state'] as const,
      registers,
      collect: () => {
        for (const { pool, ...states } of app.db.load()) {
          for (const [state, count] of Object.entries(states)) connections.set({ pool, state }, count);
        }
      },
    });
    const bus: Gauge = new Gauge({
      name: 'verbatim_bus_healthy',
      help: '1 while the bus carries words between nodes, 0 while events are found by comparison.',
      registers,
      collect: () => bus.set(app.bus.healthy() ? 1 : 0),
    });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

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
