/** What a bell says: the log of a workspace has grown. No content ever travels on the bus. */
export interface Bell {
  /** The sequence of the newest event of the append. */
  sequence: number;
  /** How many events the append had. */
  count: number;
}

/** A few ids and numbers. */
export type Words = readonly (string | number)[];

/**
 * Carries bells between the writers and the nodes that stream. It may lose, double, delay or reorder them: the log in
 * PostgreSQL is the truth, and every follower compares with it. Losing the bus costs latency, never an event.
 */
export interface Bus {
  /** Rings without waiting and without failing the caller. */
  ring(topic: string, bell: Bell): void;
  /**
   * Hears the bells of a topic from when the promise resolves.
   * @returns the function that stops it.
   */
  follow(topic: string, hear: (bell: Bell) => void): Promise<() => Promise<void>>;
  /**
   * Tells those who listen something that is true only now and may be missed: a few ids and numbers, no content.
   * Without waiting and without failing the caller, like a bell.
   */
  tell(topic: string, words: Words): void;
  /** Hears what is told on a topic, as `follow` hears bells. */
  listen(topic: string, hear: (words: Words) => void): Promise<() => Promise<void>>;
  /** Calls back whenever bells may have been lost, for example after a reconnection. */
  onGap(callback: () => void): void;
  /** Whether bells get through now; for readiness. */
  healthy(): boolean;
  close(): Promise<void>;
}
