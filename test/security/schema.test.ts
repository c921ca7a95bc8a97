import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
  type GraphQLSchema,
} from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { beforeAll, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildApiSchema(allResolvers);
});

it('is what src/schema/schema.graphql says', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8');
  expect(`${printSchema(lexicographicSortSchema(schema))}\n`, 'Write it anew with scripts/schema.mjs.').toBe(committed);
});

it('describes every type, field, argument and enum', () => {
  const missing: string[] = [];
  const check = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description?.trim()) missing.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
    if (!isRoot) check(type.name, type);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        // The one argument of a mutation is described by its type, which is for nothing else.
        const args = type.name === 'Mutation' ? field.args.filter((arg) => arg.name !== 'input') : field.args;
        for (const arg of args) check(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    if (isEnumType(type)) check(type.name, type);
  }
  expect(missing).toEqual([]);
});

it('names the errors of every mutation, and of every list and stream', () => {
  const silent = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => !field.description?.includes('Errors: '))
      .map((field) => `${type.name}.${field.name}`),
  );
  // The two that answer everybody who has signed in, or everybody.
  expect(silent.toSorted()).toEqual(['Query.errorCodes', 'Query.viewer']);
});

it('has simple object types alone, so that a plain field runs no code, and guards no plain field by @Authorized', () => {
  const storage = getMetadataStorage();
  const names = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !isIntrospectionType(type));
  const described = new Map(storage.objectTypes.map((type) => [type.name, type]));
  const objects = names.map((type) => type.name).filter((name) => !/^(Query|Mutation|Subscription)$/.test(name));
  expect(objects.filter((name) => described.get(name)?.simpleResolvers !== true)).toEqual([]);
  const resolved = new Set(
    storage.fieldResolvers.map((field) => `${field.getObjectType?.().name}.${field.methodName}`),
  );
  const guarded = storage.fields
    .filter((field) => field.roles !== undefined)
    .map((field) => `${field.target.name}.${field.name}`);
  expect(guarded.filter((name) => !resolved.has(name))).toEqual([]);
});

it('runs no middleware, which would make every plain field slow', () => {
  const storage = getMetadataStorage();
  expect(storage.middlewares).toEqual([]);
  expect(storage.resolverMiddlewares ?? []).toEqual([]);
});
