// Kills the server and PostgreSQL, again and again, while many write and read, and then checks that nothing that was
// acknowledged is lost or doubled: npm run crash -- --rounds 20 --clients 32 --seed 7
import pg from 'pg';
import { decodeCursor } from '../../dist/services/streams/cursor.js';
import { Checks } from './checks.mjs';
import { pause, randomFrom, readOptions } from './options.mjs';
import { ApiServer, startPostgres } from './processes.mjs';
import { Subscriber, whereNow } from './subscriber.mjs';
import { createSpace, openBeside, signIn } from './workspaces.mjs';
import { Writer } from './writer.mjs';

const MANY = 16;
const CAUGHT_UP_MS = 5_000;
const DROP_EVERY_MS = 700;
const columns = [
  ['round', 5],
  ['workspaces', 10],
  ['writes', 7],
  ['writes/s', 8],
  ['retries', 7],
  ['kills', 24],
  ['recovery ms', 24],
  ['events', 7],
  ['delivered', 9],
  ['resumed', 7],
  ['doubled', 7],
  ['lag ms', 6],
  ['verify ms', 9],
];

const print = (line) => process.stdout.write(`${line}\n`);
const row = (cells) => cells.map((cell, index) => String(cell).padStart(columns[index][1])).join('  ');

const options = readOptions();
const random = randomFrom(options.seed);
print(`seed ${options.seed}, ${options.rounds} rounds of ${options.seconds} s with ${options.clients} clients`);

const postgres = await startPostgres();
const app = await openBeside(postgres);
const owner = new pg.Pool({ connectionString: postgres.url, max: 2 });
owner.on('error', () => {});
const checks = new Checks(owner, print);
const spaces = [];
for (let index = 0; index <= MANY; index += 1)
  spaces.push(await createSpace(app, index === 0 ? 'one' : `many-${index}`));
const server = await ApiServer.start(postgres);

/** Everything that was ever acknowledged: what an earlier round has written must outlive the later ones too. */
const acknowledged = [];
print(row(columns.map(([name]) => name)));
try {
  for (let round = 1; round <= options.rounds; round += 1) await play(round);
} catch (error) {
  checks.check('the run came to its end', [error.stack]);
} finally {
  await server.stop();
  checks.check('the server failed at nothing and ended cleanly', server.faults);
  await owner.end();
  await app.close();
  await postgres.stop();
}
print(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);

async function play(round) {
  // Half of the rounds contend for one log, the other half spread over many.
  const places = round % 2 === 1 ? spaces.slice(0, 1) : spaces.slice(1);
  for (const space of places) await signIn(app, space);
  const subscriptions = [];
  for (const space of places) {
    const start = await whereNow(server.url, space, decodeCursor);
    // Of two of one workspace, one also loses its connection every now and then.
    for (const drops of [false, true]) {
      const subscriber = new Subscriber(server.url, space, start);
      subscriptions.push({ space, start: start.sequence, subscriber, drops });
    }
  }

  const kills = planned(round);
  const pending = [];
  const onAcknowledged = (sentAt) => {
    for (const kill of pending.splice(0)) {
      if (sentAt >= kill.at) kill.recoveredMs = Math.round(performance.now() - kill.at);
      else pending.push(kill);
    }
  };
  const writers = Array.from({ length: options.clients }, (_, index) => {
    const space = places[index % places.length];
    const name = `${options.seed}/${round}/${index}`;
    return new Writer({ name, space, url: server.url, random: randomFrom(random() * 2 ** 32), onAcknowledged });
  });
  const began = performance.now();
  const until = () => performance.now() - began > options.seconds * 1000;
  const dropping = setInterval(() => {
    for (const { drops, subscriber } of subscriptions) if (drops) subscriber.drop();
  }, DROP_EVERY_MS);
  const killing = (async () => {
    for (const kill of kills) {
      await pause(Math.max(0, began + kill.afterMs - performance.now()));
      kill.at = performance.now();
      pending.push(kill);
      await (kill.what === 'server' ? server.kill() : postgres.kill());
    }
  })();
  await Promise.all([killing, ...writers.map((writer) => writer.run(until))]);
  const tookSeconds = (performance.now() - began) / 1000;
  clearInterval(dropping);

  const lagMs = await caughtUp(subscriptions);
  const verifyMs = await examine(writers, subscriptions);
  const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);
  const writes = sum(writers, (writer) => writer.writes);
  const read = subscriptions.map(({ subscriber }) => subscriber);
  const events = sum(subscriptions, ({ drops, subscriber, start }) => (drops ? 0 : subscriber.last - start));
  print(
    row([
      round,
      places.length,
      writes,
      Math.round(writes / tookSeconds),
      sum(writers, (writer) => writer.retries),
      kills.map(({ what }) => what).join(' '),
      kills.map(({ recoveredMs }) => recoveredMs ?? '-').join(' '),
      events,
      sum(read, ({ seen }) => seen.size),
      sum(read, ({ resumed }) => resumed),
      sum(read, ({ doubled }) => doubled),
      lagMs,
      verifyMs,
    ]),
  );
  await Promise.all(read.map((subscriber) => subscriber.stop()));
}

/** One or two kills at random moments; over the rounds each kind comes first as often as the other. */
function planned(round) {
  const count = 1 + Math.floor(random() * 2);
  const moments = Array.from({ length: count }, () => (0.1 + random() * 0.8) * options.seconds * 1000).toSorted(
    (a, b) => a - b,
  );
  return moments.map((afterMs, index) => {
    const second = index === 0 ? Math.ceil(round / 2) % 2 === 0 : random() < 0.5;
    return { afterMs, what: second ? 'postgres' : 'server', at: 0, recoveredMs: null };
  });
}

/** Waits until every subscriber is at the end of its log, and says how long that took. */
async function caughtUp(subscriptions) {
  const began = performance.now();
  const heads = new Map();
  for (const { space } of subscriptions) if (!heads.has(space)) heads.set(space, await checks.head(space));
  while (performance.now() - began < CAUGHT_UP_MS) {
    if (subscriptions.every(({ space, subscriber }) => subscriber.last >= heads.get(space))) break;
    await pause(5);
  }
  // Who reconnects after this is on the record too; that event may still be on its way when all is compared.
  for (const subscription of subscriptions) subscription.head = heads.get(subscription.space);
  return Math.round(performance.now() - began);
}

/** Checks all that must hold, and says how long the verifier took. */
async function examine(writers, subscriptions) {
  for (const writer of writers) acknowledged.push(...writer.acknowledged);
  checks.check(
    'every refusal was typed',
    writers.flatMap((writer) => writer.untyped),
  );
  await checks.subscribersHold(subscriptions);
  await checks.recordHolds(acknowledged);
  await checks.stateHolds(acknowledged);
  await checks.sequencesHold();
  const began = performance.now();
  await checks.verifies(postgres, spaces.length);
  return Math.round(performance.now() - began);
}
