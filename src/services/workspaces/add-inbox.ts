import { Bot } from '../../entities/bot.js';
import { Channel } from '../../entities/enums.js';
import { Inbox, InboxMember } from '../../entities/inbox.js';
import { Team } from '../../entities/team.js';
import { notFound } from '../errors.js';
import { isId, newId } from '../ids.js';
import { Faults, MAX_REMARK } from '../text.js';
import type { Tx } from '../transaction.js';
import { loadMembers } from './members.js';
import { membershipEvent } from './membership-events.js';

export interface NewInbox {
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
  if (!Object.hasOwn(Channel, input.channel)) faults.add('channel', 'must be a channel');
  faults.refuse();
  const members = await loadMembers(tx, input.memberIds ?? []);
  const bot = input.botId ? isId(input.botId) && (await em.findOne(Bot, { workspaceId, id: input.botId })) : null;
  if (input.botId && !bot) throw notFound('bot');
  const { defaultTeamId } = input;
  const defaultTeam = defaultTeamId
    ? isId(defaultTeamId) && (await em.findOne(Team, { workspaceId, id: defaultTeamId }))
    : null;
  if (defaultTeamId && !defaultTeam) throw notFound('team');

  const inbox = em.create(Inbox, {
    workspaceId,
    id: newId(),
    name,
    channel: input.channel,
    bot: bot || null,
    defaultTeam: defaultTeam || null,
    createdAt: tx.now,
  });
  em.persist(inbox);
  for (const agent of members) em.persist(em.create(InboxMember, { workspaceId, inbox, agent }));
  await em.flush();

  const target = { type: 'inbox', id: inbox.id, label: name };
  tx.record({ action: 'inbox.created', target, inboxId: inbox.id, metadata: { channel: input.channel } });
  for (const agent of members) tx.record(membershipEvent('added', { noun: 'inbox', id: inbox.id, name }, agent));
  return inbox.id;
}
