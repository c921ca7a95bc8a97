import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What leaves the record as a file. */
export const exportActions = {
  'export.requested': {
    category: 'ACCESS',
    severity: 'NOTICE',
    description: 'Somebody asked for a part of the record as a file.',
    sentence: '{actor} asked for an export of the record as {format}' + reasonTail,
    payload: {
      metadata: ['format', 'fromSequence', 'toSequence', 'gzip', 'unmasked'],
      committed: ['filter'],
      reason: true,
    },
  },
  'export.completed': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'The file of an export is there.',
    sentence: 'The export of the record is done: {rows} events as {format}',
    payload: { metadata: ['format', 'rows', 'bytes', 'sha256'] },
  },
  'export.failed': {
    category: 'ACCESS',
    severity: 'NOTICE',
    description: 'An export came to nothing.',
    sentence: 'The export of the record failed: {fault}',
    payload: { metadata: ['format', 'fault', 'rows'] },
  },
  'export.cancelled': {
    category: 'ACCESS',
    severity: 'NOTICE',
    description: 'Somebody stopped an export before its file was there.',
    sentence: '{actor} stopped an export of the record' + reasonTail,
    payload: { metadata: ['format', 'rows'], reason: true },
  },
  'export.downloaded': {
    category: 'ACCESS',
    severity: 'NOTICE',
    description: 'Somebody downloads the file of an export. Recorded before its first byte.',
    sentence: '{actor} downloaded an export of the record: {rows} events as {format}',
    payload: { metadata: ['format', 'rows', 'bytes', 'sha256'] },
  },
  'export.expired': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'The file of an export was removed.',
    sentence: 'The file of an export of the record was removed',
    payload: { metadata: ['format', 'rows'] },
  },
} as const satisfies Record<string, ActionDefinition>;
