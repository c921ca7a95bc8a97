import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
  world = await createWorld(server);
});
afterAll(() => server.stop());

/** A session of its own each time: the tests move the clock, and tokens end. */
const signedIn = (person: 'agent' | 'admin' | 'auditor') => ApiClient.signIn(server.url, world.email(person), PASSWORD);

const TRANSCRIPT = 'query($id: ID!) { conversation(id: $id) { messages { nodes { text } } } }';
const NOTES = 'query($id: ID!) { conversation(id: $id) { notes { nodes { text } } } }';
const PROFILE = 'query($id: ID!) { conversation(id: $id) { contact { email } } }';

/** The readings of one conversation that are on the record, oldest first. */
async function readings(conversationId: string): Promise<string[]> {
  const auditor = await signedIn('auditor');
  const { auditEvents } = await auditor.ask(
    `query($f: AuditEventFilter) { auditEvents(filter: $f, orderBy: RECORDED_ASC, first: 100) {
       nodes { action actor { label } metadata conversation { id } } } }`,
    { f: { categories: ['ACCESS'], conversationId } },
  );
  return auditEvents.nodes.map(
    (event: { action: string; actor: { label: string }; metadata: Record<string, unknown> | null }) =>
      [event.action, event.actor.label, JSON.stringify(event.metadata)].join(' '),
  );
}

const opened = async () => (await customerWrites(world)).conversationId;
const BO = 'transcript.viewed Bo {"windowSeconds":300}';

it('tells with one event of all views of a conversation by a session, whatever of it is shown', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  for (const query of [TRANSCRIPT, NOTES, TRANSCRIPT]) await agent.ask(query, { id });
  expect(await readings(id)).toEqual([BO]);
});

it('records another session, another caller and another object each by itself', async () => {
  const [agent, id, other] = [await signedIn('agent'), await opened(), await opened()];
  await agent.ask(TRANSCRIPT, { id });
  await agent.ask(TRANSCRIPT, { id: other });
  await (await signedIn('agent')).ask(TRANSCRIPT, { id });
  await (await signedIn('admin')).ask(TRANSCRIPT, { id });
  expect(await readings(id)).toEqual([BO, BO, 'transcript.viewed Ada {"windowSeconds":300}']);
  expect(await readings(other)).toEqual([BO]);
});

it('records the first view after the window', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  await agent.ask(TRANSCRIPT, { id });
  ahead += 290_000;
  await agent.ask(TRANSCRIPT, { id });
  expect(await readings(id)).toEqual([BO]);
  ahead += 10_001;
  await agent.ask(TRANSCRIPT, { id });
  expect(await readings(id)).toEqual([BO, BO]);
});

it('opens a live transcript on the record beside views of it, and again within the window not', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  await agent.ask(TRANSCRIPT, { id });
  const { eventCursor } = (await agent.ask('{ conversations(first: 1) { eventCursor } }')).conversations;
  for (let time = 0; time < 2; time += 1) {
    const frames = agent.subscribe(
      'subscription($id: ID!, $after: String) { transcriptChanges(conversationId: $id, afterEvent: $after) { changeType } }',
      { id, after: eventCursor },
    );
    await frames.until(({ transcriptChanges }) => transcriptChanges.changeType === 'CURSOR');
    await frames.stop();
  }
  expect(await readings(id)).toEqual([BO, 'transcript.viewed Bo {"live":true,"windowSeconds":300}']);
});

it('shows nothing to any of those who ask at once where the one event cannot be recorded, and records the next', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  // Known by now, so that only the append can fail.
  await agent.ask(PROFILE, { id });
  const failing = vi.spyOn(server.app.db, 'inWorkspace').mockRejectedValue(new Error('the log is full'));
  const answers = await Promise.all([1, 2, 3].map(() => agent.send(TRANSCRIPT, { id })));
  failing.mockRestore();
  expect(answers.map(({ data }) => data ?? null)).toEqual([null, null, null]);
  await Promise.all([1, 2, 3].map(() => agent.ask(TRANSCRIPT, { id })));
  expect((await readings(id)).filter((line) => line === BO)).toEqual([BO]);
});

it('lets an event speak no longer than it says, also where the window has become longer since', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  await agent.ask(TRANSCRIPT, { id });
  await setViewWindow(server, 3_600);
  ahead += 300_001;
  for (let time = 0; time < 2; time += 1) await agent.ask(TRANSCRIPT, { id });
  await setViewWindow(server, 300);
  ahead += 5_000;
  expect(await readings(id)).toEqual([BO, 'transcript.viewed Bo {"windowSeconds":3600}']);
});

it('makes every view an event where the workspace wants that, five seconds after it was set', async () => {
  const [agent, id] = [await signedIn('agent'), await opened()];
  await agent.ask(TRANSCRIPT, { id });
  await setViewWindow(server, 0);
  ahead += 5_000;
  for (let time = 0; time < 2; time += 1) await agent.ask(TRANSCRIPT, { id });
  await setViewWindow(server, 300);
  ahead += 5_000;
  expect(await readings(id)).toEqual([BO, 'transcript.viewed Bo null', 'transcript.viewed Bo null']);
});
