import { Redis, type Cluster } from 'ioredis';
import type { Bus } from './bus.js';
import { InProcessBus } from './in-process-bus.js';
import { RedisBus } from './redis-bus.js';
import { RedisClusterBus } from './redis-cluster-bus.js';
import { meansCluster, openCluster } from './redis-cluster.js';

/**
 * The bus for an address of Redis, of a cluster of it, or for none: one process alone.
 * @param onError hears of connection faults, once an outage; they are healed and never thrown.
 */
export function openBus(address: string | null, onError: (error: Error) => void): Bus {
  if (address === null) return new InProcessBus();
  return meansCluster(address) ? new RedisClusterBus(address, onError) : new RedisBus(address, onError);
}

/** Where the processes count together; what cannot be asked at once fails at once. */
export function openCounters(address: string): Redis | Cluster {
  const commandTimeout = 500;
  return meansCluster(address)
    ? openCluster(address, commandTimeout)
    : new Redis(address, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout });
}
