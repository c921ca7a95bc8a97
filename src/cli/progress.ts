import type { Writable } from 'node:stream';

/** Between two lines where there is no terminal, in milliseconds. */
const LINE_EVERY_MS = 5_000;

/** How far something has been read, told to whoever waits. */
export interface Progress {
  /** `of` 0 = nobody knows how much there is; `done` is what has come of it so far, where that is something else. */
  onProgress: (read: number, of: number, done?: string) => void;
  /** Takes away what would stand between the lines of the report. */
  end: () => void;
}

/**
 * Tells on standard error, apart from the report: on a terminal by a bar, which goes away at the end; else by a line every
 * 5 s at most, so that nothing is told of what takes less.
 */
export async function progressOf(
  name: string,
  stream: Writable & { isTTY?: boolean } = process.stderr,
  now: () => number = () => performance.now(),
  unit = 'events',
): Promise<Progress> {
  if (stream.isTTY !== true) {
    let told = now();
    const onProgress = (read: number, of: number, done?: string): void => {
      if (now() - told < LINE_EVERY_MS) return;
      told = now();
      stream.write(`${name}: ${of > 0 ? `${read} of ${of}` : read} ${unit}${done ? `, ${done}` : ''}\n`);
    };
    return { onProgress, end: () => {} };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${name.replaceAll(/[{}]/g, '')} [{bar}] {percentage} % of {total} ${unit}, {done}{eta_formatted} left`,
    clearOnComplete: true,
    barsize: 24,
  });
  let isStarted = false;
  return {
    onProgress(read, of, done) {
      const said = { done: done ? `${done}, ` : '' };
      if (!isStarted) bar.start(of, 0, said);
      isStarted = true;
      bar.update(read, said);
    },
    end: () => bar.stop(),
  };
}
