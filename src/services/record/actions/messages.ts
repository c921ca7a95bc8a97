import type { ActionDefinition } from '../action-definition.js';
import { conversationState, reasonTail } from './wording.js';

/** What is said. */
export const messageActions = {
  'message.received': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A channel delivered what a customer wrote.',
    sentence: '{actor} wrote in conversation {conversation}',
    payload: { content: true, labels: ['conversation'] },
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
  'message.imported': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A message that was written elsewhere, earlier, was brought in by an import. Nothing was sent.',
    sentence: 'A message was imported into conversation {conversation}',
    payload: { content: true, labels: ['conversation'], metadata: ['author'] },
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
    description: 'A message was changed. What it said before is kept as a revision.',
    sentence: '{actor} edited a message in conversation {conversation}' + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['revision'], reason: true },
    streams: ['conversation'],
  },
  'message.deleted': {
    category: 'MESSAGE',
    severity: 'NOTICE',
    description: 'A message was deleted. What it said is kept as a revision.',
    sentence: '{actor} deleted a message in conversation {conversation}' + reasonTail,
    payload: { labels: ['conversation'], metadata: ['revision'], reason: true },
    streams: ['conversation'],
  },
} as const satisfies Record<string, ActionDefinition>;
