import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Role as RoleValue } from '../entities/enums.js';
import type { Invitation } from '../entities/invitation.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { Role } from './enums.js';
import { InboxType, TeamType } from './people.type.js';
import { DateTime } from './scalars.js';

type Columns = 'id' | 'email' | 'role' | 'createdAt' | 'expiresAt' | 'acceptedAt' | 'cancelledAt';

@ObjectType('Invitation', { simpleResolvers: true, description: 'Somebody was asked to become an agent.' })
export class InvitationType implements Pick<RowOf<Invitation>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'Whom it was sent to, and what they will sign in with.' })
  email!: string;
  @Field(() => Role, { description: 'What they are to be.' })
  role!: RoleValue;
  @Field(() => [TeamType], { description: 'The teams that they will be a member of, as far as they are still there.' })
  teams!: TeamType[];
  @Field(() => [InboxType], {
    description: 'The inboxes that they will be a member of, as far as they are still there.',
  })
  inboxes!: InboxType[];
  @Field(() => ActorType, {
    nullable: true,
    description: 'Who invited them, last: it holds while they may still give that role.',
  })
  invitedBy!: ActorType | null;
  @Field(() => DateTime, { description: 'When they were first invited.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'Until when its token is good: 7 days after it was last sent.' })
  expiresAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was accepted.' })
  acceptedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was withdrawn.' })
  cancelledAt!: Date | null;
}

@InputType('InviteAgentInput', { description: 'Who is to become an agent.' })
export class InviteAgentInputType {
  @Field(() => String, { description: 'Their e-mail, 254 characters at most.' })
  email!: string;
  @Field(() => Role, { description: 'What they are to be. A key gives no role that may do more than itself.' })
  role!: RoleValue;
  @Field(() => [ID], { nullable: true, description: 'Teams to be a member of; 50 at most together with inboxes.' })
  teamIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Inboxes to be a member of.' })
  inboxIds?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same invitation, without its token. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('InviteAgentPayload', { simpleResolvers: true, description: 'The invitation, made.' })
export class InviteAgentPayload {
  @Field(() => InvitationType, {
    nullable: true,
    description: 'As it is now; null where it could not be read just now: it holds all the same.',
  })
  invitation!: InvitationType | null;
  @Field(() => String, {
    nullable: true,
    description: 'For `acceptInvitation`: shown only now; null for a repeated idempotencyKey.',
  })
  token!: string | null;
  @Field(() => Boolean, {
    description: 'The server for e-mail has taken it. False where there is none, or it did not within 5 s.',
  })
  mailed!: boolean;
}

@InputType('ResendInvitationInput', { description: 'The invitation to send once more.' })
export class ResendInvitationInputType {
  @Field(() => ID, { description: 'The invitation; also one that has expired.' })
  invitationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('ResendInvitationPayload', { simpleResolvers: true, description: 'The invitation, sent once more.' })
export class ResendInvitationPayload {
  @Field(() => InvitationType, {
    nullable: true,
    description: 'As it is now; null where it could not be read just now: it holds all the same.',
  })
  invitation!: InvitationType | null;
  @Field(() => String, { description: 'Its new token: shown only now. The one before is worth nothing any more.' })
  token!: string;
  @Field(() => Boolean, {
    description: 'The server for e-mail has taken it. False where there is none, or it did not within 5 s.',
  })
  mailed!: boolean;
}

@InputType('CancelInvitationInput', { description: 'The invitation to withdraw.' })
export class CancelInvitationInputType {
  @Field(() => ID, { description: 'The invitation.' })
  invitationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('CancelInvitationPayload', { simpleResolvers: true, description: 'The invitation, withdrawn.' })
export class CancelInvitationPayload {
  @Field(() => InvitationType, { description: 'As it is now.' })
  invitation!: InvitationType;
}

@InputType('AcceptInvitationInput', { description: 'What somebody who was invited comes in with.' })
export class AcceptInvitationInputType {
  @Field(() => String, { description: 'The token of the invitation; good once.' })
  token!: string;
  @Field(() => String, { description: 'The name that colleagues see; 2,000 characters at most.' })
  displayName!: string;
  @Field(() => String, {
    description:
      'The password to sign in with, 10 to 128 characters; of an e-mail that has an account already, its own.',
  })
  password!: string;
}
