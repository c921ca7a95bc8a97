import { Field, ID, InputType } from 'type-graphql';
import type { Channel as ChannelValue } from '../entities/enums.js';
import { Channel } from './enums.js';
import { DateTime } from './scalars.js';

@InputType('ContactFilter', {
  description:
    'Which contacts. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class ContactFilterInput {
  @Field(() => String, { nullable: true, description: 'Part of the name, e-mail, phone or external id, in any case.' })
  search?: string | null;
  @Field(() => [ID], { nullable: true, description: 'With any of these labels.' })
  labelIds?: string[] | null;
  @Field(() => [Channel], { nullable: true, description: 'Known over any of these channels.' })
  channels?: ChannelValue[] | null;
  @Field(() => DateTime, { nullable: true, description: 'Changed at or after.' })
  updatedFrom?: Date | null;
}
