import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Agent } from '../entities/agent.js';
import type { Inbox } from '../entities/inbox.js';
import type { RowOf } from '../entities/row.js';
import type { Team } from '../entities/team.js';
import { BotType } from '../schema/bot.type.js';
import { PageForwards } from '../schema/connection.type.js';
import { AgentFilterInput } from '../schema/people.input.js';
import { AgentConnection, AgentType, InboxType, PresenceType, TeamType } from '../schema/people.type.js';
import { SetPresenceInputType, SetPresencePayload } from '../schema/presence.type.js';
import { DateTime } from '../schema/scalars.js';
import { listAgents, listInboxes, listTeams } from '../services/directory.js';
import { setPresence } from '../services/presence/presence.js';
import type { ApiContext } from './context.js';

@Resolver(() => AgentType)
export class AgentResolver {
  @Query(() => AgentConnection, { description: 'The agents, by name. Errors: FORBIDDEN, VALIDATION_FAILED.' })
  agents(
    @Arg('filter', () => AgentFilterInput, { nullable: true, description: 'Which agents.' })
    filter: AgentFilterInput | null,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() context: ApiContext,
  ) {
    return listAgents(context.call, filter ?? {}, page);
  }

  @Mutation(() => SetPresencePayload, {
    description: 'Says how the viewer is. Errors: FORBIDDEN for keys and bots, VALIDATION_FAILED.',
  })
  async setPresence(
    @Arg('input', () => SetPresenceInputType) input: SetPresenceInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await setPresence(call, input)) };
  }

  @FieldResolver(() => PresenceType)
  presence(@Root() agent: RowOf<Agent>, @Ctx() { loaders }: ApiContext) {
    return loaders.presence.load(agent.id);
  }

  @FieldResolver(() => DateTime, { nullable: true })
  lastSeenAt(@Root() agent: RowOf<Agent>, @Ctx() { loaders }: ApiContext) {
    return loaders.lastSeen.load(agent.id);
  }

  @FieldResolver(() => [TeamType])
  teams(@Root() agent: RowOf<Agent>, @Ctx() { loaders }: ApiContext) {
    return loaders.agentTeams.load(agent.id);
  }
}

@Resolver(() => TeamType)
export class TeamResolver {
  @Query(() => [TeamType], { description: 'The teams, by name, 250 at most. Errors: FORBIDDEN.' })
  teams(
    @Arg('includeInactive', () => Boolean, {
      defaultValue: false,
      description: 'Also those that were deactivated.',
    })
    includeInactive: boolean,
    @Ctx() context: ApiContext,
  ) {
    return listTeams(context.call, { includeInactive });
  }

  @FieldResolver(() => [AgentType])
  members(@Root() team: RowOf<Team>, @Ctx() { loaders }: ApiContext) {
    return loaders.teamMembers.load(team.id);
  }

  @FieldResolver(() => Boolean)
  attended(@Root() team: RowOf<Team>, @Ctx() { loaders }: ApiContext): Promise<boolean> {
    return loaders.teamAttended.load(team.id);
  }

  @FieldResolver(() => [AgentType])
  supervisors(@Root() team: RowOf<Team>, @Ctx() { loaders }: ApiContext) {
    return loaders.teamSupervisors.load(team.id);
  }
}

@Resolver(() => InboxType)
export class InboxResolver {
  @Query(() => [InboxType], { description: 'The inboxes, by name, 250 at most. Errors: FORBIDDEN.' })
  inboxes(
    @Arg('includeInactive', () => Boolean, {
      defaultValue: false,
      description: 'Also those that were deactivated.',
    })
    includeInactive: boolean,
    @Ctx() context: ApiContext,
  ) {
    return listInboxes(context.call, { includeInactive });
  }

  @FieldResolver(() => [AgentType])
  members(@Root() inbox: RowOf<Inbox>, @Ctx() { loaders }: ApiContext) {
    return loaders.inboxMembers.load(inbox.id);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  defaultTeam(@Root() inbox: RowOf<Inbox>, @Ctx() { loaders }: ApiContext) {
    return inbox.defaultTeamId && loaders.team.load(inbox.defaultTeamId);
  }

  @FieldResolver(() => BotType, { nullable: true })
  bot(@Root() inbox: RowOf<Inbox>, @Ctx() { loaders }: ApiContext) {
    return inbox.botId && loaders.bot.load(inbox.botId);
  }
}
