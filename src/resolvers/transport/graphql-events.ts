import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Application } from '../../services/application.js';
import { AppError, unavailable } from '../../services/errors.js';
import type { AdmittedOperation } from '../admission/admission.js';
import type { Caller } from '../context.js';
import { formatError } from '../errors.js';
import { refuseRevelations } from '../revealing.js';
import { EventBody } from './event-body.js';
import type { Execution, FormattedResult } from './execution.js';
import type { FanOut } from './fan-out.js';
import type { Gate } from './gate.js';
import { originOf, readOperation, refuse, refuseForgeable, refuseOtherEncodings } from './graphql-http.js';
import type { OpenSockets } from './open-sockets.js';
import { SocketSession } from './socket-session.js';

export interface EventStreamOptions {
  app: Application;
  gate: Gate;
  execution: Execution;
  fanOut: FanOut;
  open: OpenSockets;
}

/**
 * Serves operations as server-sent events on `/graphql/stream`, for who cannot use WebSockets: the GraphQL over SSE
 * protocol with one connection an operation. Everything else is as over WebSocket.
 */
export async function serveGraphqlOverEvents(
  server: FastifyInstance,
  options: EventStreamOptions,
): Promise<{ drain(): void }> {
  const bodies = new OpenBodies();
  await server.register(async (scope) => {
    scope.setErrorHandler((error: AppError, request, reply) => refuse(error, request, reply));
    scope.addHook('onRequest', async (request) => refuseOtherEncodings(request));
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql/stream',
      handler: (request, reply) => stream(request, reply, options, bodies),
    });
  });
  return {
    drain: () => bodies.drain(),
  };
}

/** The streams that are open; once the node is going there are no more of them. */
class OpenBodies {
  readonly #open = new Set<EventBody>();
  #draining = false;

  /** @throws AppError UNAVAILABLE while the node is going. */
  refuse(): void {
    if (this.#draining) throw unavailable('This process is restarting. Try again.');
  }

  add(body: EventBody): void {
    this.#open.add(body);
    // Opened while the others were being cut off.
    if (this.#draining) body.cutOff();
  }

  delete(body: EventBody): void {
    this.#open.delete(body);
  }

  drain(): void {
    this.#draining = true;
    for (const body of this.#open) body.cutOff();
  }
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  options: EventStreamOptions,
  bodies: OpenBodies,
): Promise<FastifyReply> {
  const { app, gate, execution, open } = options;
  refuseForgeable(request);
  bodies.refuse();
  const caller = await gate.identify(request.headers.authorization, originOf(request));
  if ('refusal' in caller) throw caller.refusal;
  const { operation } = gate.admit(readOperation(request), caller, originOf(request));
  if (operation.operation.operation === 'subscription') refuseRevelations(execution.schema, operation.document);
  if (!open.enter(caller.principal)) {
    throw new AppError('RATE_LIMITED', 'You have too many live connections.', { retryAfterSeconds: 30 });
  }
  const body = new EventBody(reply.raw, (error) => formatError(error, request.id, app.log));
  let frames: Frames;
  try {
    frames = await openFrames(request, caller, operation, body, options);
  } catch (error) {
    open.leave(caller.principal);
    throw error;
  }
  const session = new SocketSession(app, { close: () => body.cutOff() }, caller.principal);
  request.raw.socket.once('close', () => body.cutOff());
  bodies.add(body);
  void body.pass(frames).then(() => {
    bodies.delete(body);
    session.end();
    open.leave(caller.principal);
  });
  return (
    reply
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      // The end of the stream is the end of the connection, so that a node that goes waits for nobody.
      .header('connection', 'close')
      .header('x-request-id', request.id)
      .type('text/event-stream; charset=utf-8')
      .send(body.bytes)
  );
}

type Frames = AsyncGenerator<FormattedResult, void, void>;

async function openFrames(
  request: FastifyRequest,
  caller: Caller & { principal: unknown },
  operation: AdmittedOperation,
  outlet: EventBody,
  { gate, execution, fanOut }: EventStreamOptions,
): Promise<Frames> {
  const context = gate.context(caller, originOf(request));
  if (operation.operation.operation !== 'subscription') return single(await execution.run(operation, context));
  const opened = await fanOut.open({ operation, outlet }, context);
  return Symbol.asyncIterator in opened ? opened : single(opened);
}

async function* single(result: FormattedResult): Frames {
  yield result;
}
