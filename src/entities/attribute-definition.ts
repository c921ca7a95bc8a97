import { defineEntity } from '@mikro-orm/core';
import { AttributeNoun, AttributeType } from './enums.js';
import { instant, oneOf, rootKey } from './keys.js';

const p = defineEntity.properties;

const AttributeDefinitionSchema = defineEntity({
  name: 'AttributeDefinition',
  tableName: 'attribute_definition',
  properties: {
    ...rootKey,
    noun: oneOf(AttributeNoun),
    /** By which values are kept; of one type for good, also where it is defined anew. */
    key: p.text(),
    name: p.text(),
    description: p.text().nullable(),
    type: oneOf(AttributeType),
    /** Of a LIST: what may be chosen, in the order to show. */
    choices: p.array().columnType('text[]').$type<string[]>(),
    createdAt: instant(),
    /** From then on no value is set; those that are there stay. */
    deactivatedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'attribute_definition_in_use',
      expression:
        'create unique index "attribute_definition_in_use" on "attribute_definition" ("workspace_id", "noun", "key") where "deactivated_at" is null',
    },
  ],
});

/** A side of conversations or contacts that a workspace has added to them. */
export class AttributeDefinition extends AttributeDefinitionSchema.class {}
AttributeDefinitionSchema.setClass(AttributeDefinition);
