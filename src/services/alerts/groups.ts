import { createHash } from 'node:crypto';
import type { AlertGroupBy } from '../../entities/enums.js';
import type { AlertEvent } from './alert-event.js';

/** The group of what has none: everything together, or that which it is grouped by is not known. */
export const WHOLE = '';
/** In a mute: every group. */
export const EVERY_GROUP = '*';

/**
 * The group of an event, by which it is counted. Of an address only a hash is kept outside the record: the address
 * itself is shown from the events that it came with, for as long as they have it.
 */
export function groupKeyOf(workspaceId: string, groupBy: AlertGroupBy, { row, address }: AlertEvent): string {
  switch (groupBy) {
    case 'ACTOR':
      return row.actorId ?? WHOLE;
    case 'TARGET':
      return row.targetId ?? WHOLE;
    case 'CONVERSATION':
      return row.conversationId ?? WHOLE;
    case 'ADDRESS':
      return address === null ? WHOLE : createHash('sha256').update(`${workspaceId}\0${address}`).digest('base64url');
    case 'NONE':
      return WHOLE;
  }
}
