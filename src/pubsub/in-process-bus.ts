import type { Bell, Bus, Words } from './bus.js';

/** The bus of a single process: what is sent is heard on the next turn of the event loop. */
export class InProcessBus implements Bus {
  readonly #followers = new Map<string, Set<(words: Words) => void>>();

  ring(topic: string, { sequence, count }: Bell): void {
    this.tell(topic, [sequence, count]);
  }

  follow(topic: string, hear: (bell: Bell) => void): Promise<() => Promise<void>> {
    return this.listen(topic, ([sequence, count]) => hear({ sequence: sequence as number, count: count as number }));
  }

  tell(topic: string, words: Words): void {
    const followers = this.#followers.get(topic);
    if (!followers) return;
    setImmediate(() => {
      for (const hear of followers) hear(words);
    });
  }

  async listen(topic: string, hear: (words: Words) => void): Promise<() => Promise<void>> {
    let followers = this.#followers.get(topic);
    if (!followers) this.#followers.set(topic, (followers = new Set()));
    followers.add(hear);
    return async () => {
      followers.delete(hear);
      if (followers.size === 0 && this.#followers.get(topic) === followers) this.#followers.delete(topic);
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
