import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  parse,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Role, Scope } from '../../src/entities/enums.js';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { createContext } from '../../src/resolvers/context.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import { filterFacts, isPerViewer, passesFilter } from '../../src/services/conversations/conversation-filter.js';
import {
  isPerViewer as isPerViewerOfHandovers,
  passesHandoverFilter,
} from '../../src/services/handovers/read-handovers.js';
import { newId } from '../../src/services/ids.js';
import { conversationSight, recordSight } from '../../src/services/policy.js';
import { systemPrincipal, type Principal } from '../../src/services/principal.js';
import { NamelessReader, nameless } from '../../src/services/streams/reader.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let schema: GraphQLSchema;
let conversationId: string;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  schema = await buildApiSchema(allResolvers);
  ({ conversationId } = await customerWrites(world));
});
afterAll(() => server.stop());

/** One caller of each kind that there is. */
function everyKind(): Principal[] {
  const base = { ...systemPrincipal(world.ids.workspace), id: newId(), displayName: 'Somebody' };
  const agents = Object.values(Role).map((role) => ({ ...base, kind: 'AGENT' as const, role, sessionId: newId() }));
  const keys = [...Object.values(Scope).map((scope) => [scope]), Object.values(Scope)].map((scopes) => ({
    ...base,
    kind: 'API_KEY' as const,
    scopes,
    apiKeyId: newId(),
  }));
  return [...agents, ...keys, { ...base, kind: 'BOT' as const, apiKeyId: newId() }];
}

/** Every type that a frame of a stream can hold an object of. */
function typesInStreams(): GraphQLObjectType[] {
  const found = new Set<GraphQLObjectType>();
  const visit = (type: GraphQLNamedType) => {
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    if (!isObjectType(type) || found.has(type)) return;
    found.add(type);
    for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
  };
  visit(schema.getSubscriptionType()!);
  return [...found].filter((type) => type !== schema.getSubscriptionType());
}

/** An object of any type: whatever is asked for is there, and ids are those of something. */
function anything(kind: string): object {
  const party = { kind, id: conversationId };
  const valueOf = (name: string): unknown => {
    if (name === 'actor' || name === 'entry') return { ...party, createdAt: new Date() };
    if (name === 'changes') return [];
    if (/kind$/i.test(name)) return kind;
    if (name.endsWith('At')) return new Date();
    if (name === 'status') return 'ACCEPTED';
    return conversationId;
  };
  return new Proxy({}, { get: (_target, name) => (name === 'then' ? undefined : valueOf(String(name))) });
}

/** What a resolver is told of an operation that asks for this field, and for a little of what it answers with. */
function infoOf(type: GraphQLObjectType, name: string): GraphQLResolveInfo {
  const field = type.getFields()[name]!;
  const named = getNamedType(field.type);
  const inside =
    isObjectType(named) && named.getFields()['nodes'] ? '{ nodes { id } edges { node { id } } }' : '{ id }';
  const document = parse(`{ ${name} ${isLeafType(named) ? '' : inside} }`);
  const [operation] = document.definitions as [OperationDefinitionNode];
  const fieldNodes = operation.selectionSet.selections as readonly FieldNode[];
  const rest = { schema, parentType: type, returnType: field.type, fieldName: name, fragments: {}, variableValues: {} };
  return {
    ...rest,
    fieldNodes,
    operation,
    rootValue: undefined,
    path: { prev: undefined, key: name, typename: type.name },
  };
}

/** Whether answering asks who the viewer is, of any kind of caller and any object. */
async function asksWho(type: GraphQLObjectType, name: string): Promise<boolean> {
  const field = type.getFields()[name]!;
  if (!field.resolve) return false;
  const request = { id: newId(), ipAddress: null, userAgent: null };
  for (const principal of everyKind()) {
    for (const kind of ['AGENT', 'BOT', 'API_KEY', 'CONTACT', 'SYSTEM', 'MESSAGE', 'NOTE', 'EVENT']) {
      const context = createContext(server.app, request, { principal: nameless(principal) });
      try {
        await field.resolve(anything(kind), {}, context, infoOf(type, name));
      } catch (error) {
        // Whatever else goes wrong is due to an object that is none.
        if (error instanceof NamelessReader) return true;
      }
    }
  }
  return false;
}

it('declares as perViewer exactly the fields of streams that ask who the viewer is', { timeout: 60_000 }, async () => {
  const types = typesInStreams();
  expect(types.length).toBeGreaterThan(25);
  const [declared, asking]: [string[], string[]] = [[], []];
  for (const type of types) {
    for (const field of Object.values(type.getFields())) {
      const name = `${type.name}.${field.name}`;
      if (field.extensions['perViewer']) declared.push(name);
      if (await asksWho(type, field.name)) asking.push(name);
    }
  }
  expect(asking.toSorted()).toEqual(declared.toSorted());
  expect(declared.toSorted()).toEqual([
    'AuditEvent.causation',
    'AuditEvent.conversation',
    'AuditEvent.related',
    'Bot.revisions',
    'Bot.settings',
    'Contact.conversations',
    'Contact.timeline',
    'Conversation.auditTrail',
    'Conversation.handovers',
    'Conversation.mergedConversations',
    'Conversation.mergedInto',
    'Conversation.participants',
    'Conversation.timeline',
    'Conversation.viewerState',
    'WorkspaceEvent.conversation',
  ]);
});

/** A value for each field of an input of the API. */
const valueOf = (type: string): unknown =>
  ({ Boolean: true, DateTime: new Date(), String: 'x', ID: newId() })[type] ?? [newId()];
const inputFields = (name: string): [string, unknown][] => {
  const type = schema.getType(name) as unknown as { getFields(): Record<string, { type: unknown }> };
  return Object.entries(type.getFields()).map(([field, { type: of }]) => [field, valueOf(String(of))]);
};

it('declares exactly the filters that ask who the viewer is', async () => {
  const agent = nameless(everyKind()[0]!);
  const call = { app: server.app, principal: agent };
  const asking: string[] = [];
  const declared: string[] = [];
  const fails = async (work: () => unknown) => {
    try {
      await work();
      return false;
    } catch (error) {
      if (error instanceof NamelessReader) return true;
      throw error;
    }
  };
  for (const [name, value] of inputFields('ConversationFilter')) {
    const filter = { [name]: value };
    if (isPerViewer(filter)) declared.push(`conversations ${name}`);
    const asked = await fails(async () =>
      passesFilter(filter, anything('AGENT') as never, await filterFacts(call, filter, [conversationId])),
    );
    if (asked) asking.push(`conversations ${name}`);
  }
  for (const [name, value] of inputFields('HandoverFilter')) {
    const filter = { [name]: value };
    if (isPerViewerOfHandovers(filter)) declared.push(`handovers ${name}`);
    const asked = await fails(() => passesHandoverFilter(filter, { ...handover, toAgentId: newId() } as never, agent));
    if (asked) asking.push(`handovers ${name}`);
  }
  expect(declared).toEqual(['conversations unread', 'handovers mine']);
  expect(asking).toEqual(declared);
});
const handover = { status: 'REQUESTED', kind: 'TO_AGENT', toTeamId: null, conversationId: null };

it('gives a caller without a name nothing but kind, workspace, role and scopes, also when it is copied', () => {
  for (const principal of everyKind()) {
    const shared = nameless(principal);
    const { kind, workspaceId, role, scopes } = principal;
    expect([shared.kind, shared.workspaceId, shared.role, shared.scopes]).toEqual([kind, workspaceId, role, scopes]);
    const hidden = Object.keys(principal).filter((key) => !['kind', 'workspaceId', 'role', 'scopes'].includes(key));
    expect(hidden).toHaveLength(10);
    for (const key of hidden) expect(() => shared[key as keyof Principal]).toThrow(NamelessReader);
    expect(() => ({ ...shared })).toThrow(NamelessReader);
  }
  // Who sees by membership cannot be asked for their sight at all.
  const [agent] = everyKind().filter(({ role }) => role === 'AGENT');
  expect(() => conversationSight(nameless(agent!))).toThrow(NamelessReader);
  const [supervisor] = everyKind().filter(({ role }) => role === 'SUPERVISOR');
  expect(() => recordSight(nameless(supervisor!))).toThrow(NamelessReader);
});
