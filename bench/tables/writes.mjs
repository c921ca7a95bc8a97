// Writes side by side: W1, a message sent, over one workspace and over sixteen: npm run bench -- writes --seconds 6 --rounds 3
// Ours sends it as an agent does, with sign-in, idempotency key, transcript, event and record; the peers insert the message and
// move the conversation's last activity, and nothing else.
import { parseArgs } from 'node:util';
import { Report } from '../measure/report.mjs';
import { medians } from '../measure/statistics.mjs';
import { verify } from '../../test/crash/processes.mjs';
import { cells, columns, measureRounds, said } from './rounds.mjs';
import { ours, PEERS, setStage } from './stage.mjs';

const CLIENTS = 32;
const SPACES = 16;
const CONVERSATIONS = 960;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    scale: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '20' },
    /** In front of the name of the file of results. */
    name: { type: 'string' },
  },
});
const [scale, seconds, rounds, minutes] = ['scale', 'seconds', 'rounds', 'minutes'].map((name) => Number(values[name]));

const report = new Report(values.name ? `${values.name}-writes` : 'writes', 'Writes: a message sent (W1)', [
  'postgraphile',
  'mercurius',
  'graphql-yoga',
  'pg',
]);
const stage = await setStage({ scale, small: SPACES });
const { large, small, owner } = stage;
const peers = await stage.startPeers();
const api = await stage.startOurs();
const servers = { ...peers, ours: { ...api, operations: ours('') } };

/** The conversations that are written to in turn, with their workspaces taking turns. */
const targets = { one: await targetsIn([large]), sixteen: await targetsIn(small) };
/** Everything that was answered, whatever it was sent for. */
const acknowledged = { ours: 0, all: 0 };
stage.onAnswers((server, count) => {
  acknowledged.all += count;
  if (server === servers.ours) acknowledged.ours += count;
});
const before = await counts();

const titles = { one: 'W1 over one workspace', sixteen: 'W1 over sixteen workspaces' };
const names = [...PEERS, 'ours'];
const results = await measureRounds(stage, {
  names: Object.keys(titles).flatMap((over) => names.map((name) => `${over} ${name}`)),
  rounds,
  seconds,
  minutes,
  prepare: async () => {
    for (const space of [large, ...small]) space.token = await stage.token(space, space.adminId);
    return (key) => {
      const [over] = key.split(' ');
      const server = servers[key.slice(over.length + 1)];
      const requests = targets[over].map(({ space, id }) => server.operations.message(space, id));
      return { server, requests, connections: CLIENTS };
    };
  },
});

report.say(
  `One workspace of ${(20_000 * scale).toLocaleString('en-US')} conversations, or ${SPACES} small ones; ${CONVERSATIONS} conversations in turn; fsync and ` +
    'synchronous_commit on. Ours is sendMessage by a signed-in agent with an idempotency key, its transcript line, event and record; the peers insert the ' +
    `message and move the last activity, in one statement. ${said({ rounds, seconds, connections: CLIENTS })}`,
);
for (const [over, title] of Object.entries(titles)) {
  const rowOf = (name) => medians(results.get(`${over} ${name}`).windows);
  const base = { raw: rowOf('raw'), graphile: rowOf('PostGraphile') };
  report.head(title);
  report.table(
    columns('writes/s'),
    names.map((name) => cells(name, rowOf(name), results.get(`${over} ${name}`), base)),
  );
}

const after = await counts();
const written = { all: after.messages - before.messages, ours: after.events - before.events };
for (const [who, count] of Object.entries(acknowledged)) {
  if (written[who] !== count) throw new Error(`${who}: ${count} acknowledged, ${written[who]} there`);
}
const verified = await stage.strikeAfter(() => verify({ dataDir: stage.dataDir, url: stage.url }));
if (verified.code !== 0) throw new Error(`the record does not verify: ${verified.said}`);
report.say(
  `Afterwards all ${acknowledged.all.toLocaleString('en-US')} acknowledged messages are there, the ${acknowledged.ours.toLocaleString('en-US')} of ours each with its event, and all records verify.`,
);
await report.write();
process.exit(0);

async function targetsIn(spaces) {
  const each = CONVERSATIONS / spaces.length;
  const lists = [];
  for (const space of spaces) {
    const { rows } = await owner.query(
      'select id from conversation where workspace_id = $1 order by md5(id::text) limit $2',
      [space.id, each],
    );
    lists.push(rows.map(({ id }) => ({ space, id })));
  }
  return Array.from({ length: each }, (_, index) => lists.map((list) => list[index])).flat();
}

async function counts() {
  const { rows } = await owner.query(
    `select (select count(*) from message)::int as messages, (select count(*) from record_body where action = 'message.sent')::int as events`,
  );
  return rows[0];
}
