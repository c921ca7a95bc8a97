import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import PostalMime, { type Address, type Mailbox } from 'postal-mime';
import { readByteLines } from '../../record/bundle/read-lines.js';

/** Bytes of a line of a mail, and of its headers, that are looked at. */
const LONGEST = 1024 * 1024;
const LONGEST_HEADERS = 256 * 1024;
/** Characters of a line that separates mails. */
const LONGEST_BEGIN = 500;
const FROM = Buffer.from('From ');
/** With a time and a year: what somebody has written may begin with "From", too, and not every program has quoted that. */
const BEGINS = /^From .*\d\d:\d\d.*\b\d{4}\b/;
const MARK = /[<>\s]/g;

/** What is kept of a mail to put it into its conversation: some hundred bytes. */
export interface MailPlace {
  /** Counted from 1. */
  number: number;
  /** Where it is in the file, in bytes, without the line that separates it. */
  from: number;
  to: number;
  /** Its Message-ID, or what it is known by without one. */
  id: string;
  /** The first of what it refers to, or itself. */
  root: string;
  /** In milliseconds; null where nobody can read its date. */
  at: number | null;
  sender: Mailbox | null;
  recipients: Mailbox[];
}

/** Reads an mbox once: where each mail is, and what it answers. Mails of one conversation come together, by their dates. */
export async function indexMbox(file: string): Promise<MailPlace[][]> {
  const threads = new Threads();
  const mails: MailPlace[] = [];
  for await (const { number, from, to, headers } of mailsOf(file)) {
    const { messageId, inReplyTo, references, date, ...mail } = await PostalMime.parse(headers);
    const sender = mail.from && flat([mail.from])[0];
    const recipients = flat([...(mail.to ?? []), ...(mail.cc ?? [])]);
    const own = messageId?.replaceAll(MARK, '') || madeId(headers);
    const answers = `${references ?? ''} ${inReplyTo ?? ''}`.split(/[\s,]+/).map((id) => id.replaceAll(MARK, ''));
    const known = answers.filter((id) => id !== '');
    threads.join([own, ...known]);
    const at = date === undefined ? Number.NaN : Date.parse(date);
    mails.push({
      number,
      from,
      to,
      id: own,
      root: known[0] ?? own,
      at: Number.isNaN(at) ? null : at,
      sender: sender ?? null,
      recipients,
    });
  }
  const together = new Map<string, MailPlace[]>();
  for (const mail of mails) {
    const thread = threads.of(mail.id);
    const others = together.get(thread);
    if (others) others.push(mail);
    else together.set(thread, [mail]);
  }
  return [...together.values()].map((thread) => thread.toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0)));
}

/** Those of groups too; whoever has no address cannot be told from others. */
const flat = (addresses: readonly Address[]): Mailbox[] =>
  addresses
    .flatMap((address) => address.group ?? [address])
    .filter(({ address }) => address !== '')
    .map(({ name, address }) => ({ name, address: address.toLowerCase() }));

/** For a mail without a Message-ID. */
const madeId = (headers: Uint8Array): string => `mbox:${createHash('sha256').update(headers).digest('base64url')}`;

/** Which mails belong together, whatever order they come in. */
class Threads {
  readonly #parents = new Map<string, string>();

  of(id: string): string {
    let top = id;
    for (let next = this.#parents.get(top); next !== undefined && next !== top; next = this.#parents.get(top))
      top = next;
    // The way is shorter the next time.
    if (top !== id) this.#parents.set(id, top);
    return top;
  }

  join(ids: readonly string[]): void {
    const top = this.of(ids[0]!);
    for (const id of ids) {
      const other = this.of(id);
      if (other !== top) this.#parents.set(other, top);
    }
  }
}

/** The mails of a file: each begins behind a line `From … 08:00:00 2022`, which is the first or has an empty one before it. */
async function* mailsOf(
  file: string,
): AsyncGenerator<{ number: number; from: number; to: number; headers: Uint8Array }> {
  let at = 0;
  let number = 0;
  let isEmptyBefore = true;
  let open: { from: number; headers: Uint8Array[]; size: number; inHeaders: boolean } | null = null;
  const mail = (to: number) => ({ number, from: open!.from, to, headers: Buffer.concat(open!.headers) });
  for await (const { bytes, length, ended } of readByteLines(createReadStream(file), LONGEST)) {
    const next = at + length + (ended ? 1 : 0);
    if (isEmptyBefore && bytes && begins(bytes)) {
      if (open) yield mail(at);
      number += 1;
      open = { from: next, headers: [], size: 0, inHeaders: true };
    } else if (open?.inHeaders) {
      if (isEmpty(bytes, length)) open.inHeaders = false;
      else if (bytes && (open.size += length) <= LONGEST_HEADERS) open.headers.push(bytes, Buffer.from('\n'));
    }
    isEmptyBefore = isEmpty(bytes, length);
    at = next;
  }
  if (open) yield mail(at);
}

const begins = (bytes: Uint8Array): boolean =>
  Buffer.compare(bytes.subarray(0, FROM.length), FROM) === 0 &&
  BEGINS.test(Buffer.from(bytes.subarray(0, LONGEST_BEGIN)).toString('latin1'));

const CARRIAGE_RETURN = 0x0d;
const isEmpty = (bytes: Uint8Array | null, length: number): boolean =>
  length === 0 || (length === 1 && bytes?.[0] === CARRIAGE_RETURN);
