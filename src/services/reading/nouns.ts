import { Agent } from '../../entities/agent.js';
import { CannedResponse } from '../../entities/canned-response.js';
import { Contact, ContactIdentity } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import { Handover } from '../../entities/handover.js';
import { Inbox } from '../../entities/inbox.js';
import { Label } from '../../entities/label.js';
import { Message } from '../../entities/message.js';
import { Note } from '../../entities/note.js';
import { Team } from '../../entities/team.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { pageOf, type PageRequest } from '../paging.js';
import { canReadNotes } from '../policy.js';
import { one, type Many, type Noun, type Paged } from './noun.js';

/** The types of the API that a statement may bring. */
export type NounName =
  | 'Agent'
  | 'CannedResponse'
  | 'Contact'
  | 'ContactIdentity'
  | 'Conversation'
  | 'Handover'
  | 'Inbox'
  | 'Label'
  | 'Message'
  | 'Note'
  | 'Team';

const labels = (noun: 'conversation' | 'contact'): Many => ({
  kind: 'many',
  noun: () => nouns.Label,
  rows: (of) => `select t.* from ${noun}_label m join label t on t.workspace_id = m.workspace_id and t.id = m.label_id
    where m.workspace_id = ${of}.workspace_id and m.${noun}_id = ${of}.id order by t.name limit ${LIST_CAP}`,
  order: 't.name',
});

const inConversation = (noun: () => Noun, may: Paged['may'] = () => true): Paged => ({
  kind: 'page',
  noun,
  rows: (of) => `t.workspace_id = ${of}.workspace_id and t.conversation_id = ${of}.id`,
  page: (request: PageRequest) => pageOf('POSITION', request, 'last'),
  may,
});

/**
 * What one statement may bring of each type of the API. A field that is neither a column nor named here is resolved by
 * its own resolver, over the whole row; so a new noun works without a line here, and gains by one.
 */
export const nouns: Readonly<Record<NounName, Noun>> = {
  Agent: { entity: Agent, relations: {}, workedOut: {}, always: ['id'] },
  CannedResponse: { entity: CannedResponse, relations: {}, workedOut: {}, always: ['id'] },
  Inbox: { entity: Inbox, relations: {}, workedOut: {}, always: ['id'] },
  Label: { entity: Label, relations: {}, workedOut: {}, always: ['id'] },
  Team: { entity: Team, relations: {}, workedOut: {}, always: ['id'] },
  ContactIdentity: { entity: ContactIdentity, relations: {}, workedOut: {}, always: ['id'] },
  Contact: {
    entity: Contact,
    relations: { labels: labels('contact') },
    workedOut: {
      displayName: ['name', 'email', 'phone', 'externalId'],
      mergedInto: ['mergedIntoId'],
      mergedContacts: ['id'],
    },
    always: ['id'],
  },
  Message: {
    entity: Message,
    relations: { cannedResponse: one(() => nouns.CannedResponse, 'cannedResponseId') },
    workedOut: {
      actor: ['actorKind', 'actorId'],
      conversation: ['conversationId'],
      revisions: ['id'],
      replyTo: ['replyToId'],
      attachments: ['deletedAt'],
      translation: ['id'],
      delivery: [
        'deliveryStatus',
        'direction',
        'createdAt',
        'sentAt',
        'deliveredAt',
        'readAt',
        'failedAt',
        'failureReason',
      ],
    },
    always: ['id', 'conversationId', 'position'],
  },
  Note: {
    entity: Note,
    relations: {},
    workedOut: {
      actor: ['actorKind', 'actorId'],
      conversation: ['conversationId'],
      revisions: ['id'],
      mentions: ['id'],
      occurredAt: ['createdAt'],
    },
    always: ['id', 'conversationId', 'position'],
  },
  Handover: {
    entity: Handover,
    relations: {
      toAgent: one(() => nouns.Agent, 'toAgentId'),
      toTeam: one(() => nouns.Team, 'toTeamId'),
    },
    workedOut: {},
    always: ['id', 'conversationId'],
  },
  Conversation: {
    entity: Conversation,
    relations: {
      inbox: one(() => nouns.Inbox, 'inboxId'),
      contact: one(() => nouns.Contact, 'contactId'),
      assignee: one(() => nouns.Agent, 'assigneeId'),
      team: one(() => nouns.Team, 'teamId'),
      lastMessage: one(() => nouns.Message, 'lastMessageId'),
      openHandover: one(() => nouns.Handover, 'openHandoverId'),
      labels: labels('conversation'),
      messages: inConversation(() => nouns.Message),
      notes: inConversation(() => nouns.Note, canReadNotes),
      viewerState: {
        kind: 'figures',
        join: (of, alias, principal) => sql`
          left join conversation_viewer ${sql.raw(`${alias} on ${alias}.workspace_id = ${of}.workspace_id and ${alias}.conversation_id = ${of}.id`)}
            and ${sql.raw(alias)}.agent_id = ${principal.kind === 'AGENT' ? principal.id : null}::uuid
          cross join (select ${principal.kind === 'AGENT'}::boolean as counts) ${sql.raw(`${alias}_viewer`)}`,
        // Keys and bots have read everything and star nothing.
        columns: (of, alias) => ({
          unreadCount: `case when ${alias}_viewer.counts then greatest(${of}.inbound_count - coalesce(${alias}.seen_count, 0), 0) else 0 end`,
          lastReadPosition: `${alias}.last_read_position`,
          starred: `coalesce(${alias}.starred, false)`,
        }),
      },
    },
    workedOut: {
      firstResponseSeconds: ['firstResponseAt', 'createdAt'],
      transcript: ['id'],
      handovers: ['id'],
      mergedInto: ['mergedIntoId'],
      mergedConversations: ['id'],
      participants: ['contactId'],
      timeline: ['id'],
    },
    always: ['id'],
  },
};
