import type { Writable } from 'node:stream';

/** Between two lines where there is no terminal, in milliseconds. */
const LINE_EVERY_MS = 5_000;

/** How far a log has been read, told to whoever waits. */
export interface Progress {
  onProgress: (read: number, of: number) => void;
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
): Promise<Progress> {
  if (stream.isTTY !== true) {
    let told = now();
    const onProgress = (read: number, of: number): void => {
      if (now() - told < LINE_EVERY_MS) return;
      told = now();
      stream.write(`${name}: ${read} of ${of} events\n`);
    };
    return { onProgress, end: () => {} };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${name.replaceAll(/[{}]/g, '')} [{bar}] {percentage} % of {total} events, {eta_formatted} left`,
    clearOnComplete: true,
    barsize: 24,
  });
  let isStarted = false;
  return {
    onProgress(read, of) {
      if (!isStarted) bar.start(of, 0);
      isStarted = true;
      bar.update(read);
    },
    end: () => bar.stop(),
  };
}
