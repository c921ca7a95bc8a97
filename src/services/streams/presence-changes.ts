import type { Call } from '../application.js';
import { forbidden } from '../errors.js';
import { presencesOf, type PresenceRow } from '../presence/presence.js';
import { canReadDirectory } from '../policy.js';
import { sql } from '../database.js';
import { lastOfEach } from './changed.js';
import { openSharedStream } from './open-stream.js';
import type { Delivered } from './stream-definition.js';

/** One frame of `presenceChanges`: an agent, as they are now. */
export interface PresenceChange {
  agentId: string;
  presence: PresenceRow;
}

const CHANGES = new Set(['agent.presence_changed', 'agent.capacity_changed']);

/**
 * Who comes, goes, is away or busy: state, not history, so there is no cursor; query, subscribe, and take what comes.
 * @param teamIds only members of these teams.
 * @throws AppError FORBIDDEN
 */
export async function presenceChanges(
  call: Call,
  teamIds: readonly string[] | null | undefined,
): Promise<AsyncGenerator<PresenceChange, void, void>> {
  if (!canReadDirectory(call.principal)) throw forbidden('You may not see who is there.');
  return openSharedStream<PresenceChange, Delivered<PresenceChange>[]>(call, null, {
    perViewer: false,
    needsContent: false,
    load: async (caller, events) => {
      const changed = events.filter((row) => CHANGES.has(row.action ?? ''));
      const wanted = await membersAmong(
        caller,
        changed.map((row) => row.targetId!),
        teamIds,
      );
      const kept = lastOfEach(changed, (row) => row.targetId!).filter((row) => wanted.has(row.targetId!));
      if (kept.length === 0) return [];
      const rows = await presencesOf(
        caller,
        kept.map((row) => row.targetId!),
      );
      const presences = new Map(rows.map((row) => [row.agentId, row]));
      return kept.flatMap((row) => {
        const presence = presences.get(row.targetId!);
        return presence ? [{ sequence: row.sequence, frame: () => ({ agentId: presence.agentId, presence }) }] : [];
      });
    },
    // Everybody who may open it sees everybody.
    decide: (delivered) => delivered,
    // There is no cursor to move.
    cursorFrame: null,
  });
}

async function membersAmong(
  { app, principal }: Call,
  agentIds: readonly string[],
  teamIds: readonly string[] | null | undefined,
): Promise<Set<string>> {
  if (!teamIds || agentIds.length === 0) return new Set(agentIds);
  const rows = await app.db.rows<{ id: string }>(sql`
    select distinct m.agent_id as id from team_member m
    where m.workspace_id = ${principal.workspaceId} and m.agent_id = any(${agentIds}::uuid[])
      and m.team_id::text = any(${teamIds}::text[])`);
  return new Set(rows.map((row) => row.id));
}
