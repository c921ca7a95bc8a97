// Interleaved rounds on a machine that others use too: what they disturbed is measured again while there is time, because on
// a busy machine a server of one thread loses more than one of many processes, and the ratios say nothing.
import { shown } from '../measure/report.mjs';
import { percentile } from '../measure/statistics.mjs';

/** The share of the machine that others may have in a measurement that counts. */
export const DISTURBED = 0.12;
const WARM_UP_MS = 1_500;

/**
 * Measures everybody `rounds` times, each round beginning with another.
 * @param {object} stage as of `setStage`
 * @param {{ names: string[], rounds: number, seconds: number, minutes: number, prepare: () => Promise<(name: string) => { server: object,
 *   requests: object[], connections: number }> }} options `prepare` is asked before each round, since sign-ins end; a server of another
 *   database than the stage's has a `counting` of its own; after `minutes` the least disturbed measurements are taken as they are
 * @returns {Promise<Map<string, { windows: Record<string, number>[], statements: number }>>}
 */
export async function measureRounds(stage, { names, rounds, seconds, minutes, prepare }) {
  const results = new Map(names.map((name) => [name, { windows: [], statements: NaN }]));
  const counts = (name) => results.get(name).windows.filter(({ others }) => others <= DISTURBED).length;
  const deadline = performance.now() + minutes * 60_000;
  for (let round = 0; names.some((name) => counts(name) < rounds); round += 1) {
    const late = performance.now() > deadline;
    if (late && round >= rounds) break;
    const loadOf = await prepare();
    const start = Math.floor((round * names.length) / rounds) % names.length;
    for (const name of [...names.slice(start), ...names.slice(0, start)]) {
      const result = results.get(name);
      if (counts(name) >= rounds) continue;
      const { server, ...load } = loadOf(name);
      const run = (ms, part) => stage.measure(server, { ...load, ms, unique: `${name} ${round} ${part}` });
      if (round === 0) {
        await run(WARM_UP_MS, 'first');
        const count = async () => (await run(WARM_UP_MS, 'counted')).latencies.length;
        result.statements = await (server.counting ?? stage.counting).during(count);
      }
      if (!late) await stage.calm();
      await run(WARM_UP_MS, 'warm-up');
      const { latencies, bytes, ...figures } = await run(seconds * 1000, 'measured');
      const window = {
        ...figures,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        kb: bytes / latencies.length / 1024,
      };
      result.windows.push(window);
      const { perSecond, p99, others } = window;
      console.error(`${name}: ${shown(perSecond)}/s, p99 ${shown(p99)} ms, others ${shown(100 * others)} %`);
    }
  }
  for (const result of results.values()) {
    const calm = result.windows.filter(({ others }) => others <= DISTURBED);
    // One calm measurement says more than three of a busy machine.
    result.windows = calm.length > 0 ? calm : result.windows.toSorted((a, b) => a.others - b.others).slice(0, rounds);
  }
  return results;
}

/** How that was, for the report. */
export const said = ({ rounds, seconds, connections }) =>
  `${connections} keep-alive connections from one process, one Node process a server, ${rounds} interleaved rounds of ${seconds} s after ` +
  `${WARM_UP_MS / 1000} s, medians. \`others\` is the share of the machine's CPU that other processes had meanwhile: what they disturbed by more than ` +
  `${100 * DISTURBED} % was measured again and not counted (the number of measurements in brackets); where none was calm, the least disturbed are shown. CPU and SQL are for one request; SQL is counted by ` +
  'pg_stat_statements under the same load, BEGIN and COMMIT included, and what requests share (readings recorded together, who is asking) is counted once.';

/** The columns that every table of this kind has, and a row of it. */
export const columns = (what) => [
  'server',
  what,
  'of raw',
  'of PostGraphile',
  'CPU ms',
  'PostgreSQL CPU ms',
  'p50 ms',
  'p99 ms',
  'RSS MB',
  'SQL',
  'KB',
  'others',
];
export const cells = (name, row, { windows, statements }, { raw, graphile }) => [
  name,
  shown(row.perSecond),
  (row.perSecond / raw.perSecond).toFixed(2),
  (row.perSecond / graphile.perSecond).toFixed(2),
  row.serverCpuMs.toFixed(2),
  row.postgresCpuMs.toFixed(2),
  shown(row.p50),
  shown(row.p99),
  shown(Math.round(row.rssMb)),
  statements.toFixed(2),
  row.kb.toFixed(1),
  `${Math.round(100 * row.others)} % (${windows.length})`,
];
