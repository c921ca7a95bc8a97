import type { ExportState } from '../../entities/enums.js';
import { exportTopic } from '../../pubsub/topics.js';
import type { Application, Call } from '../application.js';
import { accessExport, type ExportRow } from './access-export.js';
import type { ExportKey } from './export-files.js';
import { percentOf } from './read-exports.js';

/** A bell may be missed: so often the row is looked at anyway, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** How far a job is. */
export interface JobProgress {
  jobId: string;
  state: ExportState;
  percent: number;
  rows: number;
}

/** Says that an export has gone on. Only a bell: who hears it reads the row, as far as they may. */
export const tellProgress = (app: Application, { workspaceId, id }: ExportKey): void =>
  app.bus.tell(exportTopic(workspaceId, id), []);

const progressOf = (row: ExportRow): JobProgress => ({
  jobId: row.id,
  state: row.state,
  percent: percentOf(row),
  rows: row.rows,
});

const isOpen = ({ state }: Pick<ExportRow, 'state'>): boolean => state === 'REQUESTED' || state === 'RUNNING';

/**
 * How far an export is, now and whenever it has gone on, until it has ended: state, not history.
 * @throws AppError NOT_FOUND, also later when the caller may no longer see it.
 */
export async function jobProgress(call: Call, jobId: string): Promise<AsyncGenerator<JobProgress, void, void>> {
  const first = await accessExport(call, jobId, 'export.read');
  const { app, principal } = call;
  const ended = new AbortController();
  let rung = false;
  let wake: () => void = () => {};
  const ring = (): void => {
    rung = true;
    wake();
  };
  const stopListening = await app.bus.listen(exportTopic(principal.workspaceId, jobId), ring);
  ended.signal.addEventListener('abort', ring);
  const pause = async (): Promise<void> => {
    if (!rung) {
      const timer = setTimeout(ring, LOOK_EVERY_MS);
      await new Promise<void>((resolve) => (wake = resolve));
      clearTimeout(timer);
    }
    rung = false;
  };
  async function* run(): AsyncGenerator<JobProgress, void, void> {
    let row = first;
    let told = '';
    while (!ended.signal.aborted) {
      const progress = progressOf(row);
      if (JSON.stringify(progress) !== told) {
        told = JSON.stringify(progress);
        yield progress;
      }
      if (!isOpen(row)) break;
      await pause();
      if (ended.signal.aborted) break;
      row = await accessExport({ ...call, principal: await app.principals.current(principal) }, jobId, 'export.read');
    }
    await end();
  }
  const end = async (): Promise<void> => {
    if (ended.signal.aborted) return;
    ended.abort();
    await stopListening();
  };
  return Object.assign(run(), {
    return: async () => {
      await end();
      return { value: undefined, done: true as const };
    },
  });
}
