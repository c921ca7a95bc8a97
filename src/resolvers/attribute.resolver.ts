import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { AttributeNoun as NounValue } from '../entities/enums.js';
import {
  AttributeDefinitionType,
  CreateAttributeDefinitionInputType,
  CreateAttributeDefinitionPayload,
  DeactivateAttributeDefinitionInputType,
  DeactivateAttributeDefinitionPayload,
  UpdateAttributeDefinitionInputType,
  UpdateAttributeDefinitionPayload,
} from '../schema/attribute.type.js';
import { AttributeNoun } from '../schema/setting-enums.js';
import { listAttributeDefinitions } from '../services/attributes/read-definitions.js';
import {
  createAttributeDefinition,
  deactivateAttributeDefinition,
  updateAttributeDefinition,
} from '../services/attributes/write-definitions.js';
import type { ApiContext } from './context.js';

@Resolver()
export class AttributeResolver {
  @Query(() => [AttributeDefinitionType], {
    description:
      'The attributes of conversations and contacts, those in use first, then by name, 250 at most. Errors: FORBIDDEN.',
  })
  attributeDefinitions(
    @Arg('noun', () => AttributeNoun, { nullable: true, description: 'Only those of conversations, or of contacts.' })
    noun: NounValue | null,
    @Arg('includeInactive', () => Boolean, { defaultValue: false, description: 'Also those that were deactivated.' })
    includeInactive: boolean,
    @Ctx() { call }: ApiContext,
  ) {
    return listAttributeDefinitions(call, { noun: noun ?? null, includeInactive });
  }

  @Mutation(() => CreateAttributeDefinitionPayload, {
    description:
      'Gives conversations or contacts one more attribute, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; CONFLICT for a key that is in use, or that had another type before; LIMIT_EXCEEDED at 50 in use of conversations, or of contacts.',
  })
  async createAttributeDefinition(
    @Arg('input', () => CreateAttributeDefinitionInputType) input: CreateAttributeDefinitionInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return {
      attributeDefinition: await loaders.attributeDefinition.load(await createAttributeDefinition(call, input)),
    };
  }

  @Mutation(() => UpdateAttributeDefinitionPayload, {
    description:
      'Changes what an attribute is called and what may be chosen, for administrators; values that are there stay. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was deactivated.',
  })
  async updateAttributeDefinition(
    @Arg('input', () => UpdateAttributeDefinitionInputType) input: UpdateAttributeDefinitionInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return {
      attributeDefinition: await loaders.attributeDefinition.load(await updateAttributeDefinition(call, input)),
    };
  }

  @Mutation(() => DeactivateAttributeDefinitionPayload, {
    description:
      'Lets no value of an attribute be set any more, for administrators; those that are there stay. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async deactivateAttributeDefinition(
    @Arg('input', () => DeactivateAttributeDefinitionInputType) input: DeactivateAttributeDefinitionInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return {
      attributeDefinition: await loaders.attributeDefinition.load(await deactivateAttributeDefinition(call, input)),
    };
  }
}
