// A cluster of Redis of the run's own: masters without replicas, each with its part of the slots.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './clock.mjs';
import { freePort, startRedis } from './processes.mjs';

const SLOTS = 16_384;
const WHOLE_MS = 15_000;

/** @param {number} masters @returns what `startRedis` returns, the addresses of the masters, and their processes */
export async function startRedisCluster(masters) {
  const directory = mkdtempSync(join(tmpdir(), 'verbatim-bench-redis-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const servers = [];
  for (let index = 0; index < masters; index += 1) {
    const dir = join(directory, `${index}`);
    mkdirSync(dir);
    const busPort = await freePort();
    const server = await startRedis({ 'cluster-enabled': 'yes', 'cluster-port': `${busPort}`, dir });
    servers.push({ ...server, port: Number(new URL(server.url).port), busPort, talk: new Redis(server.url) });
  }
  const [first] = servers;
  for (const [index, { talk, port, busPort }] of servers.entries()) {
    await talk.cluster('SET-CONFIG-EPOCH', index + 1);
    const [from, to] = [index, index + 1].map((part) => Math.floor((SLOTS * part) / masters));
    await talk.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    if (index > 0) await first.talk.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  const whole = async ({ talk }) => (await talk.cluster('INFO')).includes('cluster_state:ok');
  const isWhole = await until(async () => (await Promise.all(servers.map(whole))).every(Boolean), WHOLE_MS);
  for (const { talk } of servers) talk.disconnect();
  if (!isWhole) throw new Error('the masters did not become a cluster');
  return {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    masters: servers.map(({ url }) => url),
    processes: servers,
    stop: () => Promise.all(servers.map((server) => server.stop())),
  };
}
