import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { CREATE_SINK, REQUEST_EXPORT } from '../exports/stage.js';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import type { Application } from '../../src/services/application.js';
import { CREATE_DESTINATION, createRule, MUTE_RULE, setPriority } from '../alerts/alert-operations.js';
import type { World } from '../support/world.js';
import { sentRecording, uploaded } from '../support/uploads.js';
import { customerWrites, SEND } from '../support/operations.js';
import { INVITE } from './administration-rows.js';
import { HAND_OVER_SHIFT, SET_HOURS, SET_ROUTING } from './routing-rows.js';
import { makeSettings } from './setting-rows.js';
import { makeViewOf } from './view-rows.js';
import { MERGE, UPSERT } from './contact-rows.js';
import {
  ADD_LABELS,
  DELETE_CONVERSATION,
  EDIT_NOTE,
  ERASE,
  MERGE_CONVERSATIONS,
  SET_RETENTION,
  SET_SPEECH,
  SET_TRANSLATION,
  STAR,
} from './details.js';

/** One row at least in each of the tables that details of conversations, notes, presence and alerts are in. */
export async function fillEveryTable(
  app: Application,
  world: World,
  superuser: pg.Client,
  conversationId: string,
): Promise<void> {
  const admin = await world.as('admin');
  const labelIds = [world.ids.labels.vip];
  const { addNote } = await admin.ask(
    `mutation($input: AddNoteInput!) { addNote(input: $input) { note { id conversation { contact { id } } } } }`,
    { input: { conversationId, text: 'Call back', mentionIds: [world.ids.agents.agent] } },
  );
  await admin.ask(EDIT_NOTE, { input: { noteId: addNote.note.id, text: 'Write instead' } });
  await admin.ask(ADD_LABELS, { input: { conversationId, labelIds } });
  await admin.ask(ADD_LABELS, { input: { contactId: addNote.note.conversation.contact.id, labelIds } });
  await uploaded(admin, { conversationId }, Buffer.from('Late'));
  const { attachmentId } = await sentRecording(admin, conversationId);
  const segments = [{ speaker: 'Asha', startSeconds: 0, endSeconds: 1, text: 'Late' }];
  await admin.ask(SET_SPEECH, { input: { attachmentId, segments } });
  const { sendMessage } = await admin.ask(SEND, { input: { conversationId, text: 'Late' } });
  await admin.ask(SET_TRANSLATION, {
    input: { messageId: sendMessage.message.id, language: 'de', text: 'Spät' },
  });
  await admin.ask(STAR, { input: { conversationId } });
  await (await world.as('auditor')).ask('{ auditCheckpoint { note } }');
  // A tile is made of 256 events.
  await superuser.query(`insert into record_tile values ($1, 0, 0, '\\x00', '\\x00')`, [world.ids.workspace]);
  await admin.ask(SET_RETENTION, { input: { categories: ['MESSAGE'], preset: 'SIX_YEARS' } });
  const gone = await customerWrites(world);
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: gone.conversationId,
  });
  await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked for it' } });
  const { upsertContact } = await admin.ask(UPSERT, { input: { name: 'Twice' } });
  await admin.ask(MERGE, {
    input: { contactId: upsertContact.contact.id, intoContactId: addNote.note.conversation.contact.id },
  });
  const deleted = await customerWrites(world);
  await admin.ask(DELETE_CONVERSATION, { input: { conversationId: deleted.conversationId, reason: 'A test' } });
  const twice = { contact: { externalId: 'twice' } };
  const once = await customerWrites(world, { ...twice, conversationExternalId: 'once' });
  const again = await customerWrites(world, { ...twice, conversationExternalId: 'again' });
  await admin.ask(MERGE_CONVERSATIONS, {
    input: { conversationId: once.conversationId, intoConversationId: again.conversationId },
  });
  await admin.ask(REQUEST_EXPORT, { input: { format: 'CSV' } });
  const sink = { name: 'SIEM', kind: 'SYSLOG', format: 'CEF', host: 'siem.example.com', port: 6514 };
  await admin.ask(CREATE_SINK, { input: sink });
  const { ruleId } = await createRule(admin, { threshold: 1 });
  await setPriority(admin, conversationId, 'HIGH');
  await evaluateWorkspace(app, world.ids.workspace);
  await admin.ask(MUTE_RULE, { input: { ruleId, until: new Date(Date.now() + 60_000).toISOString() } });
  await admin.ask(INVITE, { input: { email: 'nia@invited.test', role: 'AGENT' } });
  await admin.ask(CREATE_DESTINATION, {
    input: { name: 'Pager', kind: 'WEBHOOK', url: 'https://alerts.example.com/hook' },
  });
  await admin.ask(HAND_OVER_SHIFT, {
    input: { agentId: world.ids.agents.agent, toTeamId: world.ids.billing },
  });
  await admin.ask(SET_HOURS, { input: { weekly: [{ day: 'MONDAY', from: '09:00', to: '17:00' }] } });
  await admin.ask(SET_ROUTING, { input: { teamId: world.ids.billing, enabled: false, requeueAfterSeconds: 60 } });
  await superuser.query(
    'insert into routing_assignment select workspace_id, id, $2, $3, 1, now(), null, null from conversation where id = $1',
    [conversationId, world.ids.billing, world.ids.agents.outsider],
  );
  await makeSettings(world);
  await makeViewOf(world);
  // A socket of its own makes a lease, and its agent present.
  const socket = await admin.subscribe('subscription { presenceChanges { agent { id } } }').connected();
  for (const end = Date.now() + 8_000; Date.now() < end; await setTimeout(50)) {
    if ((await superuser.query('select 1 from presence')).rowCount! > 0) break;
  }
  await socket.stop();
}
