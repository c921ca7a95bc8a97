import { Agent } from '../entities/agent.js';
import { Alert, AlertRule } from '../entities/alert.js';
import { AlertDestination } from '../entities/alert-destination.js';
import { ApiKey } from '../entities/api-key.js';
import { Attachment } from '../entities/attachment.js';
import { AttributeDefinition } from '../entities/attribute-definition.js';
import { Bot } from '../entities/bot.js';
import { CannedResponse } from '../entities/canned-response.js';
import { Contact, ContactIdentity } from '../entities/contact.js';
import { Conversation } from '../entities/conversation.js';
import { Handover } from '../entities/handover.js';
import { Inbox } from '../entities/inbox.js';
import { Invitation } from '../entities/invitation.js';
import { Label } from '../entities/label.js';
import { Message } from '../entities/message.js';
import { Note } from '../entities/note.js';
import type { RowOf } from '../entities/row.js';
import { SavedView } from '../entities/saved-view.js';
import { Session } from '../entities/session.js';
import { ShiftHandover } from '../entities/shift-handover.js';
import { Team } from '../entities/team.js';
import { Workspace } from '../entities/workspace.js';
import type { Call } from './application.js';
import { audienceOf } from './audience.js';
import { sql } from './database.js';
import { LIST_CAP } from './directory.js';
import { conversationSight, covers } from './policy.js';

type Ids = readonly string[];

/**
 * Rows of the caller's workspace by id, for what hangs on an object that the caller has been let see already. Nothing
 * here decides, but `visibleConversations`.
 */
export const lookups = {
  agents: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Agent, principal.workspaceId, ids),
  bots: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Bot, principal.workspaceId, ids),
  apiKeys: ({ app, principal }: Call, ids: Ids) => app.db.byIds(ApiKey, principal.workspaceId, ids),
  teams: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Team, principal.workspaceId, ids),
  inboxes: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Inbox, principal.workspaceId, ids),
  contacts: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Contact, principal.workspaceId, ids),
  conversations: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Conversation, principal.workspaceId, ids),
  messages: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Message, principal.workspaceId, ids),
  attachments: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Attachment, principal.workspaceId, ids),
  notes: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Note, principal.workspaceId, ids),
  handovers: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Handover, principal.workspaceId, ids),
  shiftHandovers: ({ app, principal }: Call, ids: Ids) => app.db.byIds(ShiftHandover, principal.workspaceId, ids),
  invitations: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Invitation, principal.workspaceId, ids),
  sessions: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Session, principal.workspaceId, ids),
  alertDestinations: ({ app, principal }: Call, ids: Ids) => app.db.byIds(AlertDestination, principal.workspaceId, ids),
  alerts: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Alert, principal.workspaceId, ids),
  alertRules: ({ app, principal }: Call, ids: Ids) => app.db.byIds(AlertRule, principal.workspaceId, ids),
  cannedResponses: ({ app, principal }: Call, ids: Ids) => app.db.byIds(CannedResponse, principal.workspaceId, ids),
  views: ({ app, principal }: Call, ids: Ids) => app.db.byIds(SavedView, principal.workspaceId, ids),
  labels: ({ app, principal }: Call, ids: Ids) => app.db.byIds(Label, principal.workspaceId, ids),
  attributeDefinitions: ({ app, principal }: Call, ids: Ids) =>
    app.db.byIds(AttributeDefinition, principal.workspaceId, ids),
} as const;

/** The conversations of these that the caller may see. */
export async function visibleConversations(call: Call, ids: Ids): Promise<RowOf<Conversation>[]> {
  const sight = conversationSight(call.principal);
  const rows = await lookups.conversations(call, ids);
  return rows.filter((row) => covers(sight, audienceOf(row)));
}

/** The labels of these conversations or contacts, by name, 250 each at most. */
export const labelsOf = (
  { app, principal }: Call,
  noun: 'conversation' | 'contact',
  ids: Ids,
): Promise<(RowOf<Label> & { ofId: string })[]> =>
  app.db.rows(sql`
    select k.id as "ofId", found.* from unnest(${ids}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(Label, 't')} from ${sql.raw(`${noun}_label`)} m
      join label t on t.workspace_id = m.workspace_id and t.id = m.label_id
      where m.workspace_id = ${principal.workspaceId} and m.${sql.raw(`${noun}_id`)} = k.id
      order by t.name limit ${LIST_CAP}) found`);

/** The agents that each of these notes calls for, by name. */
export const mentionsOf = ({ app, principal }: Call, noteIds: Ids): Promise<(RowOf<Agent> & { ofId: string })[]> =>
  app.db.rows(sql`
    select m.note_id as "ofId", ${app.db.columns(Agent, 't')} from note_mention m
    join agent t on t.workspace_id = m.workspace_id and t.id = m.agent_id
    where m.workspace_id = ${principal.workspaceId} and m.note_id = any(${noteIds}::uuid[])
    order by t.display_name, t.id`);

/** How channels know these contacts, oldest first, 250 each at most. */
export const identitiesOfContacts = ({ app, principal }: Call, contactIds: Ids): Promise<RowOf<ContactIdentity>[]> =>
  app.db.rows<RowOf<ContactIdentity>>(sql`
    select found.* from unnest(${contactIds}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(ContactIdentity, 't')} from contact_identity t
      where t.workspace_id = ${principal.workspaceId} and t.contact_id = k.id
      order by t.created_at, t.id limit ${LIST_CAP}) found`);

/** The caller's own workspace. */
export async function ownWorkspace({ app, principal }: Call): Promise<RowOf<Workspace>> {
  const [row] = await app.db.rows<RowOf<Workspace>>(
    sql`select ${app.db.columns(Workspace, 't')} from workspace t where t.id = ${principal.workspaceId}`,
  );
  return row!;
}

export { contactLabel } from '../entities/contact-label.js';
