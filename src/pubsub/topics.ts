/** The topic on which the log of a workspace rings. The workspace is part of every topic's name. */
export const recordTopic = (workspaceId: string): string => `verbatim:record:${workspaceId}`;
