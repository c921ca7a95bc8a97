import type { IncomingMessage, Server } from 'node:http';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { makeServer, type Context, type ServerOptions } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Application, RequestOrigin } from '../../services/application.js';
import { newId } from '../../services/ids.js';
import type { Principal } from '../../services/principal.js';
import type { AdmittedOperation } from '../admission/admission.js';
import type { Caller } from '../context.js';
import { formatError } from '../errors.js';
import type { Execution } from './execution.js';
import type { FanOut } from './fan-out.js';
import type { Gate } from './gate.js';
import { SocketRate } from './socket-rate.js';
import { closeCodes, SocketSession } from './socket-session.js';

const PROTOCOL = 'graphql-transport-ws';
const INIT_TIMEOUT_MS = 3_000;
const PONG_TIMEOUT_MS = 10_000;

export interface SocketLimits {
  maxOperations: number;
  maxSocketsPerPrincipal: number;
  maxFrameBytes: number;
  pingMs: number;
}

export interface SocketOptions {
  app: Application;
  gate: Gate;
  execution: Execution;
  fanOut: FanOut;
  limits: SocketLimits;
  /** Whether a browser's page of this origin may connect. */
  allowsOrigin: (origin: string) => boolean;
  /** The address behind a connection. */
  addressOf: (request: IncomingMessage) => string | null;
}

interface Extra {
  socket: WebSocket;
  origin: RequestOrigin;
  fromBrowser: boolean;
  caller?: Caller & { principal: Principal };
  session?: SocketSession;
}

type Ctx = Context<Record<string, unknown>, Extra>;

/** Serves GraphQL over WebSocket, protocol graphql-transport-ws, on `/graphql`. */
export class GraphqlSockets {
  readonly #server: WebSocketServer;
  readonly #perPrincipal = new Map<string, number>();

  constructor(
    http: Server,
    private readonly options: SocketOptions,
  ) {
    const { limits, allowsOrigin } = options;
    this.#server = new WebSocketServer({
      server: http,
      path: '/graphql',
      maxPayload: limits.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
      verifyClient: ({ origin }: { origin?: string }, decide) =>
        origin && !allowsOrigin(origin) ? decide(false, 403, 'This origin may not connect') : decide(true),
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
    const clients = [...this.#server.clients];
    const pause = clients.length === 0 ? 0 : (seconds * 1000) / clients.length;
    const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
    for (const client of clients) {
      client.close(closeCodes.DRAINING, 'Restarting');
      if (pause >= 1) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    // Whoever does not answer the close is cut off.
    const cutOff = setTimeout(() => clients.forEach((client) => client.terminate()), 1_000);
    await Promise.all(closed);
    clearTimeout(cutOff);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(
    protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
    socket: WebSocket,
    request: IncomingMessage,
  ): void {
    const { app, limits, addressOf } = this.options;
    const rate = new SocketRate(() => app.now().getTime());
    const extra: Extra = {
      socket,
      origin: { id: newId(), ipAddress: addressOf(request), userAgent: request.headers['user-agent'] ?? null },
      fromBrowser: request.headers.origin !== undefined,
    };
    let pong: NodeJS.Timeout | undefined;
    const ping = setInterval(() => {
      socket.ping();
      pong = setTimeout(() => socket.terminate(), PONG_TIMEOUT_MS);
    }, limits.pingMs);
    socket.on('pong', () => clearTimeout(pong));
    // Nothing to do but to let it close: ws reports frames that are too large or malformed here too.
    socket.on('error', (error) => app.log.debug({ err: error, requestId: extra.origin.id }, 'a socket failed'));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the frame has left: what makes a slow reader stop its own streams.
        send: (frame) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            socket.send(frame, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (message) => {
            if (!rate.take()) return socket.close(closeCodes.ABUSE, 'Too many messages');
            receive(String(message)).catch((error: unknown) => {
              app.log.error({ err: error, requestId: extra.origin.id }, 'a message of a socket could not be handled');
              socket.close(4500, 'Internal server error');
            });
          }),
      },
      extra,
    );
    socket.once('close', (code, reason) => {
      clearInterval(ping);
      clearTimeout(pong);
      extra.session?.end();
      if (extra.caller) this.#count(extra.caller.principal, -1);
      void closed(code, String(reason));
    });
  }

  #protocol(): ServerOptions<Record<string, unknown>, Extra> {
    const { app, gate, execution, fanOut, limits } = this.options;
    return {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onConnect: (ctx) => this.#connect(ctx),
      onSubscribe: (ctx, _id, payload) => {
        if (Object.keys(ctx.subscriptions).length > limits.maxOperations) {
          ctx.extra.socket.close(closeCodes.TOO_MANY, 'Too many operations');
          return [new GraphQLError('Too many operations')];
        }
        try {
          const { operation } = gate.admit(payload, ctx.extra.caller!, ctx.extra.origin);
          const { document, operationName, variables } = operation;
          const contextValue = { extra: ctx.extra, operation };
          return { schema: execution.schema, document, operationName, variableValues: variables, contextValue };
        } catch (error) {
          return [asGraphqlError(error)];
        }
      },
      execute: async (args) => {
        const { extra, operation } = contextOf(args);
        const caller = { principal: await app.principals.current(extra.caller!.principal) };
        return execution.run(operation, gate.context(caller, { ...extra.origin, id: newId() })) as never;
      },
      subscribe: async (args) => {
        const { extra, operation } = contextOf(args);
        const origin = { ...extra.origin, id: newId() };
        const freshContext = async () =>
          gate.context({ principal: await app.principals.current(extra.caller!.principal) }, origin);
        return fanOut.open({ operation, context: await freshContext(), freshContext }) as never;
      },
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

  async #connect(ctx: Ctx): Promise<boolean | Record<string, unknown>> {
    const { app, gate, limits } = this.options;
    const { extra } = ctx;
    const authorization = ctx.connectionParams?.['authorization'] ?? ctx.connectionParams?.['Authorization'];
    const caller = await gate.identify(typeof authorization === 'string' ? authorization : undefined);
    if ('refusal' in caller) {
      const expired = (caller.refusal as { details?: { expired?: boolean } }).details?.expired === true;
      extra.socket.close(
        expired ? closeCodes.EXPIRED : closeCodes.REVOKED,
        expired ? 'Token expired' : 'Unauthenticated',
      );
      return false;
    }
    if (this.#count(caller.principal, 1) > limits.maxSocketsPerPrincipal) {
      this.#count(caller.principal, -1);
      extra.socket.close(closeCodes.TOO_MANY, 'Too many sockets');
      return false;
    }
    extra.caller = caller;
    // Closed while the credential was being checked: its close event has passed already.
    if (extra.socket.readyState !== extra.socket.OPEN) {
      this.#count(caller.principal, -1);
      return false;
    }
    extra.session = new SocketSession(app, extra.socket, caller.principal);
    return {};
  }

  #count(principal: Principal, by: 1 | -1): number {
    const key = `${principal.workspaceId}/${principal.kind}/${principal.id}`;
    const count = (this.#perPrincipal.get(key) ?? 0) + by;
    if (count === 0) this.#perPrincipal.delete(key);
    else this.#perPrincipal.set(key, count);
    return count;
  }
}

const contextOf = (args: { contextValue?: unknown }) =>
  args.contextValue as { extra: Extra; operation: AdmittedOperation };

const asGraphqlError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError((error as Error).message, { originalError: error as Error });
