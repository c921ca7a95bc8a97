import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface ApiError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; requestId: string } & Record<string, unknown>;
}

export interface ApiAnswer<T> {
  data?: T | null;
  errors?: ApiError[];
  extensions?: Record<string, unknown>;
}

// What an answer holds is what the test's own query asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** A caller of the API: over HTTP, and over WebSocket with the stock client. */
export class ApiClient {
  constructor(
    readonly url: string,
    readonly credential: string | null,
    readonly headers: Record<string, string> = {},
  ) {}

  /** Signs in, or fails the test. */
  static async signIn(url: string, email: string, password: string): Promise<ApiClient> {
    const data = await new ApiClient(url, null).ask(
      'mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }',
      { input: { email, password } },
    );
    return new ApiClient(url, data.signIn.accessToken);
  }

  /** The same caller, at another node. */
  at(url: string): ApiClient {
    return new ApiClient(url, this.credential, this.headers);
  }

  /** Sends an operation and takes whatever comes back. */
  async send<T = Anything>(query: string, variables: Record<string, unknown> = {}): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.credential ? { authorization: `Bearer ${this.credential}` } : {}),
        ...this.headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as ApiAnswer<T>;
  }

  /** Sends an operation that must succeed. */
  async ask<T = Anything>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { data, errors } = await this.send<T>(query, variables);
    if (errors) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
    return data!;
  }

  /** Sends an operation that must be refused, with no data. */
  async refused(query: string, variables: Record<string, unknown> = {}): Promise<ApiError> {
    const { data, errors } = await this.send(query, variables);
    if (!errors) throw new Error(`expected a refusal, got ${JSON.stringify(data)}`);
    if (data && Object.values(data).some((value) => value !== null)) {
      throw new Error(`a refusal came with data: ${JSON.stringify(data)}`);
    }
    return errors[0]!;
  }

  /** Opens a socket of its own and subscribes. */
  subscribe<T = Anything>(query: string, variables: Record<string, unknown> = {}): Subscription<T> {
    return new Subscription<T>(this, query, variables);
  }
}

/** How long a test waits for something that must come. */
const PATIENCE_MS = 8_000;

/** One subscription over a socket of its own; keeps every frame, so that none is missed. */
export class Subscription<T = Anything> {
  readonly frames: T[] = [];
  /** Why it ended, once it has: the errors, or the close event. */
  ended: unknown = null;
  readonly #client: Client;
  #taken = 0;
  #wake: (() => void)[] = [];
  #opened = false;

  constructor({ url, credential }: ApiClient, query: string, variables: Record<string, unknown>) {
    this.#client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
      ...(credential ? { connectionParams: { authorization: `Bearer ${credential}` } } : {}),
      on: {
        connected: () => {
          this.#opened = true;
          this.#notify();
        },
        closed: (event) => {
          this.ended ??= event;
          this.#notify();
        },
      },
    });
    this.#client.subscribe<T>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors) this.ended = errors;
          else this.frames.push(data as T);
          this.#notify();
        },
        error: (error) => {
          this.ended = error;
          this.#notify();
        },
        complete: () => {
          this.ended ??= 'complete';
          this.#notify();
        },
      },
    );
  }

  /** Resolves once the socket is connected. */
  async connected(): Promise<this> {
    await this.#until(() => this.#opened || this.ended !== null, 'the socket to connect');
    return this;
  }

  /** The next frame that has not been taken yet. */
  async next(): Promise<T> {
    await this.#until(() => this.frames.length > this.#taken || this.ended !== null, 'a frame');
    if (this.frames.length <= this.#taken) throw new Error(`the stream ended: ${JSON.stringify(this.ended)}`);
    return this.frames[this.#taken++]!;
  }

  /** Takes frames until one satisfies the test, which is returned. */
  async until(wanted: (frame: T) => boolean): Promise<T> {
    for (;;) {
      const frame = await this.next();
      if (wanted(frame)) return frame;
    }
  }

  /** Waits for the stream or the socket to end, and says how. */
  async end(): Promise<Anything> {
    await this.#until(() => this.ended !== null, 'the stream to end');
    return this.ended;
  }

  /** Waits until something holds, looking after each frame. */
  async settle(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
      const before = this.frames.length;
      await this.#until(() => this.frames.length > before || this.ended !== null, what, deadline);
      if (this.ended !== null && this.frames.length === before)
        throw new Error(`the stream ended before ${what}: ${JSON.stringify(this.ended)}`);
    }
  }

  async stop(): Promise<void> {
    await this.#client.dispose();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #until(holds: () => boolean, what: string, deadline = Date.now() + PATIENCE_MS): Promise<void> {
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `waited in vain for ${what}; frames: ${JSON.stringify(this.frames.slice(-5))}, ended: ${JSON.stringify(this.ended)}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
