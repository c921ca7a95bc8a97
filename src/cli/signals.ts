/** npm passes a Ctrl-C on that the terminal has sent to us as well; so close together they are one. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Waits to be told to end, by Ctrl-C or SIGTERM. Whoever tells a second time does not want to wait for a clean end:
 * the process exits at once.
 */
export function untilToldToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = 0;
    const told = (signal: NodeJS.Signals): void => {
      if (first === 0) {
        first = Date.now();
        resolve(signal);
      } else if (Date.now() - first > SAME_SIGNAL_MS) {
        // 128 + the signal's number, as shells say it.
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
    };
    process.on('SIGINT', told);
    process.on('SIGTERM', told);
  });
}
