import { LockMode } from '@mikro-orm/core';
import type { ViewSharing } from '../../entities/enums.js';
import { SavedView } from '../../entities/saved-view.js';
import type { Team } from '../../entities/team.js';
import { Agent } from '../../entities/agent.js';
import type { Call } from '../application.js';
import { validateConversationFilter, type ConversationFilter } from '../conversations/conversation-filter.js';
import type { ConversationOrder } from '../conversations/read-conversations.js';
import { forbidden, notFound } from '../errors.js';
import { workspaceTarget } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { canHaveViews, canSeeView, canShareView, canChangeView, isOwner, type ViewFacts } from '../setting-policy.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { findDefaultTeam } from '../workspaces/add-inbox.js';
import { refuseBeyond } from '../workspaces/places.js';

const MAX_NAME = 100;
/** Characters of a filter as JSON. */
const MAX_FILTER = 10_000;
/** Views of one agent that nobody else sees, and views of a workspace that are shared: together they fit into the list. */
const MAX_PRIVATE = 50;
const MAX_SHARED = 200;

export interface CreateViewInput extends WithReason {
  name: string;
  filter: ConversationFilter;
  orderBy?: ConversationOrder | null | undefined;
  sharing?: ViewSharing | null | undefined;
  teamId?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface UpdateViewInput extends WithReason {
  viewId: string;
  name?: string | null | undefined;
  filter?: ConversationFilter | null | undefined;
  orderBy?: ConversationOrder | null | undefined;
  sharing?: ViewSharing | null | undefined;
  teamId?: string | null | undefined;
}

interface Said {
  name: string;
  filter: Record<string, unknown>;
  orderBy: string;
  sharing: ViewSharing;
  teamId: string | null;
}

/** A filter as the API takes it again, without what it leaves open. */
function asKept(filter: ConversationFilter): Record<string, unknown> {
  validateConversationFilter(filter);
  const given = Object.entries(filter).filter(([, value]) => value !== null && value !== undefined);
  return JSON.parse(JSON.stringify(Object.fromEntries(given))) as Record<string, unknown>;
}

/** @throws AppError VALIDATION_FAILED */
function check({ name, filter, sharing, teamId }: Said, reason: WithReason['reason']): void {
  const faults = new Faults();
  faults.text('name', name, MAX_NAME);
  faults.optionalText('reason', reason, MAX_REASON);
  if (JSON.stringify(filter).length > MAX_FILTER)
    faults.add('filter', `must have at most ${MAX_FILTER} characters as JSON`);
  if ((sharing === 'TEAM') !== (teamId !== null)) faults.add('teamId', 'goes with TEAM, and with it alone');
  faults.refuse();
}

/**
 * Keeps a filter and an order under a name.
 * @throws AppError FORBIDDEN for who works with no conversations, and for sharing with a team that one is not in, or as no
 *   administrator with everybody; NOT_FOUND (team; the view of a known key, where it was deleted since);
 *   VALIDATION_FAILED; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 50 of one's own that are
 *   private, or 200 that are shared.
 */
export async function createView(call: Call, input: CreateViewInput): Promise<string> {
  const said: Said = {
    name: input.name.trim(),
    filter: asKept(input.filter),
    orderBy: input.orderBy ?? 'LAST_ACTIVITY_DESC',
    sharing: input.sharing ?? 'PRIVATE',
    teamId: input.teamId ?? null,
  };
  check(said, input.reason);
  return withTransaction(call, async (tx) => {
    const { workspaceId, kind, id: ownId } = tx.principal;
    if (!canHaveViews(tx.principal)) throw refused(tx, 'view.create');
    const id = newId();
    const known = await claimOwnKey(tx, 'createView', { ...input, filter: said.filter }, id);
    if (known) {
      // Views are deleted: what the first request made may be gone.
      if (!(await tx.em.findOne(SavedView, { workspaceId, id: known }))) throw notFound('view');
      return known;
    }
    const team = await sharedWith(tx, said, 'view.create');
    await refuseFull(tx, said.sharing);
    const owner = kind === 'AGENT' ? tx.em.getReference(Agent, [workspaceId, ownId!]) : null;
    const { teamId: _, ...columns } = said;
    const times = { createdAt: tx.now, updatedAt: tx.now };
    const view = tx.em.create(SavedView, { workspaceId, id, ...columns, owner, team, ...times });
    tx.em.persist(view);
    record(tx, 'view.created', view, changesOf(null, said), input.reason);
    return id;
  });
}

/**
 * Changes a view; what is not given stays. By whose it is, or where it is shared an administrator.
 * @throws AppError NOT_FOUND, also where the caller does not see it; FORBIDDEN, as for creating too; VALIDATION_FAILED;
 *   LIMIT_EXCEEDED
 */
export async function updateView(call: Call, input: UpdateViewInput): Promise<string> {
  return withTransaction(call, async (tx) => {
    const view = await accessView(tx, input.viewId, 'view.update');
    const before = saidOf(view);
    const sharing = input.sharing ?? before.sharing;
    const after: Said = {
      name: input.name?.trim() ?? before.name,
      filter: input.filter ? asKept(input.filter) : before.filter,
      orderBy: input.orderBy ?? before.orderBy,
      sharing,
      teamId: input.teamId ?? (sharing === 'TEAM' ? before.teamId : null),
    };
    check(after, input.reason);
    const changes = changesOf(before, after);
    if (changes.length === 0) return view.id;
    if (after.sharing !== before.sharing || after.teamId !== before.teamId) {
      // It would be lost to everybody, also to who did it.
      if (after.sharing === 'PRIVATE' && !isOwner(tx.principal, factsOf(view))) throw refused(tx, 'view.update');
      view.team = await sharedWith(tx, after, 'view.update');
      if (after.sharing === 'PRIVATE' || before.sharing === 'PRIVATE') await refuseFull(tx, after.sharing);
    }
    const { teamId: _, ...columns } = after;
    Object.assign(view, { ...columns, updatedAt: tx.now });
    record(tx, 'view.updated', view, changes, input.reason);
    return view.id;
  });
}

/**
 * Deletes a view. By whose it is, or where it is shared an administrator.
 * @throws AppError NOT_FOUND, also where the caller does not see it; FORBIDDEN, VALIDATION_FAILED
 */
export async function deleteView(call: Call, input: { viewId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const view = await accessView(tx, input.viewId, 'view.delete');
    record(tx, 'view.deleted', view, changesOf(saidOf(view), null), input.reason);
    tx.em.remove(view);
    return input.viewId;
  });
}

const factsOf = (view: SavedView): ViewFacts => ({
  ownerId: view.owner?.id ?? null,
  sharing: view.sharing,
  teamId: view.team?.id ?? null,
});

/** @throws AppError NOT_FOUND, FORBIDDEN; either is recorded where there is one. */
async function accessView(tx: Tx, id: string, attempted: string): Promise<SavedView> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const view = isId(id) ? await tx.em.findOne(SavedView, { workspaceId, id }, lock) : null;
  if (!view) throw notFound('view');
  const facts = factsOf(view);
  if (canChangeView(tx.principal, facts)) return view;
  const error = canSeeView(tx.principal, facts) ? forbidden('This view is somebody else’s.') : notFound('view');
  throw error.recordedAs({ attempted, target: { type: 'view', id, label: view.name } });
}

/** The team that a view is shared with. @throws AppError FORBIDDEN, NOT_FOUND */
async function sharedWith(tx: Tx, { sharing, teamId }: Said, attempted: string): Promise<Team | null> {
  const team = teamId === null ? null : await findDefaultTeam(tx, teamId);
  if (!canShareView(tx.principal, sharing, teamId)) throw refused(tx, attempted);
  return team;
}

const refused = ({ principal }: Tx, attempted: string) =>
  forbidden('You may not keep such a view.').recordedAs({
    attempted,
    target: workspaceTarget(principal.workspaceId),
  });

const refuseFull = (tx: Tx, sharing: ViewSharing): Promise<void> => {
  const { workspaceId, id } = tx.principal;
  const isPrivate = sharing === 'PRIVATE';
  const whose = isPrivate ? sql`t.sharing = 'PRIVATE' and t.owner_id = ${id}::uuid` : sql`t.sharing <> 'PRIVATE'`;
  return refuseBeyond(tx, {
    limit: isPrivate ? 'privateViewsOfAnAgent' : 'sharedViews',
    value: isPrivate ? MAX_PRIVATE : MAX_SHARED,
    there: sql`from saved_view t where t.workspace_id = ${workspaceId} and ${whose}`,
  });
};

function record(
  tx: Tx,
  action: 'view.created' | 'view.updated' | 'view.deleted',
  view: Pick<SavedView, 'id' | 'name'>,
  changes: FieldChange[],
  reason: WithReason['reason'],
): void {
  tx.record({ action, target: { type: 'view', id: view.id, label: view.name }, changes, reason: reason ?? null });
}

const saidOf = ({ name, filter, orderBy, sharing, team }: SavedView): Said => ({
  name,
  filter,
  orderBy,
  sharing,
  teamId: team?.id ?? null,
});

/** What changed; a filter as its JSON, with its keys in order: the database does not keep theirs. */
function changesOf(before: Said | null, after: Said | null): FieldChange[] {
  const shown = (said: Said | null): Record<string, string | undefined> => ({
    name: said?.name,
    filter: said ? JSON.stringify(said.filter, Object.keys(said.filter).toSorted().concat('key', 'value')) : undefined,
    orderBy: said?.orderBy,
    sharing: said?.sharing,
    teamId: said?.teamId ?? undefined,
  });
  const [was, is] = [shown(before), shown(after)];
  return Object.keys(was)
    .filter((field) => was[field] !== is[field])
    .map((field) => ({ field, before: was[field], after: is[field] }));
}
