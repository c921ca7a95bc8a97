import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CHANGE_ROLE, DEACTIVATE, REACTIVATE } from '../security/administration-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites } from '../support/operations.js';
import type { World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let agentId: string;
beforeAll(async () => {
  worlds = await Worlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world, admin } = await worlds.next());
  agentId = world.ids.agents.agent;
});
afterEach(() => worlds.superuser.query('rollback'));

/** A conversation of the agent's that somebody else is just changing, until `rollback`. */
async function lockedWork(): Promise<string> {
  const { conversationId } = await customerWrites(world);
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: agentId } });
  await worlds.superuser.query('begin');
  await worlds.superuser.query('select 1 from conversation where id = $1 for update', [conversationId]);
  return conversationId;
}

it('goes on, when asked again, with what an interrupted change of role to AUDITOR left with them', async () => {
  const conversationId = await lockedWork();
  const change = { agentId, role: 'AUDITOR', reason: 'Moves on' };
  const { extensions } = await admin.refused(CHANGE_ROLE, { input: change });
  expect(extensions.code).toBe('UNAVAILABLE');
  await worlds.superuser.query('rollback');
  // The role holds, the conversation is still theirs.
  const { agents } = await admin.ask('{ agents(filter: { roles: [AUDITOR] }) { nodes { id } } }');
  expect(agents.nodes).toContainEqual({ id: agentId });
  expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: agentId });
  const again = await recording(admin, () => followedBy([admin], () => admin.ask(CHANGE_ROLE, { input: change })));
  expect(again.events).toMatchObject([
    { action: 'conversation.unassigned', changes: [`assigneeId: ${agentId} → null`], reason: 'Moves on' },
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: null, team: world.ids.support });
  const third = await recording(admin, () => admin.ask(CHANGE_ROLE, { input: change }));
  expect(brief(third.events)).toEqual([]);
});

it('takes nothing more from who was let in again while their work was being released', async () => {
  const conversationId = await lockedWork();
  const { events } = await recording(admin, async () => {
    const deactivating = admin.ask(DEACTIVATE, { input: { agentId } });
    const gone = 'select 1 from agent where id = $1 and not active';
    await expect
      .poll(async () => (await worlds.superuser.query(gone, [agentId])).rows.length, { timeout: 1_500 })
      .toBe(1);
    await admin.ask(REACTIVATE, { input: { agentId } });
    await worlds.superuser.query('rollback');
    await deactivating;
  });
  expect(brief(events)).toEqual([
    { action: 'agent.deactivated', changes: ['active: true → false'] },
    { action: 'agent.reactivated', changes: ['active: false → true'] },
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: agentId });
});
