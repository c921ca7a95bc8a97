// What stands in braces decides where a topic is in a cluster of Redis: all topics of a workspace are in one place.

/** The topic on which the log of a workspace rings. The workspace is part of every topic's name. */
export const recordTopic = (workspaceId: string): string => `verbatim:record:{${workspaceId}}`;

/** The topic on which it is told how far an export is. */
export const exportTopic = (workspaceId: string, exportId: string): string =>
  `verbatim:export:{${workspaceId}}:${exportId}`;

/** The topic on which it is told who views or types in a conversation. Never the one that customers could hear. */
export const typingTopic = (workspaceId: string, conversationId: string): string =>
  `verbatim:typing:{${workspaceId}}:${conversationId}`;

/** The topic on which it is told, of any workspace, that something on its log must not wait. */
export const urgentTopic = 'verbatim:urgent';
