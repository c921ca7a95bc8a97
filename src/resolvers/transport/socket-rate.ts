/** Messages that a socket may send at once, and how many more each second. */
const BURST = 120;
const PER_SECOND = 6;

/** Counts what one socket sends. */
export class SocketRate {
  #left = BURST;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Whether one more message is within the limit. */
  take(now: number): boolean {
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) / 1000) * PER_SECOND);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
