import { Field, ID, InputType } from 'type-graphql';
import type { Role as RoleValue } from '../entities/enums.js';
import { Role } from './enums.js';

@InputType('AgentFilter', {
  description:
    'Which agents. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class AgentFilterInput {
  @Field(() => [Role], { nullable: true, description: 'In any of these roles.' })
  roles?: RoleValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Members of any of these teams.' })
  teamIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Members of any of these inboxes.' })
  inboxIds?: string[] | null;
  @Field(() => Boolean, { nullable: true, description: 'Active, or deactivated.' })
  active?: boolean | null;
  @Field(() => String, { nullable: true, description: 'Part of the name or e-mail, in any case.' })
  search?: string | null;
}

@InputType('SignInInput', { description: 'What a person signs in with.' })
export class SignInInputType {
  @Field(() => String, { description: 'The e-mail of the account.' })
  email!: string;
  @Field(() => String, { description: 'The password, 10 to 128 characters.' })
  password!: string;
  @Field(() => String, {
    nullable: true,
    description: 'The slug of the workspace; needed only by people who are in several.',
  })
  workspace?: string | null;
}

@InputType('RefreshSessionInput', { description: 'What a session is continued with.' })
export class RefreshSessionInputType {
  @Field(() => String, { description: 'The newest refresh token of the session; good once.' })
  refreshToken!: string;
}

@InputType('RevokeSessionInput', { description: 'The session to end.' })
export class RevokeSessionInputType {
  @Field(() => ID, { description: 'The session: one’s own, or as an administrator anybody’s.' })
  sessionId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
