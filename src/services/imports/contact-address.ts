import type { Channel } from '../../entities/enums.js';
import { addressIn, BY_PHONE } from '../contacts/addresses.js';
import type { ImportedConversation } from './import-line.js';
import type { ImportTarget } from './import-target.js';

/** The channel that a conversation took place on. */
export const channelOf = ({ channel }: ImportedConversation, { inbox }: ImportTarget): Channel =>
  channel ?? inbox.channel;

/** How the channel reaches the contact of a conversation, as it is kept; null = unknown. */
export function addressOf(conversation: ImportedConversation, target: ImportTarget): string | null {
  const { address, email, phone } = conversation.contact;
  const channel = channelOf(conversation, target);
  const said = address ?? (channel === 'EMAIL' ? email : BY_PHONE.has(channel) ? phone : null);
  return said === null ? null : addressIn(channel, said);
}

/** A channel's address as it is looked up by. */
export const addressName = (channel: string, address: string): string => `${channel} ${address}`;
