import type { ActionDefinition } from '../action-definition.js';
import { conversationState, reasonTail } from './wording.js';

/** What takes conversations out of the inbox, and brings them back: merging, spam, deletion. */
export const outOfInboxActions = {
  'conversation.merged': {
    category: 'CONVERSATION',
    severity: 'NOTICE',
    description: 'Another conversation of the same contact goes on in this one.',
    sentence: '{actor} merged conversation {conversation} into {target}' + reasonTail,
    payload: {
      changes: ['mergedConversationId', 'waitingSince'],
      metadata: ['merge'],
      labels: ['conversation'],
      reason: true,
    },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.merged_into': {
    category: 'CONVERSATION',
    severity: 'NOTICE',
    description: 'A conversation goes on in another one of the same contact, and is resolved itself.',
    sentence: '{actor} merged conversation {target} into {conversation}' + reasonTail,
    payload: {
      changes: [...conversationState, 'mergedIntoId'],
      metadata: ['merge'],
      labels: ['conversation'],
      reason: true,
    },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.unmerged': {
    category: 'CONVERSATION',
    severity: 'NOTICE',
    description: 'A conversation that had been merged into this one goes on by itself.',
    sentence: '{actor} took conversation {conversation} apart from {target}' + reasonTail,
    payload: {
      changes: ['mergedConversationId', 'waitingSince'],
      metadata: ['merge'],
      labels: ['conversation'],
      reason: true,
    },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.unmerged_from': {
    category: 'CONVERSATION',
    severity: 'NOTICE',
    description: 'A conversation goes on by itself again, as it was before it was merged into another one.',
    sentence: '{actor} took conversation {target} apart from {conversation}' + reasonTail,
    payload: {
      changes: [...conversationState, 'mergedIntoId'],
      metadata: ['merge'],
      labels: ['conversation'],
      reason: true,
    },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.spam_marked': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was marked as spam: it is out of the inbox, and waits for nobody.',
    sentence: '{actor} marked conversation {target} as spam' + reasonTail,
    payload: { changes: ['spam'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.spam_unmarked': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation is no longer marked as spam: it is in the inbox again, as it was.',
    sentence: '{actor} took conversation {target} back from spam' + reasonTail,
    payload: { changes: ['spam'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.deleted': {
    category: 'CONVERSATION',
    severity: 'WARNING',
    description: 'A conversation was deleted: it is there for nobody, unless it is restored in time.',
    sentence: '{actor} deleted conversation {target}' + reasonTail,
    payload: { metadata: ['restorableUntil'], reason: true },
    inTranscript: true,
    streams: ['conversation', 'handover'],
  },
  'conversation.restored': {
    category: 'CONVERSATION',
    severity: 'NOTICE',
    description:
      'A deleted conversation is there again as it was; where `externalIdTaken` says so without its external id, which another has by now.',
    sentence: '{actor} restored conversation {target}' + reasonTail,
    payload: { changes: conversationState, metadata: ['externalIdTaken'], reason: true },
    inTranscript: true,
    streams: ['conversation', 'handover'],
  },
  'conversation.purged': {
    category: 'CONVERSATION',
    severity: 'WARNING',
    description:
      'A deleted conversation cannot be restored any more: what it held goes from here on, and a tombstone stays.',
    sentence: 'What the deleted conversation {target} held is removed for good',
    payload: { metadata: ['run'] },
  },
} as const satisfies Record<string, ActionDefinition>;
