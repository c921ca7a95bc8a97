import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

const viewFields = ['orderBy', 'sharing', 'teamId'];
/** What people write, and what may name people. */
const viewTexts = ['name', 'filter'];

/** What administrators offer to those who work with conversations and contacts. */
export const settingActions = {
  'label.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'A label was created.',
    sentence: '{actor} created the label {target}' + reasonTail,
    payload: { changes: ['color'], committed: ['name', 'description'], reason: true },
  },
  'label.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The name, the colour or the description of a label changed, wherever it is carried.',
    sentence: '{actor} changed the label {target}' + reasonTail,
    payload: { changes: ['color'], committed: ['name', 'description'], reason: true },
  },
  'label.deactivated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'A label is added to nothing any more; what carries it keeps it.',
    sentence: '{actor} deactivated the label {target}' + reasonTail,
    payload: { changes: ['active'], reason: true },
  },
  'canned_response.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'A canned response was created.',
    sentence: '{actor} created the canned response {target}' + reasonTail,
    payload: { committed: ['shortcut', 'text'], reason: true },
  },
  'canned_response.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The shortcut or the text of a canned response changed.',
    sentence: '{actor} changed the canned response {target}' + reasonTail,
    payload: { committed: ['shortcut', 'text'], reason: true },
  },
  'canned_response.deactivated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Nothing is sent with a canned response any more; what was sent says that it was.',
    sentence: '{actor} deactivated the canned response {target}' + reasonTail,
    payload: { changes: ['active'], reason: true },
  },
  'view.created': {
    category: 'CONFIG',
    severity: 'INFO',
    description: 'Somebody kept a filter of conversations, for themselves or for others.',
    sentence: '{actor} created the view {target}' + reasonTail,
    payload: { changes: viewFields, committed: viewTexts, reason: true },
  },
  'view.updated': {
    category: 'CONFIG',
    severity: 'INFO',
    description: 'A view was changed, or shared with others than before.',
    sentence: '{actor} changed the view {target}' + reasonTail,
    payload: { changes: viewFields, committed: viewTexts, reason: true },
  },
  'view.deleted': {
    category: 'CONFIG',
    severity: 'INFO',
    description: 'A view was deleted.',
    sentence: '{actor} deleted the view {target}' + reasonTail,
    payload: { changes: viewFields, committed: viewTexts, reason: true },
  },
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
