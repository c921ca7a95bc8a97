import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { Channel } from '../../entities/enums.js';
import { sql, type Sql } from '../sql.js';
import { normalEmail } from '../accounts/sign-in.js';
import type { Faults } from '../text.js';
import { MAX_EXTERNAL_ID } from '../text.js';
import { checkEmail } from '../workspaces/add-agent.js';

/** Channels that reach people by their phone numbers. */
export const BY_PHONE: ReadonlySet<Channel> = new Set(['WHATSAPP', 'SMS', 'VOICE']);

/** Some channels write numbers without the plus. */
const DIGITS = /^\d{6,15}$/;

/**
 * A phone number in the one way of writing that E.164 has; null for what is none. Only its length is held against the
 * country's plan: plans change, and whether somebody answers only a call shows.
 */
export function phoneNumber(text: string): string | null {
  const found = parsePhoneNumberFromString(text, { extract: false });
  return found?.isPossible() && !found.ext ? found.number : null;
}

/**
 * A channel's address in the one way of writing in which it is kept and looked for, so that one mailbox or number is
 * never two contacts. What is not understood stays as the channel writes it: a message is never refused for it.
 */
export function addressIn(channel: Channel, address: string): string {
  if (channel === 'EMAIL') return normalEmail(address);
  return (BY_PHONE.has(channel) && phoneNumber(address)) || address;
}

/**
 * An address as the channel keeps it that stands in a column. Told apart by comparing, not by a lookup in JSON: what the
 * rows of a workspace are guarded with lets an index be used only by what can leak nothing.
 */
export function addressOf(channel: Sql, address: string | null | undefined): Sql {
  if (!address) return sql`null::text`;
  const cases = Object.values(Channel).map(
    (one) => sql`when ${channel} = ${one} then ${addressIn(one, address)}::text`,
  );
  return sql`case ${sql.join(cases, sql` `)} end`;
}

/** All ways of writing in which a channel that is not known yet may keep an address. */
export const possibleAddresses = (address: string | null | undefined): string[] =>
  address ? [...new Set([address, addressIn('EMAIL', address), addressIn('SMS', address)])] : [];

/** Refuses what cannot be an address of a channel. */
export function checkAddress(faults: Faults, path: string, channel: Channel, address: string): void {
  if (channel === 'EMAIL') return checkEmail(faults, normalEmail(address), path);
  faults.text(path, address, MAX_EXTERNAL_ID);
  if (BY_PHONE.has(channel) && phoneNumber(address) === null && !DIGITS.test(address)) {
    faults.add(path, 'must be a phone number with its country code, such as +49 30 901820');
  }
}
