import type { Call } from '../application.js';
import { sightOf, type TeamQueueRow } from '../routing/read-queues.js';
import { patiently } from './patiently.js';

/**
 * What waits for teams, as it is: first each queue that the caller may see, then those that have changed, at most once a
 * second. State, not history: who reads slowly gets the newest alone. Rights are those of the moment: a team that the
 * caller may not see any more is told no more, and one that was deactivated once more, with nothing.
 * @param teamIds only these teams.
 * @throws AppError FORBIDDEN; and to end the stream, when the caller may see no team's queue any more.
 */
export async function queueChanges(
  call: Call,
  teamIds: readonly string[] | null | undefined,
): Promise<AsyncGenerator<TeamQueueRow, void, void>> {
  const { app, principal } = call;
  sightOf(principal);
  const { board, release } = await app.queueBoards.follow(principal.workspaceId);
  const stopping = new AbortController();
  const wanted = teamIds ? new Set(teamIds) : null;

  async function* run(): AsyncGenerator<TeamQueueRow, void, void> {
    const told = new Map<string, string>();
    let version = 0;
    try {
      while (!stopping.signal.aborted) {
        await board.after(version, stopping.signal);
        if (stopping.signal.aborted) return;
        ({ version } = board);
        const { queues } = board;
        const current = await patiently(
          () => app.principals.current(principal),
          () => stopping.signal,
        );
        const sees = sightOf(current);
        const seen = queues.filter(({ teamId }) => sees(teamId) && (wanted === null || wanted.has(teamId)));
        const ids = new Set(seen.map(({ teamId }) => teamId));
        const known = new Set(queues.map(({ teamId }) => teamId));
        for (const id of told.keys()) {
          if (ids.has(id)) continue;
          // Who sees it again is told again.
          told.delete(id);
          if (!known.has(id) && sees(id)) yield over(id);
        }
        for (const queue of seen) {
          const text = JSON.stringify(queue);
          if (told.get(queue.teamId) === text) continue;
          told.set(queue.teamId, text);
          yield queue;
        }
      }
    } catch (error) {
      // Whoever has left is not told how.
      if (!stopping.signal.aborted) throw error;
    } finally {
      release();
    }
  }
  const changes = run();
  return Object.assign(changes, {
    return: async () => {
      stopping.abort();
      release();
      return { value: undefined, done: true as const };
    },
  });
}

/** The queue of a team that was deactivated. */
const over = (teamId: string): TeamQueueRow => ({
  teamId,
  depth: 0,
  oldestWaitingSince: null,
  onlineMembers: 0,
  freeCapacity: 0,
});
