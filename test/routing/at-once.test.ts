import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server.js';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { ASSIGN } from '../support/operations.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
let other: RunningServer;
beforeAll(async () => {
  stage = await RoutingStage.open();
  other = await stage.server.another();
});
afterAll(async () => {
  await other.stop();
  await stage.close();
});

const situations = fc.record({
  capacities: fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
  /** How many wait for the first team, and for the second, which has the same members. */
  waiting: fc.tuple(fc.nat(12), fc.nat(12)),
  strategies: fc.tuple(fc.constantFrom('ROUND_ROBIN', 'LEAST_BUSY'), fc.constantFrom('ROUND_ROBIN', 'LEAST_BUSY')),
});

it(
  'on two nodes at once, beside people who assign, gives each once and nobody more than they take',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(situations, async ({ capacities, waiting, strategies }) => {
        const members = await stage.agents(capacities.length);
        for (const [index, id] of members.entries()) await stage.capacity(id, capacities[index]!);
        const teams = [
          await stage.team(members, { strategy: strategies[0] }),
          await stage.team(members, { strategy: strategies[1] }),
        ];
        const queues = [
          await stage.waiting(teams[0]!.inboxId, waiting[0]),
          await stage.waiting(teams[1]!.inboxId, waiting[1]),
        ];
        await stage.online(...members);
        const ids = queues.flat();
        // Somebody takes one by hand while it goes on, as far as they have room at all.
        const byHand = capacities[0]! > 0 ? ids.slice(-1) : [];
        await Promise.all([
          routeConversations(stage.server.app),
          routeConversations(other.app),
          ...byHand.map((conversationId) =>
            stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: members[0]! } }),
          ),
          routeConversations(stage.server.app),
          routeConversations(other.app),
        ]);
        // What was held by somebody else is left for the next sweep.
        await routeConversations(stage.server.app);
        const { rows } = await stage.superuser.query<{ action: string; agent: string; number: number }>(
          `select b.action, c.id as conversation, count(*)::int as number from record_body b join conversation c on c.id = b.conversation_id
         where b.conversation_id = any($1) and b.action = 'conversation.auto_assigned' group by 1, 2 having count(*) > 1`,
          [ids],
        );
        expect(rows).toEqual([]);
        const assignees = await stage.assignees(ids);
        const open = members.map((id) => assignees.filter((assignee) => assignee === id).length);
        const room = capacities.reduce((sum, capacity) => sum + capacity, 0);
        for (const [index, count] of open.entries()) {
          // A person may give somebody more than they take; routing does not.
          const more = index === 0 && byHand.length > 0 ? 1 : 0;
          expect(count).toBeLessThanOrEqual(capacities[index]! + more);
        }
        expect(assignees.filter((assignee) => assignee !== null).length).toBeGreaterThanOrEqual(
          Math.min(ids.length, room),
        );
        // Of each team who waits longest was first; what was taken by hand aside.
        for (const queue of queues) {
          const had = (await stage.assignees(queue.filter((id) => !byHand.includes(id)))).map((id) => id !== null);
          expect(had).toEqual(had.toSorted((a, b) => Number(b) - Number(a)));
        }
        await stage.presence('OFFLINE', ...members);
        await stage.superuser.query("update conversation set status = 'RESOLVED' where id = any($1)", [ids]);
      }),
      { numRuns: 12 },
    );
  },
);
