import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Application } from '../../services/application.js';
import { AppError } from '../../services/errors.js';
import type { AdmittedOperation } from '../admission/admission.js';
import type { Caller } from '../context.js';
import { formatError } from '../errors.js';
import { refuseRevelations } from '../revealing.js';
import type { Execution, FormattedResult } from './execution.js';
import type { FanOut } from './fan-out.js';
import type { Gate } from './gate.js';
import { originOf, readOperation, refuse, refuseForgeable } from './graphql-http.js';
import type { OpenSockets } from './open-sockets.js';
import { SocketSession } from './socket-session.js';

/** A comment is sent so often, so that no proxy takes a quiet stream for a dead one, in milliseconds. */
const HEARTBEAT_MS = 15_000;

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
  const bodies = new Set<EventBody>();
  await server.register(async (scope) => {
    scope.setErrorHandler((error: AppError, request, reply) => refuse(error, request, reply));
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql/stream',
      handler: (request, reply) => stream(request, reply, options, bodies),
    });
  });
  return {
    drain: () => {
      for (const body of bodies) body.end();
    },
  };
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  options: EventStreamOptions,
  bodies: Set<EventBody>,
): Promise<FastifyReply> {
  const { app, gate, execution, open } = options;
  refuseForgeable(request);
  const caller = await gate.identify(request.headers.authorization);
  if ('refusal' in caller) throw caller.refusal;
  const { operation } = gate.admit(readOperation(request), caller, originOf(request));
  if (operation.operation.operation === 'subscription') refuseRevelations(execution.schema, operation.document);
  if (!open.enter(caller.principal)) {
    throw new AppError('RATE_LIMITED', 'You have too many live connections.', { retryAfterSeconds: 30 });
  }
  let frames: Frames;
  try {
    frames = await openFrames(request, caller, operation, options);
  } catch (error) {
    open.leave(caller.principal);
    throw error;
  }
  const body = new EventBody(frames, (error) => formatError(error, request.id, app.log));
  const session = new SocketSession(app, { close: () => body.end() }, caller.principal);
  request.raw.socket.once('close', () => body.end());
  bodies.add(body);
  void body.ended.then(() => {
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
      .send(Readable.from(body.chunks(), { objectMode: false, highWaterMark: 1 }))
  );
}

type Frames = AsyncGenerator<FormattedResult, void, void>;

async function openFrames(
  request: FastifyRequest,
  caller: Caller & { principal: unknown },
  operation: AdmittedOperation,
  { app, gate, execution, fanOut }: EventStreamOptions,
): Promise<Frames> {
  const origin = originOf(request);
  const context = gate.context(caller, origin);
  if (operation.operation.operation !== 'subscription') return single(await execution.run(operation, context));
  const freshContext = async () =>
    gate.context({ principal: await app.principals.current(context.call.principal) }, origin);
  const opened = await fanOut.open({ operation, context, freshContext });
  return Symbol.asyncIterator in opened ? opened : single(opened);
}

async function* single(result: FormattedResult): Frames {
  yield result;
}

/** The bytes of a stream of server-sent events: a frame when there is one, a comment when there has long been none. */
class EventBody {
  readonly ended: Promise<void>;
  #end!: () => void;
  #over = false;

  constructor(
    private readonly frames: Frames,
    private readonly format: (error: unknown) => unknown,
  ) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Ends the stream, also while it waits. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#end();
    void this.frames.return();
  }

  async *chunks(): AsyncGenerator<string, void, void> {
    try {
      let next = this.frames.next();
      for (;;) {
        const result = await Promise.race([next, heartbeat(this.ended)]);
        if (result === 'heartbeat') {
          yield ':\n\n';
        } else if (result === 'ended') {
          // Cut off, not completed: the client connects again and goes on from its cursor.
          return;
        } else if (result.done) {
          break;
        } else {
          yield event('next', JSON.stringify(result.value));
          next = this.frames.next();
        }
      }
    } catch (error) {
      yield event('next', JSON.stringify({ errors: [this.format(error)] }));
    } finally {
      this.end();
    }
    yield event('complete', '');
  }
}

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;

async function heartbeat(ended: Promise<void>): Promise<'heartbeat' | 'ended'> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<'heartbeat'>((resolve) => {
    timer = setTimeout(() => resolve('heartbeat'), HEARTBEAT_MS);
    timer.unref();
  });
  try {
    return await Promise.race([beat, ended.then(() => 'ended' as const)]);
  } finally {
    clearTimeout(timer);
  }
}
