import type { AccessedConversation } from '../access.js';
import type { Tx } from '../commit.js';
import type { ConversationState } from '../conversations/plain-conversation.js';
import { recordOfConversation, shownChanges } from '../conversations/transcript-entries.js';
import { newId } from '../ids.js';
import type { Author } from './author.js';
import { teamIn } from './handover-line.js';
import type { ImportedEntry } from './import-line.js';
import type { ImportRows } from './import-rows.js';
import type { ImportTarget } from './import-target.js';
import type { Known, Named } from './known.js';

/** The handovers that a batch writes: all of them have ended, and change nothing of whose a conversation is now. */
export class BatchHandovers {
  constructor(
    private readonly tx: Tx,
    private readonly target: ImportTarget,
    private readonly known: Known,
    private readonly rows: ImportRows,
  ) {}

  /** Adds one with its event, whose line of the transcript tells all of it. @returns the handover's id. */
  add(accessed: AccessedConversation<ConversationState>, { author, at, handover }: ImportedEntry): string {
    const { conversation } = accessed;
    const { tx } = this;
    const { to, reason, comment, summary, status, settledBy, settledAt } = handover!;
    const handoverId = newId();
    const [from, by] = [this.#partyOf(author), settledBy && this.#partyOf(settledBy)];
    const parties = by && by.id !== from.id ? [from, by] : [from];
    const team = teamIn(handover);
    const toTeam = team === null ? null : this.known.teams.get(team)!;
    const toAgent = typeof to === 'object' && 'agent' in to ? this.known.agents.get(to.agent)! : null;
    const toBot = to === 'bot' ? { id: this.target.bot!.id, name: this.target.bot!.displayName } : null;
    const receiver: Named = (toTeam ?? toAgent ?? toBot)!;
    const kind = toTeam ? 'TO_TEAM' : toAgent ? 'TO_AGENT' : 'TO_BOT';
    this.rows.handovers.push({
      id: handoverId,
      conversation_id: conversation.id,
      kind,
      status,
      reason,
      comment,
      summary,
      from_kind: from.kind,
      from_id: from.id,
      to_agent_id: toAgent?.id ?? null,
      to_team_id: toTeam?.id ?? null,
      to_bot_id: toBot?.id ?? null,
      settled_by_kind: by?.kind ?? (status === 'EXPIRED' ? 'SYSTEM' : null),
      settled_by_id: by?.id ?? null,
      unattended: false,
      requested_at: at,
      // Until when it could have been accepted is not known; it was over then.
      expires_at: settledAt,
      settled_at: settledAt,
    });
    const changes = [
      { field: 'handoverStatus', after: status },
      ...(comment ? [{ field: 'comment', after: comment }] : []),
      ...(summary ? [{ field: 'summary', after: summary }] : []),
    ];
    const id = recordOfConversation(tx, accessed, {
      action: 'handover.imported',
      related: [{ type: 'handover', id: handoverId }, ...parties.map(referenceTo)],
      labels: { receiver: receiver.name },
      metadata: { handoverId, handoverReason: reason, kind, author: from.kind, settledAt: settledAt.toISOString() },
      changes,
      occurredAt: at,
    });
    this.rows.entries.push({
      id,
      conversation_id: conversation.id,
      position: conversation.takePosition(),
      kind: 'EVENT',
      actor_kind: tx.principal.kind,
      actor_id: tx.principal.id,
      action: 'handover.imported',
      changes: JSON.stringify(shownChanges(changes)),
      handover_id: handoverId,
      occurred_at: at,
    });
    return handoverId;
  }

  /** An agent or the bot: a customer hands nothing over. */
  #partyOf(author: Author): { kind: 'AGENT' | 'BOT'; id: string } {
    return typeof author === 'object'
      ? { kind: 'AGENT', id: this.known.agents.get(author.email)!.id }
      : { kind: 'BOT', id: this.target.bot!.id };
  }
}

const referenceTo = ({ kind, id }: { kind: string; id: string }) => ({ type: kind.toLowerCase(), id });
