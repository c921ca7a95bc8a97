import { z } from 'zod';
import { HandoverReason, type HandoverStatus } from '../../entities/enums.js';
import { normalEmail } from '../accounts/sign-in.js';
import { MAX_EXTERNAL_ID, MAX_REMARK } from '../text.js';
import { authorOf, type Author } from './author.js';
import type { ImportedEntry } from './import-line.js';
import { moment, optional, text } from './line-values.js';

/** How handovers of the past have ended: none of them waits for anybody. */
const ENDED = ['ACCEPTED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const satisfies readonly HandoverStatus[];
const reasons = Object.keys(HandoverReason) as [HandoverReason, ...HandoverReason[]];

/** A handover as a line says it. */
export const handoverShape = z.strictObject({
  author: text(MAX_EXTERNAL_ID),
  toAgent: optional(text(MAX_EXTERNAL_ID)),
  toTeam: optional(text(MAX_REMARK)),
  toBot: optional(z.boolean()),
  reason: z.enum(reasons, `must be one of ${reasons.join(', ')}`).default('OTHER'),
  comment: optional(text(MAX_REMARK)),
  summary: optional(text(MAX_REMARK)),
  at: moment,
  status: z.enum(ENDED, `must be one of ${ENDED.join(', ')}`).default('ACCEPTED'),
  settledBy: optional(text(MAX_EXTERNAL_ID)),
  settledAt: optional(moment),
});
type Handover = z.output<typeof handoverShape>;

/** A handover of a conversation that is imported; who asked for it and when are its entry's. */
export interface SaidHandover {
  to: { agent: string } | { team: string } | 'bot';
  reason: HandoverReason;
  comment: string | null;
  summary: string | null;
  status: (typeof ENDED)[number];
  /** Null = nobody: it has expired. */
  settledBy: Author | null;
  settledAt: Date;
}

/** @returns the handover, or what is wrong with it, each with where. @param path where it stands in its line */
export function checkHandover(
  handover: Handover,
  path: string,
  now: Date,
): { author: Author; said: SaidHandover } | { faults: string[] } {
  const faults: string[] = [];
  const { at, reason, comment, summary, status } = handover;
  const author = authorOf(handover.author);
  if (author === 'contact') faults.push(`${path}.author: must be bot or an agent’s e-mail`);
  const to = receiversOf(handover);
  if (to.length !== 1) faults.push(`${path}: needs exactly one of toAgent, toTeam and toBot`);
  const settledAt = handover.settledAt ?? at;
  if (settledAt < at) faults.push(`${path}.settledAt: is before it was requested`);
  if (at > now) faults.push(`${path}.at: is in the future`);
  else if (settledAt > now) faults.push(`${path}.settledAt: is in the future`);
  const settledBy = handover.settledBy === null ? settledByOf(status, to[0], author) : authorOf(handover.settledBy);
  if (status === 'EXPIRED' && handover.settledBy !== null)
    faults.push(`${path}.settledBy: nobody settles what expires`);
  if (status !== 'EXPIRED' && (settledBy === null || settledBy === 'contact'))
    faults.push(`${path}.settledBy: must be bot or an agent’s e-mail`);
  if (faults.length > 0) return { faults };
  return { author, said: { to: to[0]!, reason, comment, summary, status, settledBy, settledAt } };
}

const receiversOf = ({ toAgent, toTeam, toBot }: Handover): SaidHandover['to'][] => [
  ...(toAgent === null ? [] : [{ agent: normalEmail(toAgent) }]),
  ...(toTeam === null ? [] : [{ team: toTeam }]),
  ...(toBot ? ['bot' as const] : []),
];

/** Who it was where the line does not say: whoever it was offered to, or has withdrawn it. */
function settledByOf(
  status: SaidHandover['status'],
  to: SaidHandover['to'] | undefined,
  author: Author,
): SaidHandover['settledBy'] {
  if (status === 'EXPIRED') return null;
  if (status === 'CANCELLED') return author;
  if (to === 'bot') return 'bot';
  return to && 'agent' in to ? { email: to.agent } : null;
}

/** Everybody of ours that an entry names, each with where. */
export function namedIn({ path, author, handover }: ImportedEntry): { path: string; who: Author }[] {
  const named = [{ path: `${path}.author`, who: author }];
  if (!handover) return named;
  const { to, settledBy } = handover;
  if (to === 'bot') named.push({ path: `${path}.toBot`, who: 'bot' });
  else if ('agent' in to) named.push({ path: `${path}.toAgent`, who: { email: to.agent } });
  if (settledBy) named.push({ path: `${path}.settledBy`, who: settledBy });
  return named;
}

/** The name of the team that a handover was offered to, if it was to one. */
export const teamIn = (handover: SaidHandover | undefined): string | null =>
  typeof handover?.to === 'object' && 'team' in handover.to ? handover.to.team : null;
