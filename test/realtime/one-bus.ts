import type { Bell, Bus } from '../../src/pubsub/bus.js';

/** Rings for everybody at once. */
export class OneBus implements Bus {
  readonly #hearing = new Set<(bell: Bell) => void>();
  ring(_topic: string, bell: Bell): void {
    for (const hear of this.#hearing) hear(bell);
  }
  async follow(_topic: string, hear: (bell: Bell) => void) {
    this.#hearing.add(hear);
    return async () => void this.#hearing.delete(hear);
  }
  tell(): void {}
  async listen() {
    return async () => {};
  }
  onGap(): void {}
  healthy = () => true;
  async close(): Promise<void> {}
}
