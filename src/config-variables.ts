// How single variables of the environment are read, and what is said of those that are wrong.
import { z } from 'zod';
import { clusterAddress, meansCluster } from './pubsub/redis-cluster.js';

/** Thrown while a variable is read; its message goes on from the variable's name. */
export class Mistake extends Error {}

/** A variable that is read by `read` when it is set to something, and is `fallback` otherwise. */
export const variable = <T>(read: (text: string) => T, fallback: T) =>
  z
    .string()
    .optional()
    .transform((text, context): T => {
      const trimmed = text?.trim();
      // Set to nothing is how compose files and shells say "not set".
      if (!trimmed) return fallback;
      try {
        return read(trimmed);
      } catch (error) {
        if (!(error instanceof Mistake)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    });

/** A whole number within bounds. */
export const whole = (fallback: number, min: number, max: number) =>
  variable((text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new Mistake(`must be a whole number from ${min} to ${max}, not "${text}"`);
    }
    return value;
  }, fallback);

/** One of these words, in any case. */
export const oneOf = <T extends string, F extends T | null>(values: readonly T[], fallback: F) =>
  variable<T | F>((text) => {
    const found = values.find((value) => value === text.toLowerCase());
    if (found === undefined) throw new Mistake(`must be one of ${values.join(', ')}, not "${text}"`);
    return found;
  }, fallback);

/** Addresses of databases hold passwords: what is wrong with one is said without repeating it. */
export function postgresUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw new Mistake('must be a postgres:// address');
  if (url.pathname.length < 2) throw new Mistake('must name a database: postgres://user@host/database');
  return text;
}

/** The address of a Redis, a socket or a cluster. */
export function redisUrl(text: string): string {
  if (text.startsWith('/')) return text;
  if (meansCluster(text)) {
    if (clusterAddress(text)) return text;
    throw new Mistake(
      'must name nodes of the cluster, and neither a database nor options: redis+cluster://user:password@host:port,host:port',
    );
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return text;
  // The client knows a socket by its bare path only.
  if (url?.protocol === 'unix:' && url.pathname.startsWith('/')) return decodeURIComponent(url.pathname) + url.search;
  throw new Mistake(
    'must be a redis://, rediss://, redis+cluster://, rediss+cluster:// or unix:// address, or the absolute path of a Unix socket',
  );
}

/** Holds a password: what is wrong with it is said without repeating it. */
export function smtpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^smtps?:$/.test(url.protocol) && url.hostname !== '') return text;
  throw new Mistake('must be an smtp:// or smtps:// address: smtp://user:password@host:587');
}

/** One e-mail address. */
export function mailAddress(text: string): string {
  if (z.email().safeParse(text).success) return text;
  throw new Mistake(`must be an e-mail address, not "${text}"`);
}

const httpUrl = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : null;
};

/** An address of ours for callers, or of a service, without a slash at its end. */
export function publicUrl(text: string): string {
  const url = httpUrl(text);
  if (!url || url.search !== '' || url.hash !== '') {
    throw new Mistake('must be an http:// or https:// address without a user, a query or a fragment');
  }
  return url.href.replace(/\/+$/, '');
}

/** The name of a bucket. */
export function bucket(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)) {
    throw new Mistake(`must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens, not "${text}"`);
  }
  return text;
}

const list = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

/** Compared with a browser's Origin letter by letter, so anything but an origin would silently never match. */
export function origins(text: string): string[] {
  return list(text).map((part) => {
    const url = httpUrl(part);
    if (!url || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      throw new Mistake(`must be origins such as https://app.example.com, separated by commas; "${part}" is none`);
    }
    return url.origin;
  });
}

/** Whose X-Forwarded-For is believed. */
export function trustProxy(text: string): boolean | string[] {
  const word = text.toLowerCase();
  if (word === 'false' || word === 'no') return false;
  if (word === 'true' || word === 'yes') return true;
  const addresses = list(word);
  const wrong = addresses.find((address) => !/^[0-9a-f.:]+(\/\d{1,3})?$/.test(address) || !/[.:]/.test(address));
  if (wrong !== undefined) {
    // Not a number of hops either: whoever reaches the server directly could forge as many as that.
    throw new Mistake(`must be true, false, or the addresses or networks of the proxies; "${wrong}" is none`);
  }
  return addresses;
}

/** A variable that may be left out. */
export const optional = <T>(read: (text: string) => T) => variable<T | null>(read, null);
