import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { SigningKey } from '../../entities/account.js';
import type { Database } from '../database.js';

/** An Ed25519 key pair as a JWK with its `kid`, the RFC 7638 thumbprint. */
export type SigningJwk = JWK & { kid: string };

/** An arbitrary constant: whoever holds this lock registers keys. */
const REGISTER_LOCK = 7_203_185_514;

/**
 * Reads the signing keys of this node, `{"keys": [JWK, …]}`, the first of which signs.
 * @param create make the file with a fresh key where there is none.
 * @throws Error saying what is wrong with the file.
 */
export async function loadSigningKeys(file: string, { create }: { create: boolean }): Promise<SigningJwk[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && create) return null;
    throw new Error(`the signing keys cannot be read: ${error.message}`);
  });
  if (text === null) return createSigningKeys(file);
  try {
    const { keys } = JSON.parse(text) as { keys: JWK[] };
    if (!Array.isArray(keys) || keys.length === 0) throw new Error('it holds no key');
    return await Promise.all(
      keys.map(async (key) => {
        if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || !key.d)
          throw new Error('a key in it is no private Ed25519 JWK');
        return { ...key, kid: await calculateJwkThumbprint(key) };
      }),
    );
  } catch (error) {
    throw new Error(`${file} is not a file of signing keys: ${(error as Error).message}`, { cause: error });
  }
}

async function createSigningKeys(file: string): Promise<SigningJwk[]> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, kid: await calculateJwkThumbprint(jwk) };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify({ keys: [key] }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return [key];
}

/**
 * Makes sure that every node signs with keys that all nodes know: the first node registers its public keys, a later
 * one whose key is not registered is refused, unless `register` says that this is a rotation.
 * @throws Error naming the unknown key.
 */
export async function registerSigningKeys(
  db: Database,
  keys: readonly SigningJwk[],
  { register }: { register: boolean },
): Promise<void> {
  await db.outsideWorkspaces(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [REGISTER_LOCK]);
    const known = new Set((await em.find(SigningKey, {})).map((key) => key.kid));
    const unknown = keys.filter((key) => !known.has(key.kid));
    if (unknown.length > 0 && known.size > 0 && !register) {
      throw new Error(
        `signing key ${unknown[0]!.kid} is not registered in this database. Give every node the same keys file ` +
          '(SIGNING_KEYS_FILE), or register a new key with "verbatim migrate --register-keys".',
      );
    }
    for (const { kid, ...publicJwk } of unknown) {
      em.persist(
        em.create(SigningKey, {
          kid,
          publicJwk: { kid, kty: publicJwk.kty!, crv: publicJwk.crv!, x: publicJwk.x! },
          createdAt: new Date(),
        }),
      );
    }
  });
}

/** The public halves of all registered keys: what tokens of any node are checked with. */
export const registeredKeys = (db: Database): Promise<JWK[]> =>
  db.outsideWorkspaces(async (em) =>
    (await em.find(SigningKey, {})).map((key) => ({ ...key.publicJwk, kid: key.kid }) as JWK),
  );
