import type { Application, Call, RequestOrigin } from '../services/application.js';
import type { Principal } from '../services/principal.js';
import { Revealed } from '../services/reveal.js';
import { Loaders } from './loaders.js';

/** What resolvers get: the call, and the loaders of this one answer. */
export interface ApiContext {
  /** The application and the origin of the request, for the few fields that need no sign-in. */
  readonly open: Omit<Call, 'principal'>;
  /** @throws AppError UNAUTHENTICATED when nobody has signed in, or what they sent is not valid. */
  readonly call: Call;
  readonly loaders: Loaders;
  /** What this answer reveals, and must be recorded before it leaves. */
  readonly revealed: Revealed;
  /** Whether there is a caller at all. */
  readonly signedIn: boolean;
  /** A context for somebody who has just signed in, within the same request. */
  as(principal: Principal): ApiContext;
}

/** Who sent a request, or why that is not known. */
export type Caller = { principal: Principal } | { refusal: Error };

/** Makes the context of one operation, or of one delivery of a stream. */
export function createContext(app: Application, request: RequestOrigin, caller: Caller): ApiContext {
  const open = { app, request };
  const revealed = new Revealed();
  let call: Call | undefined;
  let loaders: Loaders | undefined;
  return {
    open,
    revealed,
    signedIn: 'principal' in caller,
    get call() {
      if ('refusal' in caller) throw caller.refusal;
      return (call ??= { ...open, principal: caller.principal });
    },
    get loaders() {
      return (loaders ??= new Loaders(this.call));
    },
    as: (principal) => createContext(app, request, { principal }),
  };
}
