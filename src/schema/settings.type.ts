import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { WorkspaceType } from './workspace.type.js';

@InputType('UpdateWorkspaceSettingsInput', { description: 'What is to be set anew; what is left out stays.' })
export class UpdateWorkspaceSettingsInputType {
  @Field(() => String, { nullable: true, description: 'An IANA name, for example Europe/Berlin.' })
  timeZone?: string | null;
  @Field(() => Int, {
    nullable: true,
    description: 'For how many seconds one event of reading speaks, 0 to 3,600; 0 = each reading is an event.',
  })
  viewCoalescingSeconds?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'Agents read the events of their own actions.' })
  agentsSeeOwnEvents?: boolean | null;
  @Field(() => Int, {
    nullable: true,
    description: 'After how many seconds a handover expires that does not say so itself, 10 to 604,800.',
  })
  handoverExpirySeconds?: number | null;
  @Field(() => Int, {
    nullable: true,
    description: 'For how many days a conversation can be restored that is deleted from now on, 1 to 365.',
  })
  restoreDays?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('UpdateWorkspaceSettingsPayload', { simpleResolvers: true, description: 'The settings, changed.' })
export class UpdateWorkspaceSettingsPayload {
  @Field(() => WorkspaceType, { description: 'The workspace as it is now.' })
  workspace!: WorkspaceType;
}
