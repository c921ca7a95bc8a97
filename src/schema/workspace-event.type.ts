import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import { ActorType } from './actor.type.js';
import { ChangeDetailType } from './audit-event.type.js';
import { connectionOf } from './connection.type.js';
import { ContactType } from './contact.type.js';
import { ConversationType } from './conversation.type.js';
import { AuditEventState } from './enums.js';
import { HandoverType } from './handover.type.js';
import { DateTime } from './scalars.js';
import { MessageType } from './transcript.type.js';

@ObjectType('WorkspaceEvent', {
  simpleResolvers: true,
  description:
    'An event of the feed that other systems sync from: the objects as they are now, and only those that the caller’s scopes show. All but the cursor is null when only the cursor moved, all but cursor and state of a pruned event.',
})
export class WorkspaceEventType {
  @Field(() => String, { description: 'Go on after this event: for the stream as `afterEvent`, for the query too.' })
  cursor!: string;
  @Field(() => AuditEventState, {
    nullable: true,
    description: 'Whether its content is still there. PRUNED: something was recorded here, whether of the feed or not.',
  })
  state!: 'PRESENT' | 'ERASED' | 'PRUNED' | null;
  @Field(() => ID, { nullable: true, description: 'The event’s id in the record.' })
  id!: string | null;
  @Field(() => String, { nullable: true, description: 'The action, as in `auditActions`.' })
  action!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'When it happened.' })
  occurredAt!: Date | null;
  @Field(() => ActorType, { nullable: true, description: 'Who did it.' })
  actor!: ActorType | null;
  @Field(() => [ChangeDetailType], { description: 'The fields that it changed; personal values are redacted.' })
  changes!: ChangeDetailType[];
  @Extensions({ perViewer: true })
  @Field(() => ConversationType, { nullable: true, description: 'The conversation, as it is now.' })
  conversation!: ConversationType | null;
  @Field(() => MessageType, { nullable: true, description: 'The message, as it is now.' })
  message!: MessageType | null;
  @Field(() => ContactType, { nullable: true, description: 'The contact, as they are now.' })
  contact!: ContactType | null;
  @Field(() => HandoverType, { nullable: true, description: 'The handover, as it is now.' })
  handover!: HandoverType | null;
}

export const WorkspaceEventConnection = connectionOf(WorkspaceEventType, 'WorkspaceEvent', { streamable: true });
