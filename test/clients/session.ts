import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient, type ApiAnswer } from '../support/client.js';

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

export const SIGN_IN =
  'mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken viewer { actor { displayName } } } }';
const REFRESH = 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }';

/** Somebody's tokens, as an application keeps them beside the client that it uses. */
export class Session {
  #tokens: Tokens | null = null;
  #refreshing: Promise<void> | null = null;
  /** How often it got fresh tokens. */
  refreshes = 0;

  constructor(private readonly url: string) {}

  start(tokens: Tokens): void {
    this.#tokens = tokens;
  }

  /** The header of now; none before anybody has signed in. */
  get headers(): Record<string, string> {
    return this.#tokens ? { authorization: `Bearer ${this.#tokens.accessToken}` } : {};
  }

  /** Gets fresh tokens, once however many find that the old one has ended. */
  async refresh(ended = this.headers['authorization']): Promise<void> {
    if (ended !== this.headers['authorization']) return;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    await this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { refreshToken } = this.#tokens!;
    const data = await new ApiClient(this.url, null).ask(REFRESH, { input: { refreshToken } });
    this.#tokens = data.refreshSession;
    this.refreshes += 1;
  }

  /** For clients that let their `fetch` be given: signs each request, and sends it again once its token has ended. */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const send = () => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(this.headers)) headers.set(name, value);
      return fetch(input, { ...init, headers });
    };
    const used = this.headers['authorization'];
    const response = await send();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const { errors } = isJson ? ((await response.clone().json()) as ApiAnswer<unknown>) : {};
    if (errors?.[0]?.extensions.code !== 'UNAUTHENTICATED' || used === undefined) return response;
    await this.refresh(used);
    return send();
  };
}

/** How the clients here wait before they try again: shortly, for nobody else is on this machine's node. */
export const shortly = (): Promise<void> => pause(50);
