/** What a bell says: the log of a workspace has grown. No content ever travels on the bus. */
export interface Bell {
  /** The sequence of the newest event of the append. */
  sequence: number;
  /** How many events the append had. */
  count: number;
}

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
  /** Calls back whenever bells may have been lost, for example after a reconnection. */
  onGap(callback: () => void): void;
  /** Whether bells get through now; for readiness. */
  healthy(): boolean;
  close(): Promise<void>;
}
