// One clock for all processes of the machine (CLOCK_MONOTONIC), in milliseconds with fractions.
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds, but not longer than `ms`. @returns whether it does */
export async function until(holds, ms, everyMs = 20) {
  const deadline = now() + ms;
  for (;;) {
    if (await holds()) return true;
    if (now() > deadline) return false;
    await pause(everyMs);
  }
}
