import type { Channel } from '../../entities/enums.js';
import type { ImportedConversation } from './import-line.js';
import type { ImportTarget } from './import-target.js';

/** Channels that reach people by their phone numbers. */
const BY_PHONE: ReadonlySet<Channel> = new Set(['WHATSAPP', 'SMS', 'VOICE']);

/** The channel that a conversation took place on. */
export const channelOf = ({ channel }: ImportedConversation, { inbox }: ImportTarget): Channel =>
  channel ?? inbox.channel;

/** How the channel reaches the contact of a conversation; null = unknown. */
export function addressOf(conversation: ImportedConversation, target: ImportTarget): string | null {
  const { address, email, phone } = conversation.contact;
  const channel = channelOf(conversation, target);
  return address ?? (channel === 'EMAIL' ? email : BY_PHONE.has(channel) ? phone : null);
}

/** A channel's address as it is looked up by. */
export const addressName = (channel: string, address: string): string => `${channel} ${address}`;
