/** What somebody is doing in a conversation right now. */
export const TypingActivity = { VIEWING: 'VIEWING', TYPING: 'TYPING', STOPPED: 'STOPPED' } as const;
export type TypingActivity = keyof typeof TypingActivity;

/** What asks for an agent's attention. */
export const NotificationKind = {
  ASSIGNED: 'ASSIGNED',
  UNASSIGNED: 'UNASSIGNED',
  MESSAGE: 'MESSAGE',
  MENTION: 'MENTION',
  HANDOVER_OFFERED: 'HANDOVER_OFFERED',
  HANDOVER_SETTLED: 'HANDOVER_SETTLED',
} as const;
export type NotificationKind = keyof typeof NotificationKind;
