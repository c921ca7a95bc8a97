import type { Inbox } from '../../entities/inbox.js';
import type { Channel } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { refuseGrantingRole, refuseUnlessAdministrator, workspaceTarget } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { newId } from '../ids.js';
import type { FieldChange } from '../record/event.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { addInbox, findBot, findDefaultTeam } from '../workspaces/add-inbox.js';
import { lockedInbox, refuseFull, refuseInactive } from '../workspaces/places.js';

export interface CreateInboxInput extends WithReason {
  name: string;
  channel: Channel;
  memberIds?: readonly string[] | null | undefined;
  defaultTeamId?: string | null | undefined;
  botId?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface UpdateInboxInput extends WithReason {
  inboxId: string;
  name?: string | null | undefined;
  /** null takes it away, undefined leaves it as it is; so with the bot. */
  defaultTeamId?: string | null | undefined;
  botId?: string | null | undefined;
}

/**
 * Creates an inbox of one channel.
 * @throws AppError FORBIDDEN, also for a key that may do less than whom it adds; VALIDATION_FAILED; NOT_FOUND (agent, team, bot); CONFLICT for another request under a
 *   known key; LIMIT_EXCEEDED at 250 inboxes.
 */
export async function createInbox(call: Call, input: CreateInboxInput): Promise<string> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'inbox.create');
    const at = workspaceTarget(tx.principal.workspaceId);
    if (input.memberIds?.length) refuseGrantingRole(tx, 'AGENT', 'inbox.create', at);
    const id = newId();
    const known = await claimOwnKey(tx, 'createInbox', input, id);
    if (known) return known;
    await refuseFull(tx, 'inbox');
    const { name, channel, memberIds, defaultTeamId, botId, reason } = input;
    return addInbox(tx, {
      id,
      name,
      channel,
      memberIds: memberIds ?? [],
      defaultTeamId: defaultTeamId ?? null,
      botId: botId ?? null,
      reason,
    });
  });
}

/**
 * Changes an inbox; what is not given stays. Conversations that are there keep their team and bot.
 * @throws AppError FORBIDDEN, NOT_FOUND, also for the team or bot; VALIDATION_FAILED; CONFLICT for one that was deactivated.
 */
export async function updateInbox(call: Call, input: UpdateInboxInput): Promise<string> {
  const name = input.name?.trim();
  const faults = new Faults();
  if (name !== undefined) faults.text('name', name, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'inbox.update');
    const inbox = await lockedInbox(tx, input.inboxId);
    refuseInactive(inbox, 'inbox');
    const before = settingsOf(inbox);
    inbox.name = name ?? inbox.name;
    if (input.defaultTeamId !== undefined) {
      inbox.defaultTeam = input.defaultTeamId === null ? null : await findDefaultTeam(tx, input.defaultTeamId);
    }
    if (input.botId !== undefined) inbox.bot = input.botId === null ? null : await findBot(tx, input.botId);
    const after = settingsOf(inbox);
    const changes = (['name', 'defaultTeamId', 'botId'] as const)
      .filter((field) => before[field] !== after[field])
      .map((field): FieldChange => ({ field, before: before[field], after: after[field] }));
    if (changes.length === 0) return inbox.id;
    tx.record({
      action: 'inbox.updated',
      target: { type: 'inbox', id: inbox.id, label: inbox.name },
      inboxId: inbox.id,
      changes,
      reason: input.reason ?? null,
    });
    return inbox.id;
  });
}

const settingsOf = ({ name, defaultTeam, bot }: Inbox) => ({
  name,
  defaultTeamId: defaultTeam?.id ?? null,
  botId: bot?.id ?? null,
});

/**
 * Lets nothing arrive in an inbox any more. Its conversations stay, and are worked on as before.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function deactivateInbox(call: Call, input: { inboxId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'inbox.deactivate');
    const inbox = await lockedInbox(tx, input.inboxId);
    if (inbox.deactivatedAt) return inbox.id;
    inbox.deactivatedAt = tx.now;
    tx.record({
      action: 'inbox.deactivated',
      target: { type: 'inbox', id: inbox.id, label: inbox.name },
      inboxId: inbox.id,
      changes: [{ field: 'active', before: true, after: false }],
      reason: input.reason ?? null,
    });
    return inbox.id;
  });
}
