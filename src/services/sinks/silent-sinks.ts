import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { sql } from '../sql.js';
import type { SinkKey } from './push.js';
import { sinkTarget } from './sink-input.js';

/** A sink is silent when events have waited so long for it without a single attempt that ended, in milliseconds. */
export const SILENT_MS = 3_600_000;

/**
 * Notes the sinks that nothing is pushed to although something waits, whatever the reason: the pushing itself may have come
 * to a stop, so another job says so. It goes on the record once, until a sink has taken something again.
 */
export async function noteSilentSinks(app: Application): Promise<void> {
  const before = new Date(app.now().getTime() - SILENT_MS);
  const silent = await app.db.asApplication<SinkKey & { name: string }>(
    sql`select workspace_id as "workspaceId", id, name from audit_sinks_silent(${before})`,
  );
  for (const { workspaceId, id, name } of silent) {
    const request = { id: newId(), ipAddress: null, userAgent: null };
    await commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
      const noted = await tx.rows<{ nextSequence: number }>(sql`
        update audit_sink set health = 'FAILING', last_error = 'silent', last_error_at = ${tx.now}
        where workspace_id = ${workspaceId} and id = ${id} and health = 'HEALTHY' and deleted_at is null
        returning next_sequence as "nextSequence"`);
      if (!noted[0]) return;
      tx.record({
        action: 'audit.sink_failed',
        outcome: 'FAILURE',
        target: sinkTarget({ id, name }),
        metadata: { fault: 'silent', disabled: false, nextSequence: noted[0].nextSequence },
      });
    });
  }
}
