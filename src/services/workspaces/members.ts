import { Agent } from '../../entities/agent.js';
import { notFound } from '../errors.js';
import { isId } from '../ids.js';
import type { Tx } from '../transaction.js';

/**
 * The agents of the transaction's workspace with these ids, in their order, each once.
 * @throws AppError NOT_FOUND when one of them is not there.
 */
export async function loadMembers(tx: Tx, ids: readonly string[]): Promise<Agent[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  if (!wanted.every(isId)) throw notFound('agent');
  const found = await tx.em.find(Agent, { workspaceId: tx.principal.workspaceId, id: { $in: wanted } });
  return wanted.map((id) => {
    const agent = found.find((one) => one.id === id);
    if (!agent) throw notFound('agent');
    return agent;
  });
}
