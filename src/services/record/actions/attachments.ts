import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** Files that are sent with messages, and what is said in them. Neither their names nor their words are on the record. */
export const attachmentActions = {
  'attachment.upload_started': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'Somebody was given a place to put a file that they will send.',
    sentence: '{actor} began to upload a file',
    payload: { metadata: ['kind', 'bytes'] },
  },
  'attachment.uploaded': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A file arrived, whole and as announced. It is seen by nobody until it is sent.',
    sentence: '{actor} uploaded a file ({contentType}, {bytes} bytes)',
    payload: { metadata: ['kind', 'contentType', 'bytes'] },
  },
  'attachment.downloaded': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'Somebody was given a file that was sent with a message. Recorded before they had it.',
    sentence: '{actor} downloaded a file of conversation {conversation}' + reasonTail,
    payload: { labels: ['conversation'], metadata: ['kind', 'bytes'], reason: true },
  },
  'attachment.deleted': {
    category: 'MESSAGE',
    severity: 'NOTICE',
    description: 'A file goes: it was never sent, or its contact is erased. Recorded before it has gone.',
    sentence: 'A file was deleted: {cause, select, NEVER_SENT {it was never sent} other {its contact was erased}}',
    payload: { metadata: ['cause', 'run'] },
  },
  'speech.transcribed': {
    category: 'MESSAGE',
    severity: 'INFO',
    description:
      'What is said in a recording was written down, or written down anew; which file stands in `related`. Without segments it was taken away.',
    sentence: '{actor} wrote down what is said in a recording of conversation {conversation}' + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['segments'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
