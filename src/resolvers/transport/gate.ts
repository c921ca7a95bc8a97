import type { Application, RequestOrigin } from '../../services/application.js';
import { AppError, forbidden, unauthenticated } from '../../services/errors.js';
import { recordingCredentials } from '../../services/record-denial.js';
import type { Principal } from '../../services/principal.js';
import type { Admission, AdmittedOperation, OperationRequest } from '../admission/admission.js';
import type { CostBucket } from '../admission/cost-bucket.js';
import type { Metrics } from '../../services/metrics/metrics.js';
import { createContext, type ApiContext, type Caller } from '../context.js';

/** What the response says of the cost. */
export interface Cost {
  requested: number;
  remaining: number;
}

/** Points for an operation that is refused before it is executed. */
const REFUSAL_COST = 500;

/** Every way in passes here, whatever the transport: who is it, may the operation be executed, can it be paid. */
export class Gate {
  constructor(
    private readonly app: Application,
    private readonly admission: Admission,
    private readonly costs: CostBucket,
    private readonly introspection: 'signed-in' | 'everyone' | 'nobody',
    private readonly metrics?: Metrics,
  ) {}

  /**
   * Who sent these credentials; what is wrong with them is only said to an operation that needs them. One of an account
   * that is switched off is recorded.
   */
  async identify(authorization: string | undefined, request: RequestOrigin): Promise<Caller> {
    if (!authorization) return { refusal: unauthenticated() };
    const credential = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
    if (!credential)
      return { refusal: unauthenticated('The authorization must be "Bearer <access token or API key>".') };
    try {
      const { app } = this;
      return {
        principal: await recordingCredentials({ app, request }, () => app.principals.authenticate(credential)),
      };
    } catch (error) {
      if (error instanceof AppError) return { refusal: error };
      throw error;
    }
  }

  /** @throws AppError VALIDATION_FAILED, LIMIT_EXCEEDED, RATE_LIMITED, FORBIDDEN for introspection. */
  admit(
    request: OperationRequest,
    caller: Caller,
    origin: RequestOrigin,
  ): { operation: AdmittedOperation; cost: Cost } {
    try {
      return this.#admit(request, caller, origin);
    } catch (error) {
      if (error instanceof AppError) this.metrics?.refused(error.code);
      throw error;
    }
  }

  #admit(
    request: OperationRequest,
    caller: Caller,
    origin: RequestOrigin,
  ): { operation: AdmittedOperation; cost: Cost } {
    const principal = 'principal' in caller ? caller.principal : null;
    const operation = this.#admitted(request, bucketOf(principal, origin));
    if (
      operation.introspects &&
      !(this.introspection === 'everyone' || (this.introspection === 'signed-in' && principal))
    ) {
      throw principal
        ? forbidden('The schema cannot be asked for here.')
        : unauthenticated('Sign in to ask for the schema.');
    }
    if (principal?.kind === 'CONTACT' && !operation.forCustomers) {
      // Found out what it is, and that it is none of theirs: this is work too.
      this.costs.take(bucketOf(principal, origin), REFUSAL_COST);
      throw forbidden('Customers may not do this.');
    }
    const { remaining } = this.costs.take(bucketOf(principal, origin), operation.cost);
    return { operation, cost: { requested: operation.cost, remaining: Math.floor(remaining) } };
  }

  /** Takes the price of what is no operation. @throws AppError RATE_LIMITED */
  charge(principal: Principal, origin: RequestOrigin, points: number): void {
    this.costs.take(bucketOf(principal, origin), points);
  }

  #admitted(request: OperationRequest, bucket: string): AdmittedOperation {
    try {
      return this.admission.admit(request);
    } catch (error) {
      // Finding out that a text is too large or not valid is work too: who sends many of them is slowed down.
      this.costs.take(bucket, REFUSAL_COST);
      throw error;
    }
  }

  /** The context of one operation. */
  context(caller: Caller, origin: RequestOrigin): ApiContext {
    return createContext(this.app, origin, caller);
  }
}

/** Callers who have signed in pay for themselves, wherever they are; the others share their address's bucket. */
const bucketOf = (principal: Principal | null, origin: RequestOrigin): string =>
  principal ? `${principal.workspaceId}/${principal.kind}/${principal.id}` : `address/${origin.ipAddress}`;
