import { Field, ID, InterfaceType, Int } from 'type-graphql';
import { ActorType } from './actor.type.js';
import { DateTime } from './scalars.js';

@InterfaceType('TranscriptEntry', { description: 'One line of a conversation’s story.' })
export abstract class TranscriptEntryType {
  @Field(() => ID, { description: 'UUIDv7; a message’s own id, or the id of the event in the record.' })
  id!: string;
  @Field(() => Int, { description: 'Its place in the conversation: 1, 2, 3 … without gaps.' })
  position!: number;
  @Field(() => DateTime, { description: 'When it was said or done, as the channel says.' })
  occurredAt!: Date;
  @Field(() => ActorType, { description: 'Who said or did it.' })
  actor!: ActorType;
}
