import { randomUUID } from 'node:crypto';
import { SEND } from '../support/operations.js';
import type { World } from '../support/world.js';
import { administrators } from './administration-rows.js';
import type { IsolationRow, Tried } from './isolation-rows.js';
import { directoryReaders, listReaders, type RootField } from './outcomes.js';
import type { Stage } from './stage.js';

const on = (field: string, fields: string) =>
  `mutation($input: ${field[0]!.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${fields} } }`;

const ATTRIBUTE = 'attributeDefinition { id noun key name description type choices deactivatedAt }';
export const CREATE_ATTRIBUTE = on('createAttributeDefinition', ATTRIBUTE);
export const UPDATE_ATTRIBUTE = on('updateAttributeDefinition', ATTRIBUTE);
export const DEACTIVATE_ATTRIBUTE = on('deactivateAttributeDefinition', ATTRIBUTE);

const LABEL = 'label { id name color description deactivatedAt }';
export const CREATE_LABEL = on('createLabel', LABEL);
export const UPDATE_LABEL = on('updateLabel', LABEL);
export const DEACTIVATE_LABEL = on('deactivateLabel', LABEL);

/** A label that only this scene's caller is to touch. */
async function makeLabel(stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const { createLabel } = await client.ask(CREATE_LABEL, { input: { name: newKey(), color: '#00aa00' } });
  return createLabel.label.id;
}

const RESPONSE = 'cannedResponse { id shortcut text useCount deactivatedAt }';
export const CREATE_RESPONSE = on('createCannedResponse', RESPONSE);
export const UPDATE_RESPONSE = on('updateCannedResponse', RESPONSE);
export const DEACTIVATE_RESPONSE = on('deactivateCannedResponse', RESPONSE);

/** A canned response that only this scene's caller is to touch. */
async function makeResponse(stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const input = { shortcut: `made-${newKey().slice(0, 40)}`, text: 'Hello {{contact.name}}' };
  return (await client.ask(CREATE_RESPONSE, { input })).createCannedResponse.cannedResponse.id;
}

/** A key that nobody has used. */
export const newKey = () => `k${randomUUID().replaceAll('-', '')}`;
const newAttribute = () => ({ noun: 'CONVERSATION', key: newKey(), name: 'Order', type: 'TEXT' });

/** An attribute that only this scene's caller is to touch; made in the place of another, so that there are never too many. */
async function makeAttribute(stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const { attributeDefinitions } = await client.ask('{ attributeDefinitions { id } }');
  for (const { id } of attributeDefinitions.slice(20))
    await client.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
  const { createAttributeDefinition } = await client.ask(CREATE_ATTRIBUTE, {
    input: { ...newAttribute(), name: 'Shown' },
  });
  return createAttributeDefinition.attributeDefinition.id;
}

const countRows: RootField[] = [
  {
    field: 'Query.conversationCounts',
    operation: `query($filter: ConversationFilter) { conversationCounts(filter: $filter) { open inProgress pending } }`,
    variables: ({ contactId }) => ({ filter: { contactId } }),
    shows: ({ conversationCounts: { open, inProgress, pending } }) => open + inProgress + pending > 0,
    expected: listReaders,
  },
];

const labelRows: RootField[] = [
  {
    field: 'Mutation.createLabel',
    operation: CREATE_LABEL,
    variables: () => ({ input: { name: newKey(), color: '#00aa00' } }),
    expected: administrators('OK label.created', 'OK label.created'),
  },
  {
    field: 'Mutation.updateLabel',
    operation: UPDATE_LABEL,
    variables: async (_, stage) => ({ input: { labelId: await makeLabel(stage), color: '#00bb00' } }),
    expected: administrators('OK label.updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.deactivateLabel',
    operation: DEACTIVATE_LABEL,
    variables: async (_, stage) => ({ input: { labelId: await makeLabel(stage) } }),
    expected: administrators('OK label.deactivated', 'NOT_FOUND'),
  },
];

const responseRows: RootField[] = [
  {
    field: 'Query.cannedResponses',
    operation: '{ cannedResponses(search: "made-") { id shortcut text useCount } }',
    prepare: (_, stage) => makeResponse(stage),
    shows: ({ cannedResponses }) => cannedResponses.length > 0,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent outsider keyAll keyRead bot silencedBot otherBot',
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: 'auditor keyIngest keyAudit',
    },
  },
  {
    field: 'Mutation.createCannedResponse',
    operation: CREATE_RESPONSE,
    variables: () => ({ input: { shortcut: newKey(), text: 'Hello' } }),
    expected: administrators('OK canned_response.created', 'OK canned_response.created'),
  },
  {
    field: 'Mutation.updateCannedResponse',
    operation: UPDATE_RESPONSE,
    variables: async (_, stage) => ({ input: { cannedResponseId: await makeResponse(stage), text: 'Goodbye' } }),
    expected: administrators('OK canned_response.updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.deactivateCannedResponse',
    operation: DEACTIVATE_RESPONSE,
    variables: async (_, stage) => ({ input: { cannedResponseId: await makeResponse(stage) } }),
    expected: administrators('OK canned_response.deactivated', 'NOT_FOUND'),
  },
];

export const settingRows: RootField[] = [
  ...responseRows,
  ...labelRows,
  ...countRows,
  {
    field: 'Query.attributeDefinitions',
    operation: '{ attributeDefinitions { id key name type choices } }',
    prepare: (_, stage) => makeAttribute(stage),
    shows: ({ attributeDefinitions }) => attributeDefinitions.some(({ name }: { name: string }) => name === 'Shown'),
    expected: directoryReaders,
  },
  {
    field: 'Mutation.createAttributeDefinition',
    operation: CREATE_ATTRIBUTE,
    variables: () => ({ input: newAttribute() }),
    expected: administrators('OK attribute_definition.created', 'OK attribute_definition.created'),
  },
  {
    field: 'Mutation.updateAttributeDefinition',
    operation: UPDATE_ATTRIBUTE,
    variables: async (_, stage) => ({
      input: { attributeDefinitionId: await makeAttribute(stage), name: 'Order number' },
    }),
    expected: administrators('OK attribute_definition.updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.deactivateAttributeDefinition',
    operation: DEACTIVATE_ATTRIBUTE,
    variables: async (_, stage) => ({ input: { attributeDefinitionId: await makeAttribute(stage) } }),
    expected: administrators('OK attribute_definition.deactivated', 'NOT_FOUND'),
  },
];

interface Settings {
  cannedResponseId: string;
  attributeDefinitionId: string;
}
const settings = new WeakMap<World, Settings>();
/** What the other workspace is set up with. */
const settingsOf = ({ other }: Tried): Settings => settings.get(other)!;

/** Sets a workspace up with one of each. */
export async function makeSettings(world: World): Promise<void> {
  const admin = await world.as('admin');
  const { createAttributeDefinition } = await admin.ask(CREATE_ATTRIBUTE, { input: newAttribute() });
  const input = { shortcut: newKey(), text: 'Hello' };
  const { createCannedResponse } = await admin.ask(CREATE_RESPONSE, { input });
  const cannedResponseId = createCannedResponse.cannedResponse.id;
  settings.set(world, { cannedResponseId, attributeDefinitionId: createAttributeDefinition.attributeDefinition.id });
}

/** What becomes of ids of another workspace. */
export const settingIsolationRows: IsolationRow[] = [
  [
    'SendMessageInput.cannedResponseId',
    SEND,
    (at) => ({
      input: { conversationId: at.free, text: 'Hello', cannedResponseId: settingsOf(at).cannedResponseId },
    }),
    'VALIDATION_FAILED cannedResponseId',
  ],
  [
    'UpdateCannedResponseInput.cannedResponseId',
    UPDATE_RESPONSE,
    (at) => ({ input: { cannedResponseId: settingsOf(at).cannedResponseId, text: 'Mine' } }),
    'NOT_FOUND',
  ],
  [
    'DeactivateCannedResponseInput.cannedResponseId',
    DEACTIVATE_RESPONSE,
    (at) => ({ input: { cannedResponseId: settingsOf(at).cannedResponseId } }),
    'NOT_FOUND',
  ],
  [
    'UpdateLabelInput.labelId',
    UPDATE_LABEL,
    (at) => ({ input: { labelId: at.other.ids.labels.vip, name: 'mine' } }),
    'NOT_FOUND',
  ],
  [
    'DeactivateLabelInput.labelId',
    DEACTIVATE_LABEL,
    (at) => ({ input: { labelId: at.other.ids.labels.vip } }),
    'NOT_FOUND',
  ],
  [
    'UpdateAttributeDefinitionInput.attributeDefinitionId',
    UPDATE_ATTRIBUTE,
    (at) => ({ input: { attributeDefinitionId: settingsOf(at).attributeDefinitionId, name: 'Mine' } }),
    'NOT_FOUND',
  ],
  [
    'DeactivateAttributeDefinitionInput.attributeDefinitionId',
    DEACTIVATE_ATTRIBUTE,
    (at) => ({ input: { attributeDefinitionId: settingsOf(at).attributeDefinitionId } }),
    'NOT_FOUND',
  ],
];
