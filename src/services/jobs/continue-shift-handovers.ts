import type { Application } from '../application.js';
import { sql } from '../database.js';
import { stepShift } from '../handovers/step-shift.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';

/** How many are gone on with in one sweep, and how far each: a long one makes nobody wait. */
const BATCH = 100;
const STEPS = 20;
/** So long who has asked for it goes on with it themselves, in milliseconds. */
const ASKING_MS = 10_000;

/**
 * Goes on with shift handovers that were begun and are not completed, as after a crash. Safe in several processes at
 * once. One that fails holds up no other.
 */
export async function continueShiftHandovers(app: Application): Promise<void> {
  const begunBefore = new Date(app.now().getTime() - ASKING_MS);
  const open = await app.db.rows<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from shift_handovers_open(${begunBefore}, ${BATCH})`,
  );
  for (const { workspaceId, id } of open) {
    const request = { id: newId(), ipAddress: null, userAgent: null };
    const call = { app, principal: systemPrincipal(workspaceId), request };
    try {
      for (let step = 0; step < STEPS && (await stepShift(call, id)); step += 1);
    } catch (error) {
      app.log.warn({ err: error, workspaceId, shiftHandoverId: id }, 'a shift handover could not go on');
    }
  }
}
