import { urgentTopic } from '../../pubsub/topics.js';
import { ensureRulesEverywhere } from '../alerts/ensure-rules.js';
import { evaluateDue } from '../alerts/evaluate-due.js';
import { PageSizes } from '../alerts/page-sizes.js';
import { evaluateWorkspace, StandsStill } from '../alerts/evaluate-workspace.js';
import type { Application } from '../application.js';
import { sql } from '../sql.js';
import { every } from './every.js';
import { Turn } from './turn.js';

const SWEEP_MS = 1_000;
const ENSURE_MS = 60_000;
/** So often it is said of a workspace that it stands still, in milliseconds. */
const SAY_AGAIN_MS = 60_000;
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
  const sizes = new PageSizes();
  const said = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  let ensured = 0;

  const sweeping = every(SWEEP_MS, 'evaluate alerts', app, async () => {
    if (!(await turn.take())) return;
    if (Date.now() - ensured >= ENSURE_MS) {
      await ensureRulesEverywhere(app);
      ensured = Date.now();
    }
    for (const workspaceId of await workspacesBehind(app)) await catchUp(app, workspaceId, sizes, said);
    for (const workspaceId of await workspacesDue(app)) {
      await quietly(app, workspaceId, said, () => evaluateDue(app, workspaceId));
    }
  });
  const unlisten = await app.bus.listen(urgentTopic, ([workspaceId]) => {
    if (!turn.isMine) return;
    const work = catchUp(app, String(workspaceId), sizes, said).finally(() => underWay.delete(work));
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
const catchUp = (app: Application, workspaceId: string, sizes: PageSizes, said: Map<string, number>): Promise<void> =>
  quietly(app, workspaceId, said, async () => {
    for (let page = 0; page < PAGES && (await evaluateWorkspace(app, workspaceId, sizes)); page += 1);
  });

/**
 * What fails in one workspace must not keep the others waiting; the next sweep tries again. Where that will not help,
 * nothing there raises alerts any more, not even one about this: it is said as loudly as a node can, once a minute.
 * @param said when it was said last, by workspace.
 */
async function quietly(
  app: Application,
  workspaceId: string,
  said: Map<string, number>,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StandsStill) {
      if (Date.now() - (said.get(workspaceId) ?? 0) < SAY_AGAIN_MS) return;
      said.set(workspaceId, Date.now());
      return app.log.error({ err: error, workspaceId }, 'alerts stand still: the record cannot be evaluated');
    }
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
