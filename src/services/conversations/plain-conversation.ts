import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { sql, type Sql } from '../sql.js';

interface Reference {
  readonly id: string;
}

/** What a message needs and changes of its conversation: an entity has it, and so has the plain one. */
export type ConversationState = Pick<
  Conversation,
  | 'id'
  | 'number'
  | 'status'
  | 'botActive'
  | 'lastMessageId'
  | 'inboundCount'
  | 'waitingSince'
  | 'firstResponseAt'
  | 'snoozedUntil'
  | 'updatedAt'
  | 'lastActivityAt'
  | 'resolvedAt'
  | 'mergedIntoId'
  | 'label'
  | 'takePosition'
> & {
  readonly inbox: Reference;
  readonly contact: Reference;
  readonly assignee?: Reference | null | undefined;
  readonly team?: Reference | null | undefined;
  readonly bot?: Reference | null | undefined;
  readonly offeredAgent?: Reference | null | undefined;
  readonly offeredTeam?: Reference | null | undefined;
};

const reference = (id: string | null): Reference | null => (id === null ? null : { id });

/**
 * A conversation from its locked row, which no entity manager watches: sending a message is what is done most, and to
 * make an entity, find out what has changed of it and write the statement for that took a third of the server's time.
 */
export class PlainConversation implements ConversationState {
  readonly id: string;
  readonly number: number;
  readonly inbox: Reference;
  readonly contact: Reference;
  assignee: Reference | null;
  readonly team: Reference | null;
  readonly bot: Reference | null;
  readonly offeredAgent: Reference | null;
  readonly offeredTeam: Reference | null;
  status: ConversationState['status'];
  botActive: boolean;
  lastMessageId: string | null;
  inboundCount: number;
  waitingSince: Date | null;
  firstResponseAt: Date | null;
  snoozedUntil: Date | null;
  updatedAt: Date;
  lastActivityAt: Date;
  resolvedAt: Date | null;
  readonly mergedIntoId: string | null;
  #lastPosition: number;

  constructor(row: RowOf<Conversation>) {
    this.id = row.id;
    this.number = row.number;
    this.inbox = { id: row.inboxId };
    this.contact = { id: row.contactId };
    this.assignee = reference(row.assigneeId);
    this.team = reference(row.teamId);
    this.bot = reference(row.botId);
    this.offeredAgent = reference(row.offeredAgentId);
    this.offeredTeam = reference(row.offeredTeamId);
    this.status = row.status;
    this.botActive = row.botActive;
    this.lastMessageId = row.lastMessageId;
    this.inboundCount = row.inboundCount;
    this.waitingSince = row.waitingSince;
    this.firstResponseAt = row.firstResponseAt;
    this.snoozedUntil = row.snoozedUntil;
    this.updatedAt = row.updatedAt;
    this.lastActivityAt = row.lastActivityAt;
    this.resolvedAt = row.resolvedAt;
    this.mergedIntoId = row.mergedIntoId;
    this.#lastPosition = row.lastPosition;
  }

  label(): string {
    return Conversation.prototype.label.call(this);
  }

  takePosition(): number {
    this.#lastPosition += 1;
    return this.#lastPosition;
  }

  /** All that can have been changed of it. */
  changes(): ConversationChanges {
    return {
      id: this.id,
      status: this.status,
      assignee_id: this.assignee?.id ?? null,
      bot_active: this.botActive,
      last_position: this.#lastPosition,
      last_message_id: this.lastMessageId,
      inbound_count: this.inboundCount,
      waiting_since: this.waitingSince,
      first_response_at: this.firstResponseAt,
      snoozed_until: this.snoozedUntil,
      updated_at: this.updatedAt,
      last_activity_at: this.lastActivityAt,
      resolved_at: this.resolvedAt,
    };
  }
}

/** Columns of a conversation that a message changes. */
export interface ConversationChanges {
  id: string;
  status: string;
  assignee_id: string | null;
  bot_active: boolean;
  last_position: number;
  last_message_id: string | null;
  inbound_count: number;
  waiting_since: Date | null;
  first_response_at: Date | null;
  snoozed_until: Date | null;
  updated_at: Date;
  last_activity_at: Date;
  resolved_at: Date | null;
}

/** The statement that keeps what was changed of conversations whose locks are held. */
export const keepChanges = (workspaceId: string, changes: readonly ConversationChanges[]): Sql => sql`
  update conversation c set status = n.status, assignee_id = n.assignee_id, bot_active = n.bot_active, last_position = n.last_position,
    last_message_id = n.last_message_id, inbound_count = n.inbound_count, waiting_since = n.waiting_since,
    first_response_at = n.first_response_at, snoozed_until = n.snoozed_until, updated_at = n.updated_at,
    last_activity_at = n.last_activity_at, resolved_at = n.resolved_at
  from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as n (id uuid, status text, assignee_id uuid, bot_active boolean,
    last_position int, last_message_id uuid, inbound_count int, waiting_since timestamptz, first_response_at timestamptz,
    snoozed_until timestamptz, updated_at timestamptz, last_activity_at timestamptz, resolved_at timestamptz)
  where c.workspace_id = ${workspaceId} and c.id = n.id`;
