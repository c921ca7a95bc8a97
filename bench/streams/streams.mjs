// npm run bench -- streams: one event to many sockets of one node, beside the peers and the physical limit; then many
// held, a long replay, and everybody reconnecting at once.
import { startPostgres } from '../measure/postgres.mjs';
import { Report } from '../measure/report.mjs';
import { reportCrowds } from './crowds.mjs';
import { readOptions } from './options.mjs';
import { reportReplays } from './replays.mjs';

const options = readOptions({
  sockets: 5_000,
  held: 10_000,
  rounds: 5,
  /** Events a round and server; fewer where a round would take longer than this. */
  events: 10,
  'round-ms': 4_000,
  'sockets-per-agent': 20,
  replay: 50_000,
  reconnecting: 1_000,
  behind: 1_000,
  // 0 leaves the peers out, or the second half.
  peers: 1,
  replays: 1,
});

const postgres = await startPostgres({
  max_connections: '300',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_planning': 'off',
});
const report = new Report('streams', 'One event to many sockets', [
  'ws',
  'graphql-ws',
  '@apollo/server',
  'graphql-subscriptions',
  'mercurius',
  'postgraphile',
]);
let faults = await reportCrowds(report, postgres, options);
if (options.replays) faults += await reportReplays(report, postgres, options);
await report.write();
await postgres.stop();
console.log(faults === 0 ? 'Everything arrived.' : `${faults} faults, see above.`);
process.exit(faults === 0 ? 0 : 1);
