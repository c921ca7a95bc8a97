import type { IncomingMessage, Server } from 'node:http';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { makeServer, type Context, type ServerOptions } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Application, RequestOrigin } from '../../services/application.js';
import { AppError } from '../../services/errors.js';
import { newId } from '../../services/ids.js';
import type { Principal } from '../../services/principal.js';
import type { AdmittedOperation } from '../admission/admission.js';
import type { Caller } from '../context.js';
import { formatError } from '../errors.js';
import { refuseRevelations } from '../revealing.js';
import type { Execution } from './execution.js';
import type { FanOut } from './fan-out.js';
import { Backlog, OperationOutlet } from './backlog.js';
import type { Gate } from './gate.js';
import { Heartbeat } from './heartbeat.js';
import type { OpenSockets } from './open-sockets.js';
import { Openings } from './openings.js';
import { SocketRate } from './socket-rate.js';
import { closeCodes, SocketSession } from './socket-session.js';
import { Watch } from './watch.js';

const PROTOCOL = 'graphql-transport-ws';
const INIT_TIMEOUT_MS = 3_000;
/** All sockets are looked at so often at the most, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

export interface SocketLimits {
  maxOperations: number;
  maxFrameBytes: number;
  pingMs: number;
  /** How long nothing may leave before a socket is closed as stuck. */
  stuckMs: number;
}

export interface SocketOptions {
  app: Application;
  gate: Gate;
  execution: Execution;
  fanOut: FanOut;
  open: OpenSockets;
  limits: SocketLimits;
  /** Whether a browser's page of this origin may connect. */
  allowsOrigin: (origin: string) => boolean;
  /** The address behind a connection. */
  addressOf: (request: IncomingMessage) => string | null;
}

interface Extra {
  socket: WebSocket;
  backlog: Backlog;
  openings: Openings;
  origin: RequestOrigin;
  fromBrowser: boolean;
  caller?: Caller & { principal: Principal };
  session?: SocketSession;
}

/** An operation that was let in. */
interface Begun {
  extra: Extra;
  operation: AdmittedOperation;
  id: string;
}

type Ctx = Context<Record<string, unknown>, Extra>;

/** Serves GraphQL over WebSocket, protocol graphql-transport-ws, on `/graphql`. */
export class GraphqlSockets {
  readonly #server: WebSocketServer;
  readonly #watch: Watch;
  #draining = false;

  constructor(
    http: Server,
    private readonly options: SocketOptions,
  ) {
    const { limits, allowsOrigin } = options;
    this.#watch = new Watch(Math.min(LOOK_EVERY_MS, limits.pingMs / 4, limits.stuckMs / 4));
    this.#server = new WebSocketServer({
      server: http,
      path: '/graphql',
      // A context of the compression would cost more than all the rest of a socket.
      perMessageDeflate: false,
      maxPayload: limits.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
      verifyClient: ({ origin }: { origin?: string }, decide) => {
        // Whoever was just sent away connects again at once, and must not be waited for.
        if (this.#draining) return decide(false, 503, 'Restarting');
        return origin && !allowsOrigin(origin) ? decide(false, 403, 'This origin may not connect') : decide(true);
      },
    });
    // Faults of the HTTP server below, such as a port that is taken; who started it hears of them.
    this.#server.on('error', (error) => options.app.log.debug({ err: error }, 'the HTTP server failed'));
    const protocol = makeServer<Record<string, unknown>, Extra>(this.#protocol());
    this.#server.on('connection', (socket, request) => this.#accept(protocol, socket, request));
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Asks every client to connect elsewhere, spread over `seconds`, and takes no new one. */
  async drain(seconds: number): Promise<void> {
    this.#draining = true;
    const clients = [...this.#server.clients];
    const pause = clients.length < 2 ? 0 : (seconds * 1000) / (clients.length - 1);
    const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
    for (const [index, client] of clients.entries()) {
      if (index > 0 && pause >= 1) await new Promise((resolve) => setTimeout(resolve, pause));
      client.close(closeCodes.DRAINING, 'Restarting');
    }
    // Whoever does not answer the close is cut off.
    const cutOff = setTimeout(() => clients.forEach((client) => client.terminate()), 1_000);
    await Promise.all(closed);
    clearTimeout(cutOff);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#watch.stop();
  }

  #accept(
    protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
    socket: WebSocket,
    request: IncomingMessage,
  ): void {
    const { app, limits, addressOf, open } = this.options;
    const rate = new SocketRate(app.now().getTime());
    const backlog = new Backlog(socket, request.socket, limits.stuckMs);
    const heartbeat = new Heartbeat(socket, limits.pingMs);
    this.#watch.add(backlog);
    this.#watch.add(heartbeat);
    const extra: Extra = {
      socket,
      backlog,
      openings: new Openings(),
      origin: { id: newId(), ipAddress: addressOf(request), userAgent: request.headers['user-agent'] ?? null },
      fromBrowser: request.headers.origin !== undefined,
    };
    // Nothing to do but to let it close: ws reports frames that are too large or malformed here too.
    socket.on('error', (error) => app.log.debug({ err: error, requestId: extra.origin.id }, 'a socket failed'));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the frame has left: what makes a slow reader stop its own streams.
        send: (frame) => backlog.say(frame),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (message) => {
            if (!rate.take(app.now().getTime())) return socket.close(closeCodes.ABUSE, 'Too many messages');
            receive(String(message)).catch((error: unknown) => {
              app.log.error({ err: error, requestId: extra.origin.id }, 'a message of a socket could not be handled');
              socket.close(4500, 'Internal server error');
            });
          }),
      },
      extra,
    );
    socket.once('close', (code, reason) => {
      // Whoever takes nothing does not answer the close either.
      app.metrics.socketClosed(backlog.isStuck ? closeCodes.TRY_AGAIN : code);
      this.#watch.delete(backlog);
      this.#watch.delete(heartbeat);
      extra.session?.end();
      if (extra.caller) open.leave(extra.caller.principal);
      void closed(code, String(reason));
    });
  }

  #protocol(): ServerOptions<Record<string, unknown>, Extra> {
    const { app, gate, execution, fanOut, limits } = this.options;
    return {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onConnect: (ctx) => this.#connect(ctx),
      onSubscribe: (ctx, id, payload) => {
        if (Object.keys(ctx.subscriptions).length > limits.maxOperations) {
          ctx.extra.socket.close(closeCodes.TOO_MANY, 'Too many operations');
          return [new GraphQLError('Too many operations')];
        }
        try {
          const { operation } = gate.admit(payload, ctx.extra.caller!, ctx.extra.origin);
          const { document, operationName, variables } = operation;
          if (operation.operation.operation === 'subscription') refuseRevelations(execution.schema, document);
          // The text is kept once, with the document: the message lives as long as its operation.
          Object.assign(payload, { query: '' });
          const contextValue: Begun = { extra: ctx.extra, operation, id };
          ctx.extra.openings.begin(id, contextValue);
          return { schema: execution.schema, document, operationName, variableValues: variables, contextValue };
        } catch (error) {
          return [asGraphqlError(error)];
        }
      },
      execute: (args) =>
        this.#answering(args, async ({ extra, operation }) => {
          const caller = { principal: await app.principals.current(extra.caller!.principal) };
          return execution.run(operation, gate.context(caller, { ...extra.origin, id: newId() }));
        }),
      subscribe: (args) =>
        this.#answering(args, async ({ extra, operation, id }) => {
          const caller = { principal: await app.principals.current(extra.caller!.principal) };
          const context = gate.context(caller, { ...extra.origin, id: newId() });
          return fanOut.open({ operation, outlet: new OperationOutlet(extra.backlog, id) }, context);
        }),
      // Results are formatted already; the default would format them again.
      onNext: (_ctx, _id, _payload, _args, result) => result as never,
      onError: (ctx, _id, _payload, errors) => {
        const formatted = errors.map((error): GraphQLFormattedError =>
          formatError(error, ctx.extra.origin.id, app.log),
        );
        if (formatted.some((error) => error.extensions?.['code'] === 'UNAUTHENTICATED'))
          void ctx.extra.session?.check();
        return formatted as never;
      },
    };
  }

  /** What fails before anything is executed is an answer too, and the socket goes on. */
  async #answering(args: { contextValue?: unknown }, work: (of: Begun) => Promise<object>): Promise<never> {
    const of = args.contextValue as Begun;
    const answer = await work(of).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') void of.extra.session?.check();
      return { errors: [formatError(error, of.extra.origin.id, this.options.app.log)] };
    });
    if (of.extra.openings.isCurrent(of.id, of)) return answer as never;
    // Another operation has its id by now: whatever was said of this one would be taken for that one's.
    if (Symbol.asyncIterator in answer) await (answer as AsyncGenerator).return(undefined);
    return new Promise(() => {});
  }

  async #connect(ctx: Ctx): Promise<boolean | Record<string, unknown>> {
    const { app, gate, open } = this.options;
    const { extra } = ctx;
    const authorization = ctx.connectionParams?.['authorization'] ?? ctx.connectionParams?.['Authorization'];
    // Needed once; the socket may stay for days.
    delete (ctx as { connectionParams?: unknown }).connectionParams;
    const caller = await gate.identify(typeof authorization === 'string' ? authorization : undefined, extra.origin);
    if ('refusal' in caller) {
      extra.socket.close(...closingFor(caller.refusal));
      return false;
    }
    // Closed while the credential was being checked: nobody is left to count.
    if (extra.socket.readyState !== extra.socket.OPEN) return false;
    if (!open.enter(caller.principal)) {
      extra.socket.close(closeCodes.TOO_MANY, 'Too many sockets');
      return false;
    }
    extra.caller = caller;
    extra.session = new SocketSession(app, extra.socket, caller.principal);
    return {};
  }
}

/** How a socket ends whose credential was not accepted; one that could not be checked may be tried again. */
function closingFor(refusal: Error): [code: number, reason: string] {
  if (!(refusal instanceof AppError) || refusal.code !== 'UNAUTHENTICATED') {
    return [closeCodes.TRY_AGAIN, 'Try again later'];
  }
  return refusal.details['expired'] === true
    ? [closeCodes.EXPIRED, 'Token expired']
    : [closeCodes.REVOKED, 'Unauthenticated'];
}

const asGraphqlError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError((error as Error).message, { originalError: error as Error });
