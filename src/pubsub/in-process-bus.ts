import type { Bell, Bus } from './bus.js';

/** The bus of a single process: a bell is heard on the next turn of the event loop. */
export class InProcessBus implements Bus {
  readonly #followers = new Map<string, Set<(bell: Bell) => void>>();

  ring(topic: string, bell: Bell): void {
    const followers = this.#followers.get(topic);
    if (!followers) return;
    setImmediate(() => {
      for (const hear of followers) hear(bell);
    });
  }

  async follow(topic: string, hear: (bell: Bell) => void): Promise<() => Promise<void>> {
    let followers = this.#followers.get(topic);
    if (!followers) this.#followers.set(topic, (followers = new Set()));
    followers.add(hear);
    return async () => {
      followers.delete(hear);
      if (followers.size === 0) this.#followers.delete(topic);
    };
  }

  onGap(): void {}

  healthy(): boolean {
    return true;
  }

  async close(): Promise<void> {
    this.#followers.clear();
  }
}
