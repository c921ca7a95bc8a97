import { Account } from '../../entities/account.js';
import { Agent } from '../../entities/agent.js';
import type { Role } from '../../entities/enums.js';
import { normalEmail } from '../accounts/sign-in.js';
import { newId } from '../ids.js';
import { Faults, MAX_REMARK } from '../text.js';
import type { Tx } from '../transaction.js';

export interface NewAgent {
  /** Where it is known before. */
  id?: string;
  email: string;
  displayName: string;
  role: Role;
  /** Of the account that is made for them; where there is one already, its own password stays. */
  passwordHash: string;
  /** By which they came. */
  invitationId?: string;
}

/** As long as an address can be (RFC 5321 §4.5.3.1.3, less the brackets). */
const MAX_EMAIL = 254;
/** Whether an address works only a mail to it shows; this refuses what cannot be one. */
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** Refuses what cannot be an e-mail address. */
export function checkEmail(faults: Faults, email: string, path = 'email'): void {
  faults.text(path, email, MAX_EMAIL);
  if (!EMAIL.test(email)) faults.add(path, 'must be an e-mail address');
}

/**
 * Makes a person an agent of the transaction's workspace, with a new account or the one that their e-mail has already.
 * @returns the agent's id, and whether they sign in with a password that they had before.
 * @throws AppError VALIDATION_FAILED.
 */
export async function addAgent(tx: Tx, input: NewAgent): Promise<{ agentId: string; accountExisted: boolean }> {
  const email = normalEmail(input.email);
  const displayName = input.displayName.trim();
  const faults = new Faults();
  checkEmail(faults, email);
  faults.text('displayName', displayName, MAX_REMARK);
  faults.refuse();

  const { em, now } = tx;
  const [known] = await em.execute<{ account_id: string }[]>('select account_id from account_for_sign_in(?)', [email]);
  const accountId = known?.account_id ?? newId();
  // Never a new password for an account that exists: who may invite to one workspace could enter all others by it.
  if (!known) await em.execute('select account_create(?, ?, ?, ?)', [accountId, email, input.passwordHash, now]);

  const agent = em.create(Agent, {
    workspaceId: tx.principal.workspaceId,
    id: input.id ?? newId(),
    account: em.getReference(Account, accountId),
    displayName,
    email,
    avatarUrl: null,
    role: input.role,
    active: true,
    capacity: null,
    createdAt: now,
  });
  em.persist(agent);
  await em.flush();
  tx.record({
    action: 'agent.joined',
    ...(input.role === 'ADMIN' ? { severity: 'CRITICAL' as const } : {}),
    target: { type: 'agent', id: agent.id, label: displayName },
    metadata: { role: input.role, ...(input.invitationId ? { invitationId: input.invitationId } : {}) },
  });
  return { agentId: agent.id, accountExisted: known !== undefined };
}
