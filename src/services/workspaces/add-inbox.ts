import { LockMode } from '@mikro-orm/core';
import { Bot } from '../../entities/bot.js';
import { Channel } from '../../entities/enums.js';
import { Inbox, InboxMember } from '../../entities/inbox.js';
import { Team } from '../../entities/team.js';
import { notFound } from '../errors.js';
import { isId, newId } from '../ids.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import type { Tx } from '../transaction.js';
import { loadMembers } from './members.js';
import { membershipEvent } from './membership-events.js';

export interface NewInbox extends WithReason {
  /** Where it is known before. */
  id?: string;
  name: string;
  channel: Channel;
  memberIds?: readonly string[];
  /** The bot that answers first; none: people do. */
  botId?: string | null;
  /** The team that a new conversation belongs to. */
  defaultTeamId?: string | null;
}

/**
 * Creates an inbox of one channel, with the agents who see all of it.
 * @returns its id.
 * @throws AppError VALIDATION_FAILED; NOT_FOUND for an agent, bot or team that is not there.
 */
export async function addInbox(tx: Tx, input: NewInbox): Promise<string> {
  const { em } = tx;
  const { workspaceId } = tx.principal;
  const name = input.name.trim();
  const faults = new Faults();
  faults.text('name', name, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (!Object.hasOwn(Channel, input.channel)) faults.add('channel', 'must be a channel');
  faults.refuse();
  const members = await loadMembers(tx, input.memberIds ?? []);
  const bot = input.botId ? await findBot(tx, input.botId) : null;
  const defaultTeam = input.defaultTeamId ? await findDefaultTeam(tx, input.defaultTeamId) : null;

  const inbox = em.create(Inbox, {
    workspaceId,
    id: input.id ?? newId(),
    name,
    channel: input.channel,
    bot,
    defaultTeam,
    createdAt: tx.now,
    deactivatedAt: null,
  });
  em.persist(inbox);
  for (const agent of members) em.persist(em.create(InboxMember, { workspaceId, inbox, agent }));
  await em.flush();

  const target = { type: 'inbox', id: inbox.id, label: name };
  tx.record({
    action: 'inbox.created',
    target,
    inboxId: inbox.id,
    metadata: { channel: input.channel },
    reason: input.reason ?? null,
  });
  for (const agent of members) tx.record(membershipEvent('added', { noun: 'inbox', id: inbox.id, name }, agent));
  return inbox.id;
}

/** @throws AppError NOT_FOUND */
export async function findBot(tx: Tx, id: string): Promise<Bot> {
  const bot = isId(id) ? await tx.em.findOne(Bot, { workspaceId: tx.principal.workspaceId, id }) : null;
  if (!bot) throw notFound('bot');
  return bot;
}

/** A team that gets conversations, and stays one until this is done. @throws AppError NOT_FOUND */
export async function findDefaultTeam(tx: Tx, id: string): Promise<Team> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_READ } as const;
  const team = isId(id) ? await tx.em.findOne(Team, { workspaceId, id, deactivatedAt: null }, lock) : null;
  if (!team) throw notFound('team');
  return team;
}
