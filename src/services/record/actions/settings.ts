import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What administrators offer to those who work with conversations and contacts. */
export const settingActions = {
  'attribute_definition.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Conversations or contacts have one more attribute.',
    sentence: '{actor} defined the attribute {target}' + reasonTail,
    payload: { changes: ['noun', 'type', 'key'], committed: ['name', 'description', 'choices'], reason: true },
  },
  'attribute_definition.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The name, the description or the choices of an attribute changed.',
    sentence: '{actor} changed the attribute {target}' + reasonTail,
    payload: { committed: ['name', 'description', 'choices'], metadata: ['noun', 'key'], reason: true },
  },
  'attribute_definition.deactivated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'No value of an attribute is set any more; those that are there stay.',
    sentence: '{actor} deactivated the attribute {target}' + reasonTail,
    payload: { changes: ['active'], metadata: ['noun', 'key'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
