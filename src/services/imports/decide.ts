import { namedIn, teamIn } from './handover-line.js';
import type { ImportedConversation, ImportedEntry } from './import-line.js';
import { addressOf, channelOf } from './contact-address.js';
import { knownContact } from './import-contact.js';
import type { ImportTarget } from './import-target.js';
import { claimKeyOf, claimName, type Known, type KnownConversation } from './known.js';

/** What an import would do with one conversation. */
export interface Decision {
  /** Null = it is new. */
  conversation: KnownConversation | null;
  /** The messages, notes and handovers that are not there yet. */
  fresh: ImportedEntry[];
}

/**
 * Holds what a line says against what is there.
 * @returns what is new of it, or why it cannot be taken, each reason with where.
 */
export function decide(
  said: ImportedConversation,
  target: ImportTarget,
  known: Known,
): Decision | { faults: string[] } {
  const { inbox } = target;
  const faults: string[] = [];
  const channel = channelOf(said, target);
  if (inbox.channel !== 'API' && channel !== inbox.channel) {
    faults.push(`channel: is ${channel}, that of the inbox is ${inbox.channel}`);
  }
  if (said.contact.externalId === null && addressOf(said, target) === null) {
    faults.push('contact: needs an externalId or an address');
  }

  const claimed = known.claimed.get(claimName('CONVERSATION', claimKeyOf(target, said.externalId)));
  const conversation =
    (claimed === undefined ? undefined : known.conversations.get(claimed)) ??
    known.conversationsByExternalId.get(said.externalId) ??
    null;
  if (claimed !== undefined && !conversation) {
    faults.push('externalId: is that of a conversation that was deleted');
  }
  if (conversation && conversation.row.inboxId !== inbox.id) {
    faults.push('externalId: is that of a conversation of another inbox');
  }

  const fresh = said.entries.filter((entry) => {
    const id = known.claimed.get(claimName(entry.kind, claimKeyOf(target, entry.key)));
    if (id === undefined) return true;
    if (entry.kind === 'MESSAGE' && known.conversationOfMessage.get(id) !== conversation?.row.id) {
      faults.push(`${entry.path}.externalId: is that of a message of another conversation`);
    }
    return false;
  });
  for (const { path, who } of fresh.flatMap(namedIn)) {
    if (who === 'bot' && !target.bot) faults.push(`${path}: the inbox has no bot`);
    if (typeof who === 'object' && !known.agents.has(who.email)) {
      faults.push(`${path}: no agent has the e-mail ${who.email}`);
    }
  }
  for (const { path, handover } of fresh) {
    const team = teamIn(handover);
    if (team !== null && !known.teams.has(team)) faults.push(`${path}.toTeam: there is no team ${team}`);
  }
  if (conversation && fresh.length > 0) faults.push(...ofContact(said, conversation, target, known));
  return faults.length > 0 ? { faults } : { conversation, fresh };
}

/** Why nothing can be added to a conversation because of whose it is. */
function ofContact(
  said: ImportedConversation,
  { row }: KnownConversation,
  target: ImportTarget,
  known: Known,
): string[] {
  const contact = known.contacts.get(row.contactId);
  if (contact?.erasedAt) return ['contact: was erased; nothing is added to what is left of their conversations'];
  const meant = knownContact(said, target, known);
  const { externalId } = said.contact;
  const isOther = meant
    ? meant.id !== row.contactId
    : externalId !== null && contact?.externalId !== null && contact?.externalId !== externalId;
  return isOther ? ['contact: is not the contact of that conversation'] : [];
}
