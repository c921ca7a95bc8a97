import type { ActionDefinition } from '../action-definition.js';
import { conversationState, reasonTail } from './wording.js';

/** What is said. */
export const messageActions = {
  'message.received': {
    category: 'MESSAGE',
    severity: 'INFO',
    description:
      'A customer wrote; `blocked` says that they were blocked by then. It also takes an open conversation from a bot that was disabled.',
    sentence: '{actor} wrote in conversation {conversation}',
    payload: { content: true, changes: conversationState, labels: ['conversation'], metadata: ['blocked'] },
    streams: ['conversation'],
  },
  'message.sent': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'An agent, a bot or a program answered. A human answer also takes the conversation over from the bot.',
    sentence: '{actor} answered in conversation {conversation}' + reasonTail,
    payload: { content: true, changes: conversationState, labels: ['conversation'], reason: true },
    streams: ['conversation'],
  },
  'message.canned_response_used': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A message was sent with a canned response; which one stands in `related`.',
    sentence: '{actor} used the canned response {target} in conversation {conversation}',
    payload: { labels: ['conversation'] },
  },
  'message.imported': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A message that was written elsewhere, earlier, was brought in by an import. Nothing was sent.',
    sentence: 'A message was imported into conversation {conversation}',
    payload: { content: true, labels: ['conversation'], metadata: ['author'] },
    streams: ['conversation'],
  },
  'message.dispatched': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A channel has sent an answer on its way.',
    sentence: 'A message of conversation {conversation} was sent on its way',
    payload: { changes: ['delivery'], labels: ['conversation'] },
    streams: ['conversation'],
  },
  'message.delivered': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A channel has delivered an answer to the customer.',
    sentence: 'A message of conversation {conversation} was delivered',
    payload: { changes: ['delivery'], labels: ['conversation'] },
    streams: ['conversation'],
  },
  'message.read': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'The customer has read an answer, as its channel says.',
    sentence: 'A message of conversation {conversation} was read by the customer',
    payload: { changes: ['delivery'], labels: ['conversation'] },
    streams: ['conversation'],
  },
  'message.failed': {
    category: 'MESSAGE',
    severity: 'NOTICE',
    description: 'A channel could not deliver an answer.',
    sentence:
      'A message of conversation {conversation} could not be delivered{failure, select, none {} other {: {failure}}}',
    payload: { changes: ['delivery'], labels: ['conversation'], remarks: ['failure'] },
    streams: ['conversation'],
  },
  'bot.reply_suppressed': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot tried to speak or act in a conversation that it does not have; nothing was sent.',
    sentence: '{actor} tried {attempted} in conversation {target} without having it',
    payload: { metadata: ['attempted', 'suppressed'] },
  },
  'message.edited': {
    category: 'MESSAGE',
    severity: 'INFO',
    description:
      'A message was changed. What it said before is kept as a revision; so many `translations` of that were taken away.',
    sentence: '{actor} edited a message in conversation {conversation}' + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['revision', 'translations'], reason: true },
    streams: ['conversation'],
  },
  'message.deleted': {
    category: 'MESSAGE',
    severity: 'NOTICE',
    description:
      'A message was deleted. What it said is kept as a revision; so many `translations` of that were taken away.',
    sentence: '{actor} deleted a message in conversation {conversation}' + reasonTail,
    payload: { labels: ['conversation'], metadata: ['revision', 'translations'], reason: true },
    streams: ['conversation'],
  },
  'message.translated': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'What a message says in another language was set, or set anew.',
    sentence: '{actor} translated a message of conversation {conversation} into {language}' + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['language'], reason: true },
    streams: ['conversation'],
  },
} as const satisfies Record<string, ActionDefinition>;
