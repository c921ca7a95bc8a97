import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { Admission, usesIntrospection, type AdmissionLimits } from '../../src/resolvers/admission/admission.js';
import { AppError } from '../../src/services/errors.js';
import { admit, limits, nested, refusal, schema, times } from './admission-sample.js';

describe('an operation', () => {
  const spreads = (size: number) => times(size, (i) => `...F${i}`);

  it.each<[string, Partial<AdmissionLimits>, number, (size: number) => string]>([
    ['tokens', { maxTokens: 40 }, 40, (size) => `{viewer{${'id '.repeat(size - 5)}}} # and comments`],
    ['queryBytes', {}, 16_384, (size) => `{viewer{id}}#é${'-'.repeat(size - 15)}`],
    ['fragments', {}, 30, (size) => `{${spreads(size)}} ${times(size, (i) => `fragment F${i} on Query{viewer{id}}`)}`],
    ['directives', {}, 20, (size) => `{viewer{${times(size, () => '...@include(if:true){id}')}}}`],
    ['aliases', {}, 30, (size) => `{viewer{id:id ${times(size, (i) => `a${i}:id`)}}}`],
    ['depth', {}, 8, (size) => `{viewer{${nested(size - 2, 'manager', 'id')}}}`],
    ['rootFields', {}, 10, (size) => `{${times(size, (i) => `a${i}:viewer{id}`)}}`],
    ['rootFields', {}, 5, (size) => `mutation{${times(size, (i) => `a${i}:rename{agent{id}}`)}}`],
    ['credentialFields', {}, 1, (size) => `mutation{${times(size, (i) => `a${i}:signIn{agent{id}}`)}}`],
    ['listInput', {}, 250, (size) => `mutation{rename(ids:[${'1 '.repeat(size)}]){agent{id}}}`],
    ['nodes', { maxNodes: 60 }, 60, (size) => `{conversations(first:${size}){nodes{id}}}`],
  ])('is admitted at its limit of %s and refused one past it (%j)', (limit, changed, max, build) => {
    expect(admit(build(max), {}, changed).cost).toBeGreaterThan(0);
    const details = limit === 'tokens' ? { limit, max } : { limit, max, actual: max + 1 };
    expect(refusal(build(max + 1), {}, changed)).toMatchObject({ code: 'LIMIT_EXCEEDED', details });
  });

  it('has the levels and root fields of its fragments', () => {
    const deep = `{viewer{...A}} fragment A on Agent{manager{...B}} fragment B on Agent{${nested(6, 'manager', 'id')}}`;
    expect(refusal(deep).details).toEqual({ limit: 'depth', max: 8, actual: 9 });
    const wide = `{a:viewer{id} ...A} fragment A on Query{...{${times(10, (i) => `a${i}:viewer{id}`)}}}`;
    expect(refusal(wide).details).toEqual({ limit: 'rootFields', max: 10, actual: 11 });
    const guesses = `mutation{...A refreshSession{agent{id}}} fragment A on Mutation{signIn{agent{id}}}`;
    expect(refusal(guesses).details).toEqual({ limit: 'credentialFields', max: 1, actual: 2 });
  });

  it('has one root field where one response name is selected often, as it is executed once', () => {
    expect(admit(`{${'viewer{id} '.repeat(11)}}`).cost).toBe(12);
  });

  it('has no levels for the spelling of pages, but for the same names in other types', () => {
    const pages = (field: string) => `{${nested(2, `conversations(first:1){${field}`, 'id').replaceAll('}', '}}')}}`;
    expect(admit(pages('nodes'), {}, { maxDepth: 3 }).nodes).toBe(2);
    const ofAgent = '{actor{...on Agent{conversations{nodes{id}}}}}';
    expect(admit(ofAgent, {}, { maxDepth: 3 }).nodes).toBe(26);
    expect(admit('{conversations{edges{node{id}} pageInfo{hasNextPage}}}', {}, { maxDepth: 2 }).nodes).toBe(26);
    expect(refusal(`{tree{${nested(7, 'node', 'id')}}}`).details).toEqual({ limit: 'depth', max: 8, actual: 9 });
  });

  it('is refused for a long list at any level of its variables', () => {
    const query = 'query($filter:Filter){conversations(filter:$filter){totalCount}}';
    const of = (length: number) => ({ variables: { filter: { teams: [{ texts: Array(length).fill('a') }] } } });
    expect(admit(query, of(250)).nodes).toBe(1);
    expect(refusal(query, of(251)).details).toEqual({
      limit: 'listInput',
      max: 250,
      actual: 251,
      path: 'variables.filter.teams[0].texts',
    });
  });

  it('is refused for variables that nest deeper than anybody can walk', () => {
    const variables: unknown = JSON.parse(`{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`);
    expect(refusal('{viewer{id}}', { variables }).details).toEqual({ limit: 'inputDepth', max: 32 });
  });
});

describe('what is small to send and large to expand', () => {
  const chain = (body: (next: string) => string) =>
    `${times(29, (i) => `fragment F${i} on Agent{${body(`...F${i + 1}`)}}`)} fragment F29 on Agent{manager{id}}`;

  it('is refused where spreads double thirty times', () => {
    const { code, details } = refusal(`{viewer{...F0}} ${chain((next) => `${next} ${next}`)}`);
    expect(code).toBe('LIMIT_EXCEEDED');
    expect(details).toEqual({ limit: 'nodes', max: 5_000, actual: 2 ** 29 + 1 });
  });

  it('is refused where levels double thirty times, even when depth is hardly limited', () => {
    const query = `{viewer{...F0}} ${chain((next) => `manager{${next}} m:manager{${next}}`)}`;
    expect(refusal(query, {}, { maxDepth: 100 }).details).toMatchObject({ limit: 'nodes' });
    expect(refusal(query).details).toEqual({ limit: 'depth', max: 8, actual: 32 });
  });

  it('is refused where the estimate is beyond what a number can hold', () => {
    const query = `{viewer{...F0}} ${chain((next) => `conversations(first:100){nodes{assignee{${next} ${next}}}}`)}`;
    const { details } = refusal(query, {}, { maxDepth: 100 });
    expect(details).toEqual({ limit: 'nodes', max: 5_000, actual: Number.MAX_SAFE_INTEGER });
  });

  it('is refused where fragments go in a circle, which validation names', () => {
    const { code, message } = refusal('{viewer{...A}} fragment A on Agent{manager{...B}} fragment B on Agent{...A}');
    expect([code, message]).toEqual(['VALIDATION_FAILED', 'Cannot spread fragment "A" within itself via "B".']);
    expect(refusal('{...A} fragment A on Query{...A viewer{id}}').code).toBe('VALIDATION_FAILED');
  });

  it.each([
    ['ten thousand aliases', `{viewer{${times(10_000, (i) => `a${i}:id`)}}}`, 'queryBytes'],
    ['ten thousand aliases where more text is allowed', `{viewer{${times(10_000, (i) => `a${i}:id`)}}}`, 'tokens'],
    ['levels without end', `{${nested(5_000, 'a', 'b')}}`, 'tokens'],
    ['a list in a list in a list', `{a(b:${'['.repeat(10_000)}`, 'tokens'],
    ['comments without tokens', '#\n'.repeat(10_000), 'queryBytes'],
    ['tokens between comments', `{${'#\na '.repeat(3_000)}}`, 'tokens'],
  ])('is refused for %s', (_name, query, limit) => {
    const changed = limit === 'tokens' ? { maxQueryBytes: 1_000_000 } : {};
    expect(refusal(query, {}, changed).details).toMatchObject({ limit });
  });
});

describe('an admitted operation', () => {
  const both = 'query A{viewer{id}} query B($v:Int){conversations(first:$v){totalCount}}';

  it('is the one that was named, with its variables', () => {
    const admitted = admit(both, { operationName: 'B', variables: { v: 1 } });
    expect(admitted).toMatchObject({ operationName: 'B', variables: { v: 1 }, nodes: 1, introspects: false });
    expect(admitted.document.definitions[1]).toBe(admitted.operation);
    expect(admit('{viewer{id}}', { operationName: null, variables: null })).toMatchObject({
      operationName: null,
      variables: {},
    });
    expect(admit('query A{viewer{id}}').operationName).toBe('A');
    expect(admit('subscription{changed{id}}').operation.operation).toBe('subscription');
  });

  it('has a key of its text and its operation, not of its variables', () => {
    const keyOf = (query: string, operationName?: string, variables = {}) =>
      admit(query, { operationName, variables }).key;
    expect(keyOf(both, 'B', { v: 1 })).toBe(keyOf(both, 'B', { v: 2 }));
    expect(new Set([keyOf(both, 'A'), keyOf(both, 'B'), keyOf(`${both} `, 'A'), keyOf('{viewer{id}}')]).size).toBe(4);
  });

  it('is parsed and validated once, until five hundred other texts or two megabytes were used since', () => {
    const admission = new Admission(schema, limits);
    const documentOf = (query: string) => admission.admit({ query }).document;
    const first = documentOf('{viewer{id}}');
    for (let i = 0; i < 499; i += 1) documentOf(`{viewer{id}}#${i}`);
    expect(documentOf('{viewer{id}}')).toBe(first);
    documentOf('{viewer{id}} # used later than the first was again');
    expect(documentOf('{viewer{id}}')).toBe(first);
    for (let i = 0; i < 500; i += 1) documentOf(`{viewer{id}}##${i}`);
    const second = documentOf('{viewer{id}}');
    expect(second).not.toBe(first);
    const large = (i: number) => `{viewer{id}}#${String(i).padStart(16_384 - 13, '-')}`;
    for (let i = 0; i < 127; i += 1) documentOf(large(i));
    expect(documentOf('{viewer{id}}')).toBe(second);
    for (let i = 0; i < 128; i += 1) documentOf(large(i));
    const third = documentOf('{viewer{id}}');
    expect(third).not.toBe(second);
    expect(documentOf('{viewer{id}}')).toBe(third);
  });

  it('is held to the size of its pages also when its text is known', () => {
    const admission = new Admission(schema, { ...limits, maxNodes: 50 });
    const query = 'query($n:Int){conversations(first:$n){nodes{id}}}';
    expect(admission.admit({ query, variables: { n: 50 } }).nodes).toBe(50);
    expect(() => admission.admit({ query, variables: { n: 51 } })).toThrow(AppError);
  });

  it('says whether it asks for the schema, at the root or anywhere else', () => {
    expect(usesIntrospection(parse('{viewer{__typename id}}'))).toBe(false);
    expect(usesIntrospection(parse('{...A} fragment A on Query{...{s:__schema{description}}}'))).toBe(true);
    expect(usesIntrospection(parse('mutation{rename{query{__type(name:"A"){name}}}}'))).toBe(true);
  });

  it('may be the query with which tools ask for the whole schema', () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true });
    expect(admit(query)).toMatchObject({ introspects: true, nodes: 2_924 });
  });
});
