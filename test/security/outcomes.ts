import type { ApiClient } from '../support/client.js';
import type { Scene, Stage } from './stage.js';

/**
 * One row a root field: what comes of it for every kind of caller. An outcome is `OK` or the error's code, for lists
 * and streams whether the scene was `shown` or `hidden`, and then the actions that were put onto the record.
 */
export interface RootField {
  field: `${'Query' | 'Mutation' | 'Subscription'}.${string}`;
  operation: string;
  variables?: (scene: Scene, stage: Stage) => object | Promise<object>;
  withHandover?: true;
  withNote?: true;
  /** What the caller, or somebody else, has done before. */
  prepare?: (scene: Scene, stage: Stage, caller: ApiClient) => Promise<unknown>;
  /**
   * For a stream without a past: makes what causes frames, each time anew; the last of them ends the waiting, by the
   * frame's being its.
   */
  provoke?: (scene: Scene, stage: Stage) => Promise<Provocation>;
  /** The conversations that it changes, where that is not the scene's alone. */
  changes?: (scene: Scene) => string[];
  /** What it makes anew, whose id is not known before. */
  makes?: 'conversation' | 'handover';
  /** The code of what was refused inside an answer, where it is said of each of several. */
  refused?: (data: Data) => string | undefined;
  /** Whether the answer, or any frame, shows the scene. */
  shows?: (data: Data, scene: Scene, stage: Stage) => boolean;
  /** Each outcome with the callers who get it. */
  expected: Record<string, string>;
}

export interface Provocation {
  again: () => Promise<unknown>;
  isLast: (frame: Data) => boolean;
}

// What an answer holds is what the row's own operation asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Data = any;

export const everybody = (outcome: string) => ({
  [outcome]:
    'anonymous revokedKey admin supervisor agent outsider auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot foreignAdmin',
});

/** Reading a conversation: who may not see it hears that there is none, and that is recorded. */
export const readers = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown': 'admin supervisor agent keyAll keyRead bot silencedBot',
  'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit otherBot',
  NOT_FOUND: 'foreignAdmin',
};
/** The same, by asking for what leaves a trace: nobody who is refused leaves one. */
export const revealing = <T extends Record<string, string>>(outcomes: T, ...readings: string[]) =>
  Object.fromEntries(
    Object.entries(outcomes).map(([outcome, who]) => [
      outcome.startsWith('OK') ? [outcome, ...readings].join(' ') : outcome,
      who,
    ]),
  );
export const listReaders = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown': 'admin supervisor agent keyAll keyRead bot silencedBot',
  'OK hidden': 'outsider otherBot foreignAdmin',
  FORBIDDEN: 'auditor keyIngest keyAudit',
};
export const recordReaders = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown': 'admin supervisor auditor keyAll keyAudit',
  'OK hidden': 'agent outsider foreignAdmin',
  FORBIDDEN: 'keyIngest keyRead bot silencedBot otherBot',
};
/** Every agent reads contacts, whatever their teams; auditors and bots do not. */
export const contactReaders = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown contact.profile_viewed': 'admin supervisor agent outsider keyAll',
  'NOT_FOUND auth.access_denied': 'auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
};
/** The feed for other systems. */
export const feedReaders = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown': 'admin keyAll',
  FORBIDDEN: 'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
  RESYNC_REQUIRED: 'foreignAdmin',
};
export const directoryReaders = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  'OK shown': 'admin supervisor agent outsider auditor keyAll keyRead keyAudit bot silencedBot otherBot',
  'OK hidden': 'foreignAdmin',
  FORBIDDEN: 'keyIngest',
};
/** A cursor of another workspace is a place in no history of one's own. */
export const elsewhere = <T extends Record<string, string>>(outcomes: T) => {
  const moved = Object.entries(outcomes).map(([outcome, who]) => [outcome, who.replace(/ ?foreignAdmin/, '')]);
  return { ...Object.fromEntries(moved), RESYNC_REQUIRED: 'foreignAdmin' } as Record<string, string>;
};
/** Working on a conversation, where a bot may while it has it. */
export const workers = (action: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: 'admin supervisor agent keyAll bot',
  'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit',
  'FORBIDDEN auth.access_denied': 'keyRead',
  'FORBIDDEN bot.reply_suppressed': 'silencedBot',
  'NOT_FOUND bot.reply_suppressed': 'otherBot',
  NOT_FOUND: 'foreignAdmin',
});
/** What no bot may. */
export const people = (action: string, who: string, readable: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: who,
  'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit',
  'FORBIDDEN auth.access_denied': readable,
  'FORBIDDEN bot.reply_suppressed': 'bot silencedBot',
  'NOT_FOUND bot.reply_suppressed': 'otherBot',
  NOT_FOUND: 'foreignAdmin',
});

/** Changing what was written: whoever may not learns that they see it, but not a bot of what it may not act on. */
export const editors = (action: string, who: string, readable: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: who,
  'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit otherBot',
  'FORBIDDEN auth.access_denied': readable,
  'FORBIDDEN bot.reply_suppressed': 'bot silencedBot',
  NOT_FOUND: 'foreignAdmin',
});

export const has = (rows: { id: string }[], id: string | null): boolean => rows.some((row) => row.id === id);
