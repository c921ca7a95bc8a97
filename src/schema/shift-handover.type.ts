import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { ShiftHandover } from '../entities/shift-handover.js';
import { AgentType, TeamType } from './people.type.js';
import { DateTime } from './scalars.js';

type Columns = 'id' | 'unattended' | 'conversations' | 'handedOver' | 'skipped' | 'startedAt' | 'completedAt';

@ObjectType('ShiftHandover', {
  simpleResolvers: true,
  description: 'All open work of an agent is handed over: one handover a conversation, all with this id as `batchId`.',
})
export class ShiftHandoverType implements Pick<RowOf<ShiftHandover>, Columns> {
  @Field(() => ID, { description: 'UUIDv7; the `batchId` of its handovers.' })
  id!: string;
  @Field(() => AgentType, { description: 'Whose work it is.' })
  agent!: AgentType;
  @Field(() => AgentType, { nullable: true, description: 'The agent that it is offered to.' })
  toAgent!: AgentType | null;
  @Field(() => TeamType, { nullable: true, description: 'The team that it is offered to.' })
  toTeam!: TeamType | null;
  @Field(() => Int, {
    description:
      'How many open conversations it is about: all of the agent’s that the caller may see and that were not offered to anybody before.',
  })
  conversations!: number;
  @Field(() => Int, { description: 'How many were offered until now.' })
  handedOver!: number;
  @Field(() => Int, {
    description:
      'How many were not offered: assigned to somebody else, offered or resolved meanwhile, or the receiver was deactivated.',
  })
  skipped!: number;
  @Field(() => Boolean, { description: 'Nobody of those it is offered to was online when it began.' })
  unattended!: boolean;
  @Field(() => DateTime, { description: 'When it began.' })
  startedAt!: Date;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When all was offered. Null while it goes on, which it does by itself.',
  })
  completedAt!: Date | null;
}

@InputType('HandOverShiftInput', {
  description: 'Whose open work is offered to whom. Exactly one of toAgentId and toTeamId.',
})
export class HandOverShiftInputType {
  @Field(() => ID, { description: 'The agent whose open work it is.' })
  agentId!: string;
  @Field(() => ID, { nullable: true, description: 'The agent who is asked to take it.' })
  toAgentId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The team, any member of which may take each conversation.' })
  toTeamId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What the receivers need to know to go on, put onto each handover; 2,000 characters at most.',
  })
  summary?: string | null;
  @Field(() => Int, {
    nullable: true,
    description: 'How long each can be accepted, 10 to 604,800 s; the workspace’s setting unless given.',
  })
  expiresInSeconds?: number | null;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the record and as the comment of each handover; 500 characters at most.',
  })
  reason?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same one. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@ObjectType('HandOverShiftPayload', { simpleResolvers: true, description: 'The shift, handed over.' })
export class HandOverShiftPayload {
  @Field(() => ShiftHandoverType, { description: 'As it is now.' })
  shiftHandover!: ShiftHandoverType;
}
