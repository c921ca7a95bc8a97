// What a process has used, from /proc: CPU time in ms (user and system, in steps of 10 ms) and resident memory in KB.
import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second on every platform that it runs node on. */
const MS_PER_TICK = 10;

/** @param {number} pid @returns {Promise<{ cpuMs: number, rssKb: number }>} */
export async function usageOf(pid) {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), statusOf(pid)]);
  const { own } = ticksOf(stat);
  return { cpuMs: own * MS_PER_TICK, rssKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) };
}

/**
 * A process with all its children, the ended ones too: for PostgreSQL, by its postmaster. Memory is the sum of what is
 * not shared.
 */
export async function usageOfTree(pid) {
  const ticks = ticksOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
  let cpuMs = (ticks.own + ticks.ended) * MS_PER_TICK;
  let rssKb = 0;
  for (const child of await childrenOf(pid)) {
    // Whoever ends meanwhile is counted by its parent the next time.
    const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => null);
    if (stat === null) continue;
    cpuMs += ticksOf(stat).own * MS_PER_TICK;
    const status = await statusOf(child).catch(() => '');
    rssKb += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { cpuMs, rssKb };
}

/** CPU times of the whole machine in ms: to say how much of it others had. */
export async function machineCpu() {
  const [, ...fields] = (await readFile('/proc/stat', 'utf8')).split('\n')[0].trim().split(/\s+/).map(Number);
  const [user, nice, system, idle, iowait, irq, softirq, steal] = fields;
  const busy = user + nice + system + irq + softirq;
  return { busyMs: busy * MS_PER_TICK, idleMs: (idle + iowait) * MS_PER_TICK, stolenMs: steal * MS_PER_TICK };
}

/**
 * Takes a sample of something at once and then every `everyMs`, until stopped.
 * @template T @param {number} everyMs @param {() => Promise<T>} take
 * @returns {{ samples: (T & { at: number })[], stop: () => Promise<(T & { at: number })[]> }} `at` as performance.now()
 *   has it
 */
export function sampling(everyMs, take) {
  const samples = [];
  let stopped = false;
  const done = (async () => {
    for (let next = performance.now(); !stopped; next += everyMs) {
      samples.push({ at: performance.now(), ...(await take()) });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next + everyMs - performance.now())));
    }
  })();
  return {
    samples,
    stop: async () => {
      stopped = true;
      await done;
      return samples;
    },
  };
}

const statusOf = (pid) => readFile(`/proc/${pid}/status`, 'utf8');

function ticksOf(stat) {
  // The name before may hold anything, blanks and brackets too.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { own: fields[11] + fields[12], ended: fields[13] + fields[14] };
}

async function childrenOf(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8').catch(() => '')),
  );
  return lists.join(' ').trim().split(/\s+/).filter(Boolean).map(Number);
}
