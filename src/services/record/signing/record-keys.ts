import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { loadSigningKeys, type SigningJwk } from '../../accounts/signing-keys.js';
import { verifierKey, type VerifierKey } from '../proofs/verifier-key.js';
import { writeDurably } from './durable-file.js';

/** An Ed25519 key that signs records. Its public half has another name in each log. */
export interface RecordKey {
  /** Raw, 32 bytes. */
  publicKey: Buffer;
  privateKey: KeyObject;
}

/**
 * The private keys that sign records, `{"keys": [JWK, …]}`: the first one signs what is signed for the first time, the
 * others what they are registered for. Read anew each time, since an operator rotates them under a running server.
 */
export class RecordKeys {
  private constructor(private readonly file: string) {}

  /** @param options.create make the file with a fresh key where there is none. @throws Error saying what is wrong. */
  static async open(file: string, { create }: { create: boolean }): Promise<RecordKeys> {
    const keys = new RecordKeys(file);
    if (create && (await readFile(file).catch((error: NodeJS.ErrnoException) => error.code)) === 'ENOENT') {
      await writeDurably(file, formatKeys([await newKey()]), { replace: false }).catch(
        (error: NodeJS.ErrnoException) => {
          // Another process was first; its key is as good.
          if (error.code !== 'EEXIST') throw error;
        },
      );
    }
    await keys.all();
    return keys;
  }

  /** All of them, the newest first. @throws Error saying what is wrong with the file. */
  async all(): Promise<RecordKey[]> {
    return (await this.#read()).map((jwk) => ({
      publicKey: Buffer.from(jwk.x!, 'base64url'),
      privateKey: createPrivateKey({ key: { kty: jwk.kty!, crv: jwk.crv!, x: jwk.x!, d: jwk.d! }, format: 'jwk' }),
    }));
  }

  /** Makes a key, and puts it in front of the others. */
  async add(): Promise<void> {
    await writeDurably(this.file, formatKeys([await newKey(), ...(await this.#read())]), { replace: true });
  }

  #read(): Promise<SigningJwk[]> {
    return loadSigningKeys(this.file, { create: false });
  }
}

/** The public half under the name of a log's epoch. */
export const keyOfLog = (key: RecordKey, origin: string): VerifierKey => verifierKey(origin, key.publicKey);

const formatKeys = (keys: readonly JWK[]): string => `${JSON.stringify({ keys }, null, 2)}\n`;

async function newKey(): Promise<SigningJwk> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}
