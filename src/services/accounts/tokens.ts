import { createHash, randomBytes } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import type { ActorKind } from '../../entities/enums.js';
import { AppError, unauthenticated } from '../errors.js';
import type { SigningJwk } from './signing-keys.js';

/** How long an access token lives, in seconds. */
export const ACCESS_TOKEN_SECONDS = 600;
/** Tokens whose signature was checked once; the oldest is checked again. */
const MAX_VERIFIED = 10_000;
const ISSUER = 'verbatim';
const AUDIENCE = 'verbatim';
/** Of links and of customers: none of them is taken for an access token, nor the other way round. */
const LINK_AUDIENCE = 'verbatim:link';
const CUSTOMER_AUDIENCE = 'verbatim:customer';
/** How a customer's token begins, so that nobody has to look into it to know what it is. */
export const CUSTOMER_PREFIX = 'vbc_';

export interface AccessClaims {
  agentId: string;
  workspaceId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Whose link it is: a caller with the proof of identity that they had when they asked for it. */
export interface LinkClaims {
  workspaceId: string;
  kind: ActorKind;
  id: string;
  sessionId: string | null;
  apiKeyId: string | null;
}

/** Which customer it is, where, and by whose word. */
export interface CustomerClaims {
  contactId: string;
  workspaceId: string;
  inboxId: string;
  /** The key that vouched for them. */
  apiKeyId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Signs and checks access tokens, links and tokens of customers: JWTs, EdDSA, by any of the installation's live keys. */
export class Tokens {
  readonly #verified = new Map<string, AccessClaims>();

  private constructor(
    private readonly signingKey: CryptoKey | Uint8Array,
    private readonly kid: string,
    private readonly keySet: JWTVerifyGetKey,
    private readonly now: () => Date,
  ) {}

  static async create(own: readonly SigningJwk[], registered: readonly JWK[], now: () => Date): Promise<Tokens> {
    const [first] = own;
    if (!first) throw new Error('there is no signing key');
    return new Tokens(await importJWK(first, 'EdDSA'), first.kid, createLocalJWKSet({ keys: [...registered] }), now);
  }

  /** A token for a session, and when it ends. */
  async sign(claims: Omit<AccessClaims, 'expiresAt'>): Promise<{ accessToken: string; expiresAt: Date }> {
    const issued = Math.floor(this.now().getTime() / 1000);
    const accessToken = await new SignJWT({ ws: claims.workspaceId, sid: claims.sessionId })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid })
      .setSubject(claims.agentId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(issued)
      .setExpirationTime(issued + ACCESS_TOKEN_SECONDS)
      .sign(this.signingKey);
    return { accessToken, expiresAt: new Date((issued + ACCESS_TOKEN_SECONDS) * 1000) };
  }

  /** A token for one link, which holds for so many seconds. @param to what the link leads to. */
  signLink(to: string, claims: LinkClaims, seconds: number): Promise<string> {
    const issued = Math.floor(this.now().getTime() / 1000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid })
      .setSubject(to)
      .setIssuer(ISSUER)
      .setAudience(LINK_AUDIENCE)
      .setExpirationTime(issued + seconds)
      .sign(this.signingKey);
  }

  /** Whose link this is. @throws AppError UNAUTHENTICATED for anything but a live link to this. */
  async verifyLink(to: string, token: string): Promise<LinkClaims> {
    try {
      const { payload } = await jwtVerify<LinkClaims>(token, this.keySet, {
        issuer: ISSUER,
        audience: LINK_AUDIENCE,
        subject: to,
        algorithms: ['EdDSA'],
        currentDate: this.now(),
        requiredClaims: ['exp', 'workspaceId', 'kind', 'id'],
      });
      const { workspaceId, kind, id, sessionId, apiKeyId } = payload;
      return { workspaceId, kind, id, sessionId, apiKeyId };
    } catch {
      throw unauthenticated('This link is not valid, or has ended. Ask for a new one.');
    }
  }

  /** A token for a customer, and when it ends. */
  async signCustomer(
    { contactId, workspaceId, inboxId, apiKeyId }: Omit<CustomerClaims, 'expiresAt'>,
    seconds: number,
  ): Promise<{ token: string; expiresAt: Date }> {
    const issued = Math.floor(this.now().getTime() / 1000);
    const jwt = await new SignJWT({ ws: workspaceId, inbox: inboxId, key: apiKeyId })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid })
      .setSubject(contactId)
      .setIssuer(ISSUER)
      .setAudience(CUSTOMER_AUDIENCE)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .sign(this.signingKey);
    return { token: `${CUSTOMER_PREFIX}${jwt}`, expiresAt: new Date((issued + seconds) * 1000) };
  }

  /** @throws AppError UNAUTHENTICATED for anything but a live token of a customer. */
  async verifyCustomer(token: string): Promise<CustomerClaims> {
    try {
      const { payload } = await jwtVerify(token.slice(CUSTOMER_PREFIX.length), this.keySet, {
        issuer: ISSUER,
        audience: CUSTOMER_AUDIENCE,
        algorithms: ['EdDSA'],
        currentDate: this.now(),
        requiredClaims: ['sub', 'exp', 'ws', 'inbox', 'key'],
      });
      const { sub, ws, inbox, key, exp } = payload as Record<'sub' | 'ws' | 'inbox' | 'key', string> & { exp: number };
      return { contactId: sub, workspaceId: ws, inboxId: inbox, apiKeyId: key, expiresAt: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new AppError('UNAUTHENTICATED', 'This token has ended. Ask for a new one.', { expired: true });
      throw unauthenticated('This token is not valid. Ask for a new one.');
    }
  }

  /** @throws AppError UNAUTHENTICATED for anything but a live token of this installation. */
  async verify(token: string): Promise<AccessClaims> {
    // What a signature says does not change; whether its session still lives is asked elsewhere, each time.
    const known = this.#verified.get(token);
    if (known && known.expiresAt > this.now().getTime()) return known;
    const claims = await this.#check(token);
    if (this.#verified.size >= MAX_VERIFIED) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, claims);
    return claims;
  }

  async #check(token: string): Promise<AccessClaims> {
    try {
      const { payload } = await jwtVerify(token, this.keySet, {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ['EdDSA'],
        currentDate: this.now(),
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, ws, sid, exp } = payload;
      if (typeof sub !== 'string' || typeof ws !== 'string' || typeof sid !== 'string') throw new Error('claims');
      return { agentId: sub, workspaceId: ws, sessionId: sid, expiresAt: exp! * 1000 };
    } catch (error) {
      // Told apart, because a client with an ended token only has to refresh it.
      if (error instanceof errors.JWTExpired) {
        throw new AppError('UNAUTHENTICATED', 'The access token has ended. Refresh the session.', { expired: true });
      }
      throw unauthenticated('The access token is not valid. Sign in.');
    }
  }
}

/** A fresh secret of 256 bits, and the hash that is all that is kept of it. */
export function newSecret(prefix: string): { secret: string; hash: string } {
  const secret = `${prefix}${randomBytes(32).toString('base64url')}`;
  return { secret, hash: secretHash(secret) };
}

/** SHA-256, base64url: enough for a secret that is random in all of its bits. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
