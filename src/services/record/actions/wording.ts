/** The end of a sentence whose action takes a reason. */
export const reasonTail = '{reason, select, none {} other {: {reason}}}';

/** What of a conversation's state an event may tell the change of. */
export const conversationState = ['status', 'assigneeId', 'teamId', 'botId', 'botActive', 'snoozedUntil'] as const;

/** What happened here, or what an import brought in that happened elsewhere. */
export const unlessImported = (here: string, imported: string): string =>
  `{imported, select, true {${imported}} other {${here}}}`;
