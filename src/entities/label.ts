import { defineEntity } from '@mikro-orm/core';
import { Contact } from './contact.js';
import { Conversation } from './conversation.js';
import { instant, inWorkspace, rootKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const LabelSchema = defineEntity({
  name: 'Label',
  tableName: 'label',
  properties: {
    ...rootKey,
    name: p.text(),
    color: p.text(),
    description: p.text().nullable(),
    createdAt: instant(),
    /** From then on it is added to nothing; what carries it keeps it. */
    deactivatedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'label_in_use',
      expression:
        'create unique index "label_in_use" on "label" ("workspace_id", "name") where "deactivated_at" is null',
    },
  ],
});

/** A word that conversations and contacts are sorted by. */
export class Label extends LabelSchema.class {}
LabelSchema.setClass(Label);

const ConversationLabelSchema = defineEntity({
  name: 'ConversationLabel',
  tableName: 'conversation_label',
  properties: {
    workspaceId: workspaceKey(),
    conversation: () => inWorkspace(p.manyToOne(Conversation).primary(), 'conversation_id'),
    label: () => inWorkspace(p.manyToOne(Label).primary(), 'label_id'),
  },
  indexes: [{ properties: ['workspaceId', 'label'] }],
});

/** A conversation carries a label. */
export class ConversationLabel extends ConversationLabelSchema.class {}
ConversationLabelSchema.setClass(ConversationLabel);

const ContactLabelSchema = defineEntity({
  name: 'ContactLabel',
  tableName: 'contact_label',
  properties: {
    workspaceId: workspaceKey(),
    contact: () => inWorkspace(p.manyToOne(Contact).primary(), 'contact_id'),
    label: () => inWorkspace(p.manyToOne(Label).primary(), 'label_id'),
  },
  indexes: [{ properties: ['workspaceId', 'label'] }],
});

/** A contact carries a label. */
export class ContactLabel extends ContactLabelSchema.class {}
ContactLabelSchema.setClass(ContactLabel);
