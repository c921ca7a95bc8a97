import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { Admission, type AdmissionLimits, type OperationRequest } from '../../src/resolvers/admission/admission.js';
import { AppError } from '../../src/services/errors.js';

export const schema = buildSchema(`
  scalar JSON
  type Query {
    viewer: Agent!
    actor: Actor!
    teams: [Team!]!
    tree: Tree!
    conversations(first: Int, last: Int, filter: Filter): ConversationConnection!
    recent(first: Int = 3): ConversationConnection!
  }
  type Mutation {
    signIn(email: String): Payload!
    refreshSession: Payload!
    rename(name: String, ids: [ID!], attributes: JSON): Payload!
  }
  type Subscription { changed: Conversation! }
  input Filter { texts: [String!], teams: [Filter!] }
  type Payload { agent: Agent! query: Query! }
  interface Actor { id: ID! }
  type Agent implements Actor { id: ID! name: String! teams: [Team!]! manager: Agent conversations(first: Int): ConversationConnection! }
  type Team { id: ID! lead: Agent!, aliases: [String!]! }
  type Tree { node: Tree! nodes: [Tree!]! id: ID! }
  type ConversationConnection { nodes: [Conversation!]! edges: [ConversationEdge!]! pageInfo: PageInfo! totalCount: Int! }
  type ConversationEdge { cursor: String! node: Conversation! }
  type PageInfo { hasNextPage: Boolean! }
  type Conversation { id: ID! assignee: Agent, labels: [Team!]!, conversations(first: Int): ConversationConnection! }
`);

// The defaults of the product.
export const limits: AdmissionLimits = {
  maxQueryBytes: 16_384,
  maxTokens: 1_500,
  maxDepth: 8,
  maxAliases: 30,
  maxDirectives: 20,
  maxFragments: 30,
  maxRootFieldsQuery: 10,
  maxRootFieldsMutation: 5,
  maxNodes: 5_000,
};

type More = Omit<OperationRequest, 'query'>;

/** Admits by the sample schema, with other limits where given. */
export const admit = (query: unknown, more: More = {}, changed: Partial<AdmissionLimits> = {}) =>
  new Admission(schema, { ...limits, ...changed }).admit({ query, ...more });

/** The answer, or the AppError thrown instead of it; any other error is thrown on. */
export function outcome<T>(attempt: () => T): T | AppError {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** What a caller is told instead of being admitted. */
export function refusal(query: unknown, more: More = {}, changed: Partial<AdmissionLimits> = {}) {
  const refused = outcome(() => admit(query, more, changed));
  if (!(refused instanceof AppError)) throw new Error('It was admitted.');
  const { code, message, details } = refused;
  return { code, message, details };
}

export const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
export const nested = (levels: number, field: string, leaf: string) =>
  `${`${field}{`.repeat(levels)}${leaf}${'}'.repeat(levels)}`;

/** Valid documents of nested pages, lists, objects and fragments, with one variable for the size of a page. */
export const validDocument: fc.Arbitrary<string> = (() => {
  const page = fc.constantFrom('', '(first:0)', '(first:1)', '(first:3)', '(first:null)', '(first:$v)');
  const { agent, items } = fc.letrec<{ agent: string; conversation: string; items: string }>((tie) => ({
    agent: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('id', '__typename', '...A'),
      tie('agent').map((inner) => `manager{${inner}}`),
      tie('agent').map((inner) => `teams{id lead{${inner}}}`),
      tie('agent').map((inner) => `...on Agent{${inner} id}`),
      fc.tuple(page, tie('items')).map(([size, inner]) => `conversations${size}{${inner}}`),
    ),
    conversation: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('id', '...C'),
      tie('agent').map((inner) => `assignee{${inner}}`),
      fc.tuple(page, tie('items')).map(([size, inner]) => `conversations${size}{${inner}}`),
    ),
    items: fc.oneof(
      fc.constant('totalCount pageInfo{hasNextPage}'),
      tie('conversation').map((inner) => `nodes{${inner}}`),
      tie('conversation').map((inner) => `edges{cursor node{${inner}}}`),
      fc.tuple(tie('conversation'), tie('conversation')).map(([a, b]) => `nodes{${a}} ...{edges{node{${b}}}}`),
    ),
  }));
  return fc.tuple(agent, items, items, fc.constantFrom('id', 'manager{id}', 'teams{id}')).map(
    ([mine, all, few, common]) =>
      `query Q($v:Int=2){viewer{...A ...{${mine}}} teams{lead{id}} a:conversations(first:$v){${all}} recent{${few}}
          u:conversations(first:0){nodes{...C}}}
        fragment A on Agent{${common}} fragment C on Conversation{labels{id} assignee{...A}}`,
  );
})();
