import fc from 'fast-check';
import {
  executeSync,
  type DocumentNode,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  type GraphQLFieldResolver,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/services/errors.js';
import { admit, outcome, schema, validDocument } from './admission-sample.js';

describe('the estimate of objects', () => {
  it.each<[string, number, object?]>([
    ['{viewer{id name __typename}}', 1],
    ['{viewer{manager{id}}}', 2],
    ['{teams{id}}', 10],
    ['{teams{aliases lead{id}}}', 20],
    ['{tree{nodes{node{id}}}}', 21],
    ['{actor{...on Agent{teams{id}}}}', 11],
    ['{conversations{nodes{id}}}', 25],
    ['{conversations(first:50){nodes{id}}}', 50],
    ['{conversations(first:1000){nodes{id}}}', 100],
    ['{conversations(first:-1){nodes{id}}}', 1],
    ['{conversations(first:0){nodes{id}}}', 1],
    ['{conversations(first:null){nodes{id}}}', 25],
    ['{conversations(last:7){nodes{id}}}', 7],
    ['{conversations(first:3,last:7){nodes{id}}}', 7],
    ['{recent{nodes{id}}}', 3],
    ['{conversations{totalCount}}', 1],
    ['{conversations(first:50){edges{cursor node{id}} pageInfo{hasNextPage}}}', 51],
    ['{conversations(first:50){nodes{assignee{id} labels{id}}}}', 50 * 12],
    ['{conversations(first:5){nodes{conversations(first:4){edges{node{assignee{id}}}}}}}', 5 * (1 + 4 * 2)],
    [
      '{...A ...A} fragment A on Query{conversations(first:5){...B}} fragment B on ConversationConnection{nodes{id}}',
      10,
    ],
    ['query($n:Int){conversations(first:$n){nodes{id}}}', 8, { n: 8 }],
    ['query($n:Int){conversations(first:$n){nodes{id}}}', 25],
    ['query($n:Int=9){conversations(first:$n){nodes{id}}}', 9],
    ['query($n:Int=9){recent(first:$n){nodes{id}}}', 25, { n: null }],
    ['query($n:Int){recent(first:$n){nodes{id}}}', 3],
    ['query($n:Int){conversations(first:$n){nodes{id}}}', 100, { n: 'many' }],
    ['query($n:Int){conversations(first:$n){nodes{id}}}', 100, { n: NaN }],
    ['query($constructor:Int){conversations(first:$constructor){nodes{id}}}', 25],
  ])('of %s is %i', (query, nodes, variables) => {
    expect(admit(query, { variables })).toMatchObject({ nodes, cost: 1 + nodes });
  });

  /** Executes with full pages, ten entries in every other list, and no object left out; counts what is returned. */
  function executeAndCount(document: DocumentNode, variableValues: Record<string, unknown>) {
    let objects = 0;
    const fieldResolver: GraphQLFieldResolver<{ size?: number }, unknown> = (
      parent,
      args,
      _context,
      { returnType },
    ) => {
      const type = getNamedType(returnType);
      if (isLeafType(type)) return 1;
      if (type.name.endsWith('Connection')) return { size: args['first'] ?? 25 };
      const isList = isListType(getNullableType(returnType));
      const count = isList ? (parent?.size ?? 10) : 1;
      // Edges are how a page is spelled; the nodes in them are counted.
      if (!type.name.endsWith('Edge')) objects += count;
      return isList ? Array.from({ length: count }, () => ({})) : {};
    };
    const { errors } = executeSync({ schema, document, variableValues, fieldResolver });
    return { errors, objects };
  }

  it('is never below the number of objects that an execution returns', () => {
    const pageSize = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined });
    fc.assert(
      fc.property(validDocument, pageSize, (query, v) => {
        const variables = v === undefined ? {} : { v };
        const admitted = outcome(() => admit(query, { variables }, { maxDepth: 50 }));
        // Any refusal but this would be a flaw of the generator.
        fc.pre(!(admitted instanceof AppError && admitted.details['limit'] === 'nodes'));
        if (admitted instanceof AppError) throw admitted;
        const { errors, objects } = executeAndCount(admitted.document, variables);
        expect(errors).toBeUndefined();
        expect(objects).toBeLessThanOrEqual(admitted.nodes);
      }),
      { numRuns: 300 },
    );
  });
});
