import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { TeamType } from './people.type.js';

const REASON = 'Why, for the record; 500 characters at most.';
const IDEMPOTENCY =
  'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same one. Another request under it is a CONFLICT.';

@InputType('CreateTeamInput', { description: 'A team to be.' })
export class CreateTeamInputType {
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  name!: string;
  @Field(() => [ID], { nullable: true, description: 'Who works in it.' })
  memberIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Who watches over it: agents of the role SUPERVISOR.' })
  supervisorIds?: string[] | null;
  @Field(() => String, { nullable: true, description: IDEMPOTENCY })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateTeamPayload', { simpleResolvers: true, description: 'The team, created.' })
export class CreateTeamPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('UpdateTeamInput', { description: 'What is to change of a team.' })
export class UpdateTeamInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  name!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('UpdateTeamPayload', { simpleResolvers: true, description: 'The team, changed.' })
export class UpdateTeamPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('DeactivateTeamInput', { description: 'The team that is to get nothing new.' })
export class DeactivateTeamInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('DeactivateTeamPayload', { simpleResolvers: true, description: 'The team, deactivated.' })
export class DeactivateTeamPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('AddTeamMembersInput', { description: 'Who is to come into a team.' })
export class AddTeamMembersInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => [ID], { description: 'The agents, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('AddTeamMembersPayload', { simpleResolvers: true, description: 'The team, with the members added.' })
export class AddTeamMembersPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('AddTeamSupervisorsInput', { description: 'Who is to come into the supervisors of a team.' })
export class AddTeamSupervisorsInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => [ID], { description: 'Agents of the role SUPERVISOR, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('AddTeamSupervisorsPayload', {
  simpleResolvers: true,
  description: 'The team, with the supervisors added.',
})
export class AddTeamSupervisorsPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('RemoveTeamMembersInput', { description: 'Who is to go from a team.' })
export class RemoveTeamMembersInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => [ID], { description: 'The agents, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('RemoveTeamMembersPayload', { simpleResolvers: true, description: 'The team, with the members removed.' })
export class RemoveTeamMembersPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}

@InputType('RemoveTeamSupervisorsInput', { description: 'Who is to go from the supervisors of a team.' })
export class RemoveTeamSupervisorsInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => [ID], { description: 'The agents, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('RemoveTeamSupervisorsPayload', {
  simpleResolvers: true,
  description: 'The team, with the supervisors removed.',
})
export class RemoveTeamSupervisorsPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}
