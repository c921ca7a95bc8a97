import type { RoutingStrategy } from '../../entities/enums.js';

/** Who may be given something. */
export interface Candidate {
  id: string;
  /** Up to how many conversations they are given; null = as many as there are. */
  capacity: number | null;
  /** How many they have. */
  open: number;
}

export const hasRoom = ({ capacity, open }: Candidate): boolean => capacity === null || open < capacity;

/**
 * Who is given the next conversation: of those with room whose turn it is, or of those with the fewest. Pure.
 * @param candidates ids ascending.
 * @param lastId who was given something last; the one after them has the turn.
 * @param not `never` get it not, `passed` only where nobody else has room.
 */
export function choose<C extends Candidate>(
  strategy: RoutingStrategy,
  candidates: readonly C[],
  lastId: string | null,
  not: { never: readonly (string | null)[]; passed: string | null },
): C | null {
  const free = candidates.filter((candidate) => !not.never.includes(candidate.id) && hasRoom(candidate));
  const others = free.filter(({ id }) => id !== not.passed);
  const eligible = others.length > 0 ? others : free;
  const fewest = Math.min(...eligible.map(({ open }) => open));
  const next = strategy === 'LEAST_BUSY' ? eligible.filter(({ open }) => open === fewest) : eligible;
  return next.find(({ id }) => lastId === null || id > lastId) ?? next[0] ?? null;
}
