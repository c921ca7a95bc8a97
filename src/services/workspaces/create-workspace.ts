import { Workspace, WorkspaceCounter } from '../../entities/workspace.js';
import type { Application, Call } from '../application.js';
import { isUniqueViolation } from '../database-errors.js';
import { conflict } from '../errors.js';
import { newId } from '../ids.js';
import { isTimeZone } from '../time-zones.js';
import { normalEmail } from '../accounts/sign-in.js';
import { systemPrincipal } from '../principal.js';
import { Faults, MAX_REMARK } from '../text.js';
import { commit, type Tx } from '../commit.js';
import { ensureRules } from '../alerts/ensure-rules.js';
import { addAgent } from './add-agent.js';

export interface NewWorkspace {
  name: string;
  /** Made from the name where it is absent. */
  slug?: string | undefined;
  adminEmail: string;
  /** What stands before the @ of the e-mail where it is absent. */
  adminDisplayName?: string | undefined;
  /** An IANA name; UTC where it is absent. */
  timeZone?: string | undefined;
  /** The name of the installation at the front of the log's origin, such as `inbox.example.com`. Never changes later. */
  logHost: string;
}

export interface CreatedWorkspace {
  workspaceId: string;
  agentId: string;
  /** The administrator's e-mail had an account: they sign in with the password that it has, not the one given. */
  accountExisted: boolean;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** The first conversation is #1001: short numbers look like an installation nobody uses. */
const NUMBER_BEFORE_FIRST = 1000;

/**
 * Creates a workspace with its first administrator, as the system: all of it or nothing.
 * @param input `existingAccount`: that an account which the e-mail has already is the administrator's. Whoever made it
 *   knows its password, and nobody has shown that the mailbox is theirs.
 * @throws AppError VALIDATION_FAILED; CONFLICT when the slug is taken, or the e-mail has an account that was not expected.
 */
export async function createWorkspace(
  app: Application,
  input: NewWorkspace & { password: string; existingAccount: boolean },
): Promise<CreatedWorkspace> {
  const workspace = checked(input);
  // Before the transaction: it takes 50 ms.
  const passwordHash = await app.passwords.hash(input.password);
  try {
    return await commit(setUpCall(app), async (tx) => {
      const created = await setUpWorkspace(tx, workspace, passwordHash);
      if (created.accountExisted && !input.existingAccount) {
        const email = normalEmail(input.adminEmail);
        throw conflict(
          `${email} has an account already, with a password of its own. Where you know that it is theirs, say --existing-account.`,
          { email },
        );
      }
      return created;
    });
  } catch (error) {
    // An account for the same e-mail was made between our look and our insert: now it is one that exists.
    if (violates(error, 'account_email_unique')) return createWorkspace(app, input);
    throw error;
  }
}

/** The call that a new workspace is set up in: by the system, from nowhere. */
export const setUpCall = (app: Application): Call => ({
  app,
  principal: systemPrincipal(newId()),
  request: { id: newId(), ipAddress: null, userAgent: null },
});

/**
 * Makes the transaction's workspace, which does not exist yet, and its first administrator.
 * @throws AppError VALIDATION_FAILED; CONFLICT when the slug is taken.
 */
export async function setUpWorkspace(tx: Tx, input: NewWorkspace, passwordHash: string): Promise<CreatedWorkspace> {
  const { name, slug, timeZone, adminDisplayName } = checked(input);
  const { em, now } = tx;
  const { workspaceId } = tx.principal;
  const workspace = em.create(Workspace, {
    id: workspaceId,
    name,
    slug,
    logOrigin: `${input.logHost}/ws/${workspaceId}`,
    timeZone,
    handoverExpirySeconds: 300,
    agentsSeeOwnEvents: true,
    createdAt: now,
  });
  em.persist(workspace);
  em.persist(em.create(WorkspaceCounter, { workspaceId, conversations: NUMBER_BEFORE_FIRST }));
  try {
    await em.flush();
  } catch (error) {
    if (violates(error, 'workspace_slug_unique')) throw conflict(`There is a workspace "${slug}" already.`, { slug });
    throw error;
  }
  await ensureRules(tx);
  tx.record({ action: 'workspace.created', target: { type: 'workspace', id: workspaceId, label: name } });
  const admin = { email: input.adminEmail, displayName: adminDisplayName, role: 'ADMIN' as const, passwordHash };
  return { workspaceId, ...(await addAgent(tx, admin)) };
}

function checked(input: NewWorkspace) {
  const name = input.name.trim();
  const slug = (input.slug ?? slugOf(name)).trim();
  const timeZone = input.timeZone ?? 'UTC';
  const faults = new Faults();
  faults.text('name', name, MAX_REMARK);
  if (input.slug === undefined && slug === '' && name !== '') {
    faults.add('slug', 'must be given: the name has no letters from a to z to make one from');
  } else if (!SLUG.test(slug) && name !== '') {
    faults.add('slug', 'must be 1 to 63 letters a to z, digits and inner hyphens');
  }
  if (!isTimeZone(timeZone)) faults.add('timeZone', 'must be a time zone such as Europe/Berlin');
  faults.refuse();
  const adminDisplayName = input.adminDisplayName?.trim() || input.adminEmail.trim().split('@')[0]!;
  return { ...input, name, slug, timeZone, adminDisplayName };
}

/** The name as it can stand in an address: "Café Zürich" is "cafe-zurich". */
const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');

const violates = (error: unknown, constraint: string): boolean =>
  isUniqueViolation(error) && (error as { constraint?: unknown }).constraint === constraint;
