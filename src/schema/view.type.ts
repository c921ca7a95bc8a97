import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { ViewSharing as SharingValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import type { SavedView } from '../entities/saved-view.js';
import { ConversationFilterInput } from './conversation.input.js';
import { ConversationOrder } from './enums.js';
import { AgentType, TeamType } from './people.type.js';
import { DateTime, Json } from './scalars.js';
import { ViewSharing } from './setting-enums.js';

type OrderValue = keyof typeof ConversationOrder;
const REASON = 'Why, for the record; 500 characters at most.';
const NAME = 'What people call it; 100 characters at most.';
const SHARING = 'With a team that the caller is in, or, by administrators, with any team or everybody.';
const TEAM = 'The team, with TEAM alone.';

@ObjectType('View', {
  simpleResolvers: true,
  description: 'A filter and an order of conversations, kept under a name.',
})
export class ViewType implements Pick<
  RowOf<SavedView>,
  'id' | 'name' | 'sharing' | 'filter' | 'createdAt' | 'updatedAt'
> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => Json, {
    description:
      'A ConversationFilter, to be passed on as it is: to `conversations`, `conversationCounts` and `conversationChanges`.',
  })
  filter!: Record<string, unknown>;
  @Field(() => ConversationOrder, { description: 'In which order.' })
  orderBy!: OrderValue;
  @Field(() => ViewSharing, { description: 'Who sees it besides whose it is.' })
  sharing!: SharingValue;
  @Field(() => AgentType, { nullable: true, description: 'Whose it is; null where a key made it.' })
  owner!: AgentType | null;
  @Field(() => TeamType, { nullable: true, description: 'The team that it is shared with.' })
  team!: TeamType | null;
  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@InputType('CreateViewInput', { description: 'A view to be.' })
export class CreateViewInputType {
  @Field(() => String, { description: NAME })
  name!: string;
  @Field(() => ConversationFilterInput, { description: 'Which conversations; 10,000 characters as JSON at most.' })
  filter!: ConversationFilterInput;
  @Field(() => ConversationOrder, { nullable: true, description: 'In which order; LAST_ACTIVITY_DESC unless given.' })
  orderBy?: OrderValue | null;
  @Field(() => ViewSharing, { nullable: true, description: `${SHARING} PRIVATE unless given.` })
  sharing?: SharingValue | null;
  @Field(() => ID, { nullable: true, description: TEAM })
  teamId?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same view. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateViewInput', { description: 'What is to change of a view; what is left out stays.' })
export class UpdateViewInputType {
  @Field(() => ID, { description: 'The view.' })
  viewId!: string;
  @Field(() => String, { nullable: true, description: NAME })
  name?: string | null;
  @Field(() => ConversationFilterInput, { nullable: true, description: 'All of the filter from now on.' })
  filter?: ConversationFilterInput | null;
  @Field(() => ConversationOrder, { nullable: true, description: 'In which order.' })
  orderBy?: OrderValue | null;
  @Field(() => ViewSharing, { nullable: true, description: SHARING })
  sharing?: SharingValue | null;
  @Field(() => ID, { nullable: true, description: TEAM })
  teamId?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('DeleteViewInput', { description: 'The view that is to go.' })
export class DeleteViewInputType {
  @Field(() => ID, { description: 'The view.' })
  viewId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateViewPayload', { simpleResolvers: true, description: 'The view, kept.' })
export class CreateViewPayload {
  @Field(() => ViewType, { description: 'As it is now.' })
  view!: ViewType;
}

@ObjectType('UpdateViewPayload', { simpleResolvers: true, description: 'The view, changed.' })
export class UpdateViewPayload {
  @Field(() => ViewType, { description: 'As it is now.' })
  view!: ViewType;
}

@ObjectType('DeleteViewPayload', { simpleResolvers: true, description: 'What is gone.' })
export class DeleteViewPayload {
  @Field(() => ID, { description: 'The view that is gone.' })
  viewId!: string;
}
