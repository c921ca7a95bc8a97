import { urgentTopic } from '../../pubsub/topics.js';
import { ensureRulesEverywhere } from '../alerts/ensure-rules.js';
import { evaluateDue } from '../alerts/evaluate-due.js';
import { evaluateWorkspace } from '../alerts/evaluate-workspace.js';
import type { Application } from '../application.js';
import { sql } from '../sql.js';
import { every } from './every.js';
import { Turn } from './turn.js';

const SWEEP_MS = 1_000;
const ENSURE_MS = 60_000;
/** Workspaces that one sweep attends to, those with the least to do first, so that one with much makes nobody wait. */
const WORKSPACES = 200;
/** Pages of one workspace in one sweep; what is left is for the next one. */
const PAGES = 20;

/**
 * Evaluates the records of all workspaces, on one node at a time: each second what is new, and at once where something
 * severe has been recorded, which is told over the bus. A word that is lost costs a second.
 */
export async function startAlerts(app: Application): Promise<{ stop(): Promise<void> }> {
  const turn = new Turn(app.db, 'alerts');
  const underWay = new Set<Promise<unknown>>();
  let ensured = 0;

  const sweeping = every(SWEEP_MS, 'evaluate alerts', app, async () => {
    if (!(await turn.take())) return;
    if (Date.now() - ensured >= ENSURE_MS) {
      await ensureRulesEverywhere(app);
      ensured = Date.now();
    }
    for (const workspaceId of await workspacesBehind(app)) await catchUp(app, workspaceId);
    for (const workspaceId of await workspacesDue(app)) {
      await quietly(app, workspaceId, () => evaluateDue(app, workspaceId));
    }
  });
  const unlisten = await app.bus.listen(urgentTopic, ([workspaceId]) => {
    if (!turn.isMine) return;
    const work = catchUp(app, String(workspaceId)).finally(() => underWay.delete(work));
    underWay.add(work);
  });
  return {
    stop: async () => {
      await unlisten();
      await Promise.all([sweeping.stop(), ...underWay]);
      await turn.passOn().catch((error: unknown) => app.log.warn({ err: error }, 'the turn could not be passed on'));
    },
  };
}

/** Evaluates a workspace up to its newest event, or as far as one sweep goes. */
const catchUp = (app: Application, workspaceId: string): Promise<void> =>
  quietly(app, workspaceId, async () => {
    for (let page = 0; page < PAGES && (await evaluateWorkspace(app, workspaceId)); page += 1);
  });

/** What fails in one workspace must not keep the others waiting; the next sweep tries again. */
async function quietly(app: Application, workspaceId: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    app.log.warn({ err: error, workspaceId }, 'the record could not be evaluated; it is tried again');
  }
}

async function workspacesBehind(app: Application): Promise<string[]> {
  const rows = await app.db.rows<{ workspaceId: string }>(
    sql`select workspace_id as "workspaceId" from alerts_behind(${WORKSPACES})`,
  );
  return rows.map(({ workspaceId }) => workspaceId);
}

async function workspacesDue(app: Application): Promise<string[]> {
  const rows = await app.db.rows<{ workspaceId: string }>(
    sql`select workspace_id as "workspaceId" from alert_states_due(${app.now()}, ${WORKSPACES})`,
  );
  return rows.map(({ workspaceId }) => workspaceId);
}
