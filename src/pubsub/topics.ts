/** The topic on which the log of a workspace rings. The workspace is part of every topic's name. */
export const recordTopic = (workspaceId: string): string => `verbatim:record:${workspaceId}`;

/** The topic on which it is told who views or types in a conversation. Never the one that customers could hear. */
export const typingTopic = (workspaceId: string, conversationId: string): string =>
  `verbatim:typing:${workspaceId}:${conversationId}`;
