import * as domain from '../entities/stream-enums.js';
import { named } from './named-enum.js';

export const ChangeType = named(
  { ADDED: 'ADDED', UPDATED: 'UPDATED', REMOVED: 'REMOVED', CURSOR: 'CURSOR' } as const,
  'ChangeType',
  'What a frame of a stream says.',
  {
    ADDED: 'The object has come into sight. Treat ADDED and UPDATED alike: put the object in place.',
    UPDATED: 'The object has changed. Treat ADDED and UPDATED alike: put the object in place.',
    REMOVED: 'The object has left the filter or your sight; only its id is given. Drop it, whether you had it or not.',
    CURSOR: 'Nothing for you happened up to this cursor. Also says that a replay has caught up.',
  },
);
export const TypingActivity = named(
  domain.TypingActivity,
  'TypingActivity',
  'What somebody is doing in a conversation right now.',
  {
    VIEWING: 'Has it open.',
    TYPING: 'Writes an answer.',
    STOPPED: 'Does neither any more.',
  },
);
export const NotificationKind = named(
  domain.NotificationKind,
  'NotificationKind',
  'What asks for an agent’s attention, of what others did.',
  {
    ASSIGNED: 'A conversation was given to you, by a person or automatically.',
    UNASSIGNED: 'A conversation of yours was given to somebody else, to nobody, or back to its queue.',
    MESSAGE: 'The customer wrote in a conversation that is yours.',
    MENTION: 'A note calls for you, in a conversation that you see.',
    HANDOVER_OFFERED: 'A conversation is offered to you or to one of your teams.',
    HANDOVER_SETTLED:
      'What you offered, or what was offered to you or to one of your teams, was accepted, declined, cancelled or has expired.',
  },
);
