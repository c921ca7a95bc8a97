import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import { Linter } from 'eslint';
import { expect, test } from 'vitest';

const sdl = readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8');
const oneList = `
type Query {
  "Things."
  things(first: Int, after: String, last: Int): ThingConnection!
}
type ThingConnection { nodes: [String!]! edges: [String!]! }
type PageInfo { hasNextPage: Boolean! }
enum Kind { ONE }
`;

/** What the rules find in a schema, and which rules those are. */
function findings(text: string): string[] {
  const messages = new Linter().verify(
    text,
    {
      files: ['**/*.graphql'],
      languageOptions: { parser: graphqlPlugin.parser, parserOptions: { graphQLConfig: { schema: text } } },
      plugins: { '@graphql-eslint': graphqlPlugin } as never,
      rules: {
        // What the specification demands: one direction or both, and a node of any type that is no list.
        '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
        '@graphql-eslint/relay-connection-types': 'error',
        '@graphql-eslint/relay-edge-types': [
          'error',
          { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
        ],
        '@graphql-eslint/relay-page-info': 'error',
        '@graphql-eslint/require-description': [
          'error',
          {
            types: true,
            rootField: true,
            FieldDefinition: true,
            InputValueDefinition: true,
            EnumValueDefinition: true,
          },
        ],
        '@graphql-eslint/no-hashtag-description': 'error',
        '@graphql-eslint/require-deprecation-reason': 'error',
        '@graphql-eslint/unique-enum-value-names': 'error',
      },
    },
    'schema.graphql',
  );
  return messages.map(({ ruleId, message }) => `${ruleId?.replace('@graphql-eslint/', '')}: ${message}`);
}

test('every name of the schema is described, and lists, edges and pages are those of the Relay specification', () => {
  // The one that pages by the cursor of the streams, `afterEvent`: whoever syncs goes on from either with the other.
  expect(findings(sdl)).toEqual([
    'relay-arguments: A field that returns a Connection type must include forward pagination arguments (`first` and `after`), backward pagination arguments (`last` and `before`), or both.',
  ]);
  expect(/workspaceEvents\([\s\S]*?\): (\w+)!/.exec(sdl)?.[1]).toBe('WorkspaceEventConnection');
});

test('what breaks the rules is found', () => {
  const found = new Set(findings(oneList).map((each) => each.split(':')[0]));
  expect([...found].toSorted()).toEqual([
    'relay-arguments',
    'relay-connection-types',
    'relay-edge-types',
    'relay-page-info',
    'require-description',
  ]);
});
