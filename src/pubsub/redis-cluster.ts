import { Cluster, type ClusterOptions, type Redis } from 'ioredis';

/** Where a cluster is asked for its nodes, and how one signs in. */
interface ClusterAddress {
  nodes: { host: string; port: number }[];
  redisOptions: { username?: string; password?: string; tls?: object };
}

/** Whether an address is one of a cluster, right or wrong. */
export const meansCluster = (address: string): boolean => /^rediss?\+cluster:/i.test(address);

/**
 * Reads `redis+cluster://user:password@host:port,host:port`, or `rediss+cluster://` for TLS.
 * @returns null for what is none.
 */
export function clusterAddress(address: string): ClusterAddress | null {
  const parts = /^(rediss?)\+cluster:\/\/(?:(?<who>[^@/]*)@)?(?<hosts>[^@/?#]+)\/?$/i.exec(address);
  if (!parts?.groups) return null;
  const urls = parts.groups['hosts']!.split(',').map((host) => `redis://${host.trim()}`);
  const account = `redis://${parts.groups['who'] ?? ''}@host`;
  if (![account, ...urls].every((url) => URL.canParse(url))) return null;
  const nodes = urls
    .map((url) => new URL(url))
    .map(({ hostname, port }) => ({ host: bare(hostname), port: +port || 6379 }));
  if (nodes.some(({ host }) => host === '')) return null;
  let { username, password } = new URL(account);
  try {
    [username, password] = [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    return null;
  }
  return {
    nodes,
    redisOptions: {
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(parts[1]!.toLowerCase() === 'rediss' ? { tls: {} } : {}),
    },
  };
}

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * A client of the cluster at an address that has been checked. A command is tried once: whoever sends it knows better
 * whether it is still worth something later.
 * @param commandTimeout in milliseconds
 */
export function openCluster(address: string, commandTimeout: number, options: ClusterOptions = {}): Cluster {
  const { nodes, redisOptions } = clusterAddress(address)!;
  const cluster = new Cluster(nodes, {
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 4,
    slotsRefreshInterval: 5_000,
    clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
    // A certificate names the host, so that it is left as it is.
    ...(redisOptions.tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    ...options,
    redisOptions: { ...redisOptions, commandTimeout, maxRetriesPerRequest: 0 },
  });
  // Connected to only with the first command, a node would be given that one, and be refused those that follow at once.
  cluster.on('+node', (node: Redis) => node.connect().catch(() => {}));
  return cluster;
}
