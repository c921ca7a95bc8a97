import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/resolvers/admission/admission.js';
import { AppError } from '../../src/services/errors.js';
import { admit, limits, outcome, refusal, times, validDocument } from './admission-sample.js';

describe('an operation that is not well-formed', () => {
  it.each([[undefined], [null], [7], [{}], [['{viewer{id}}']]])('is refused when its text is %j', (query) => {
    expect(refusal(query)).toMatchObject({ code: 'VALIDATION_FAILED', details: { fields: [{ path: 'query' }] } });
  });

  it('is told what is wrong with its syntax and where', () => {
    const message = 'Syntax Error: Expected Name, found "}".';
    const locations = [{ line: 2, column: 3 }];
    expect(refusal('{\n  }')).toEqual({
      code: 'VALIDATION_FAILED',
      message,
      details: { errors: [{ message, locations }], locations },
    });
  });

  it('is told at most five of its faults', () => {
    const { details } = refusal(`{viewer{${times(9, (i) => `b${i}`)}}}`);
    expect(details).toMatchObject({ errors: { length: 5 } });
    expect(details).toMatchObject({
      errors: { 1: { message: 'Cannot query field "b1" on type "Agent".', locations: [{ line: 1, column: 12 }] } },
    });
  });

  it.each([
    ['{viewerr{id}}', 'Cannot query field "viewerr" on type "Query".'],
    ['{viewer}', 'Field "viewer" of type "Agent!" must have a selection of subfields.'],
    ['{conversations(firs:1){totalCount}}', 'Unknown argument "firs" on field "Query.conversations".'],
    ['{viewer{...on Agnt{id}}}', 'Unknown type "Agnt".'],
    [`{viewer(a:'b'){id}}`, `Syntax Error: Unexpected single quote character (').`],
  ])('learns no names from %s', (query, message) => {
    expect(refusal(query).message).toBe(message);
  });

  it.each([
    ['no operation at all', 'fragment F on Agent{id}', {}],
    ['two and no name', 'query A{viewer{id}} query B{viewer{id}}', {}],
    ['a name that it does not have', 'query A{viewer{id}}', { operationName: 'B' }],
    ['a name that is no text', 'query A{viewer{id}}', { operationName: 1 }],
    ['variables in a list', '{viewer{id}}', { variables: [] }],
    ['variables in a text', '{viewer{id}}', { variables: '{}' }],
    ['types of its own', 'type A{id:ID} query{viewer{id}}', {}],
  ])('is refused with %s', (_name, query, more) => {
    expect(refusal(query, more).code).toBe('VALIDATION_FAILED');
  });

  it('is refused where the schema has no such operations', () => {
    const admission = new Admission(buildSchema('type Query{a:Int}'), limits);
    expect(() => admission.admit({ query: 'mutation{a}' })).toThrow(
      new AppError('VALIDATION_FAILED', 'There is no mutation here.'),
    );
  });

  const rename = 'mutation($name:String,$attributes:JSON){rename(name:$name,attributes:$attributes){agent{id}}}';
  it.each<[string, string, object]>([
    ['variables.name', rename, { name: 'a\0' }],
    ['variables.attributes.a[1].b', rename, { attributes: { a: [1, { b: '\ud800' }] } }],
    ['variables.attributes', rename, { attributes: { '\udc00': 1 } }],
    ['rename.name', 'mutation{rename(name:"a\\u0000"){agent{id}}}', {}],
    ['all.filter.teams.texts', '{all:conversations(filter:{teams:[{texts:["""\0"""]}]}){totalCount}}', {}],
    ['$name', 'mutation($name:String="\0"){rename(name:$name){agent{id}}}', {}],
  ])('is refused for a text at %s that cannot be stored', (path, query, variables) => {
    expect(refusal(query, { variables })).toMatchObject({ code: 'VALIDATION_FAILED', details: { fields: [{ path }] } });
  });

  it('is never answered with anything but a typed error, whatever is sent', () => {
    const name = fc.constantFrom('viewer', 'teams', 'conversations', 'nodes', 'node', 'id', 'manager', '__schema', 'x');
    const value = fc.constantFrom('1', '"a"', '[1 2]', '{a:1}', '$v', 'null', '1e9', '"\\u0000"', '"""b"""');
    const { selection } = fc.letrec<{ selection: string }>((tie) => ({
      selection: fc.oneof(
        { maxDepth: 6 },
        name,
        fc.constantFrom('...A', '...B', '__typename', '...{', '}', '@skip(if:$v)'),
        fc.tuple(name, value, tie('selection')).map(([field, given, inner]) => `a:${field}(first:${given}){${inner}}`),
        fc.tuple(name, tie('selection'), tie('selection')).map(([field, a, b]) => `${field}{${a} ${b}}`),
        tie('selection').map((inner) => `...on Query{${inner}}`),
      ),
    }));
    const document = fc
      .tuple(selection, selection, selection)
      .map(([a, b, c]) => `query Q($v:Int){${a}} fragment A on Query{${b}} fragment B on Agent{${c}}`);
    const query = fc.oneof(
      document,
      validDocument,
      selection.map((inner) => `{${inner}}`),
      fc.string({ unit: 'binary' }),
      fc.anything(),
    );
    const variables = fc.oneof(fc.record({ v: fc.anything() }), fc.anything());
    fc.assert(
      fc.property(query, fc.option(fc.constantFrom('Q', 'R', 1)), variables, (query, operationName, variables) => {
        // Anything but an AppError is thrown on.
        const answer = outcome(() => admit(query, { operationName, variables }).nodes);
        expect(answer instanceof AppError || answer <= limits.maxNodes).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
