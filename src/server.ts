import cors from '@fastify/cors';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { clientAddress, proxyTrust } from './client-address.js';
import { Connections } from './connections.js';
import { newestMigration } from './entities/migrate.js';
import { openApplication, type Wiring } from './application-wiring.js';
import { Admission } from './resolvers/admission/admission.js';
import { CostBucket } from './resolvers/admission/cost-bucket.js';
import { allResolvers } from './resolvers/all-resolvers.js';
import { readWhatWasBrought } from './resolvers/brought.js';
import { Execution } from './resolvers/transport/execution.js';
import { FanOut } from './resolvers/transport/fan-out.js';
import { Gate } from './resolvers/transport/gate.js';
import { serveGraphqlOverEvents } from './resolvers/transport/graphql-events.js';
import { serveGraphqlOverHttp } from './resolvers/transport/graphql-http.js';
import { serveRecordFiles } from './resolvers/transport/record-files.js';
import { noteRevelations } from './resolvers/revealing.js';
import { serveFileTransfers } from './resolvers/transport/file-transfers.js';
import { GraphqlSockets } from './resolvers/transport/graphql-sockets.js';
import { serveMetrics } from './resolvers/transport/metrics.js';
import { OpenSockets } from './resolvers/transport/open-sockets.js';
import { buildApiSchema } from './schema/build-schema.js';
import type { Application } from './services/application.js';
import { sql } from './services/database.js';
import { newId } from './services/ids.js';
import { SocketLeases } from './services/presence/socket-leases.js';
import { startDeliveries } from './services/jobs/deliver-alerts.js';
import { startAlerts } from './services/jobs/evaluate-alerts.js';
import { startJobs } from './services/jobs/start-jobs.js';

export interface RunningServer {
  /** Where it listens, `http://host:port`. */
  url: string;
  app: Application;
  /** Finishes what is under way, asks sockets to go elsewhere, and lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Starts a node: GraphQL over HTTP and WebSocket, health, and the sweeps.
 * @throws Error when it cannot listen, or must not start: with keys that are not its own, or where files are out of reach.
 */
export async function startServer(wiring: Wiring): Promise<RunningServer> {
  const { config, log } = wiring;
  const { limits } = config;
  const app = await openApplication(wiring);
  try {
    await app.attachments.files.check();
  } catch (error) {
    await app.close();
    throw error;
  }
  const schema = await buildApiSchema(allResolvers);
  readWhatWasBrought(schema);
  noteRevelations(schema);
  const { metrics } = app;
  const execution = new Execution(schema, wiring.compilesOperations, metrics);
  const gate = new Gate(
    app,
    new Admission(schema, limits),
    new CostBucket({ now: app.now, capacity: limits.costBucketPoints, pointsPerSecond: limits.costRefillPerSecond }),
    config.introspection,
    metrics,
  );
  const http = fastify({
    loggerInstance: log,
    // One line a request, when it is answered, is written below.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => newId(),
    bodyLimit: limits.maxBodyBytes,
    trustProxy: proxyTrust(config.trustProxy),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  }) as unknown as FastifyInstance;
  // Nothing here takes text, and it is what a page of another origin can send without being asked.
  http.removeContentTypeParser('text/plain');
  let draining = false;

  await http.register(cors, {
    origin: config.allowedOrigins,
    // PUT is how files are uploaded.
    methods: ['GET', 'HEAD', 'POST', 'PUT'],
    exposedHeaders: ['x-request-id', 'x-cost-requested', 'x-cost-remaining'],
  });
  http.addHook('onSend', async (_request, reply) => {
    // A connection kept for later would hold the end up until it is idle for long enough.
    if (draining) reply.header('connection', 'close');
  });
  http.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
  http.get('/healthz', async () => ({ status: 'ok' }));
  http.get('/readyz', async (_request, reply) => {
    const checks = { ...(await readiness(app)), draining };
    const ready = checks.database && checks.migrations && !draining;
    // Without the bus everything works, only later, and without files all else: taking every node out because of one would
    // be the real outage.
    const status = !ready ? 'not ready' : checks.bus && checks.files ? 'ready' : 'degraded';
    return reply.status(ready ? 200 : 503).send({ status, ...checks });
  });
  await serveRecordFiles(http, { app, gate });
  await serveGraphqlOverHttp(http, { gate, execution, requestTimeoutMs: limits.requestTimeoutMs });

  await serveFileTransfers(http, app);
  if (config.ide) {
    // Loaded only where it is wanted.
    const { serveIde } = await import('./resolvers/transport/ide.js');
    await serveIde(http, config.publicUrl, wiring.ideVariables ?? {});
  }

  const leases = new SocketLeases(app);
  const open = new OpenSockets(leases, limits.wsMaxSocketsPerPrincipal);
  metrics.watch({ app, liveConnections: () => open.size });
  serveMetrics(http, metrics, config.metricsToken);
  const fanOut = new FanOut(execution, metrics.streams);
  const events = await serveGraphqlOverEvents(http, { app, gate, execution, fanOut, open });

  const connections = new Connections(http.server);
  let url = '';
  const sockets = new GraphqlSockets(http.server, {
    app,
    gate,
    execution,
    fanOut,
    open,
    limits: {
      maxOperations: limits.wsMaxOperations,
      maxFrameBytes: limits.wsMaxFrameBytes,
      pingMs: limits.wsPingMs,
      stuckMs: limits.wsStuckMs,
    },
    allowsOrigin: (origin) => config.allowedOrigins.includes(origin) || origin === (config.publicUrl ?? url),
    addressOf: clientAddress(config.trustProxy),
  });
  let jobs: { stop(): Promise<void> } | undefined;
  const alerts: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    draining = true;
    await Promise.all([jobs?.stop(), ...alerts.map((job) => job.stop())]);
    await sockets.drain(limits.drainSeconds);
    events.drain();
    await connections.quiet();
    const closed = http.close();
    connections.closeUnused();
    await closed;
    await leases.settle();
    await app.close();
  };
  try {
    url = await http.listen({ host: config.host, port: config.port });
    app.exports.publicUrl = config.publicUrl ?? url;
    jobs = startJobs(app, leases, config.checkpointSeconds);
    if (wiring.evaluatesAlerts ?? true) alerts.push(await startAlerts(app), startDeliveries(app));
    return { url, app, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether what a node needs is there: the database, at the newest migration, the bus, and where files are. */
async function readiness(
  app: Application,
): Promise<{ database: boolean; migrations: boolean; bus: boolean; files: boolean }> {
  const bus = app.bus.healthy();
  const files = await app.attachments.files.reachable();
  try {
    const rows = await app.db.rows(sql`select 1 as found from mikro_orm_migrations where name = ${newestMigration}`);
    return { database: true, migrations: rows.length > 0, bus, files };
  } catch {
    return { database: false, migrations: false, bus, files };
  }
}
