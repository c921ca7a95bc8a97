import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { Workspace } from '../entities/workspace.js';
import { ActorType } from './actor.type.js';
import { BusinessHoursType } from './business-hours.type.js';
import { Permission, Role, Scope } from './enums.js';
import { RetentionRuleType } from './retention.type.js';
import { DateTime } from './scalars.js';
import type { Permission as PermissionValue, Role as RoleValue, Scope as ScopeValue } from '../entities/enums.js';

@ObjectType('WorkspaceSettings', { simpleResolvers: true, description: 'How a workspace is set up.' })
export class WorkspaceSettingsType {
  @Field(() => Int, {
    description: 'For how many seconds one event of reading speaks; 0 = each reading is an event.',
  })
  viewCoalescingSeconds!: number;
  @Field(() => Boolean, { description: 'Agents read the events of their own actions.' })
  agentsSeeOwnEvents!: boolean;
  @Field(() => Int, { description: 'After how many seconds a handover expires that does not say so itself.' })
  handoverExpirySeconds!: number;
  @Field(() => Int, { description: 'For how many days a deleted conversation can be restored.' })
  restoreDays!: number;
}

@ObjectType('Workspace', {
  simpleResolvers: true,
  description: 'One inbox with everything in it. Nothing is shared between workspaces.',
})
export class WorkspaceType implements Pick<RowOf<Workspace>, 'id' | 'name' | 'slug' | 'timeZone'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => String, { description: 'Its short name in addresses and at sign-in, unique in this installation.' })
  slug!: string;
  @Field(() => String, { description: 'IANA name, for example Europe/Berlin.' })
  timeZone!: string;
  @Field(() => WorkspaceSettingsType, { description: 'How it is set up.' })
  settings!: WorkspaceSettingsType;
  @Field(() => BusinessHoursType, {
    nullable: true,
    description: 'When teams work that have no hours of their own; null where that is always.',
  })
  businessHours!: BusinessHoursType | null;
  @Field(() => [RetentionRuleType], { description: 'For how long what events say is kept, one rule a category.' })
  retention!: RetentionRuleType[];
}

@ObjectType('Session', { simpleResolvers: true, description: 'A sign-in and everything refreshed from it.' })
export class SessionType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => DateTime, { description: 'When it was signed in.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was last refreshed.' })
  lastSeenAt!: Date;
  @Field(() => String, { nullable: true, description: 'From where it was signed in.' })
  ipAddress!: string | null;
  @Field(() => String, { nullable: true, description: 'With what it was signed in.' })
  userAgent!: string | null;
  @Field(() => Boolean, { description: 'It is the one that asks.' })
  current!: boolean;
}

@ObjectType('Viewer', { simpleResolvers: true, description: 'Who is asking, and what they may do.' })
export class ViewerType {
  @Field(() => ActorType, { description: 'The agent, bot or API key behind the credential.' })
  actor!: ActorType;
  @Field(() => WorkspaceType, { description: 'The workspace that the credential is for.' })
  workspace!: WorkspaceType;
  @Field(() => Role, { nullable: true, description: 'An agent’s role; null for keys and bots.' })
  role!: RoleValue | null;
  @Field(() => [Scope], { description: 'An API key’s scopes; empty for agents and bots.' })
  scopes!: ScopeValue[];
  @Field(() => [Permission], { description: 'What the viewer may do at all.' })
  permissions!: PermissionValue[];
  @Field(() => SessionType, { nullable: true, description: 'The session that asks; null for keys and bots.' })
  session!: SessionType | null;
}
