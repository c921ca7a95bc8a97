import * as domain from '../entities/enums.js';
import { named } from './named-enum.js';

export const AttributeNoun = named(domain.AttributeNoun, 'AttributeNoun', 'What has attributes of its workspace.', {
  CONVERSATION: 'Conversations.',
  CONTACT: 'Contacts.',
});
export const AttributeType = named(domain.AttributeType, 'AttributeType', 'What the values of an attribute are.', {
  TEXT: 'A text, 1 to 2,000 characters.',
  NUMBER: 'A number, whole or not.',
  BOOLEAN: 'true or false.',
  DATE: 'A day, as `2026-01-31`.',
  LIST: 'One of the choices.',
  URL: 'An http or https address, 2,000 characters at most.',
});
export const ViewSharing = named(domain.ViewSharing, 'ViewSharing', 'Who sees a view besides whose it is.', {
  PRIVATE: 'Nobody.',
  TEAM: 'The members and supervisors of a team, and administrators.',
  EVERYBODY: 'Everybody who works with conversations.',
});
