import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { compile } from 'html-to-text';
import PostalMime, { type Mailbox } from 'postal-mime';
import { invalid } from '../../errors.js';
import { MAX_EXTERNAL_ID, MAX_REMARK } from '../../text.js';
import { LineMaker, NO_TEXT, type Agents, type SourceLine } from '../source.js';
import type { MailFolder } from './mail-files.js';
import { indexMbox, type MailPlace } from './mbox-index.js';

/** Bytes of one mail at the most: it is held in memory, with its attachments. */
const LARGEST = 64 * 1024 * 1024;

const asText = compile({ wordwrap: false, selectors: [{ selector: 'img', format: 'skip' }] });

/**
 * The mails of an mbox, those that answer each other as one conversation. Replies are taken as they are, with what they
 * quote. @param files where their files are laid
 * @throws AppError VALIDATION_FAILED where there is no mail in the file.
 */
export async function* mboxLines(file: string, agents: Agents, files: MailFolder): AsyncGenerator<SourceLine> {
  const threads = await indexMbox(file);
  if (threads.length === 0)
    throw invalid({ path: 'file', message: 'is not an mbox: no line begins with "From " and has a date' });
  const handle = await open(file);
  try {
    for (const mails of threads) yield* threadLines(handle, mails, agents, files);
  } finally {
    await handle.close();
  }
}

async function* threadLines(
  handle: FileHandle,
  mails: readonly MailPlace[],
  agents: Agents,
  files: MailFolder,
): AsyncGenerator<SourceLine> {
  const isContact = ({ name, address }: Mailbox): boolean => agents.authorOf(address, name) === 'contact';
  const wrote = mails.flatMap(({ sender }) => (sender && isContact(sender) ? [sender] : []));
  const contact = wrote[0] ?? mails.flatMap(({ recipients }) => recipients).find(isContact);
  let subject: string | null = null;
  const lines = new LineMaker(() => ({
    externalId: shortId(mails[0]!.root),
    channel: 'EMAIL',
    subject,
    contact: { email: contact!.address, name: contact!.name.slice(0, MAX_REMARK) || null },
  }));
  for (const { number, id, at, sender, from, to } of mails) {
    const fault = !contact
      ? 'contact: nobody in it is anybody but an agent'
      : !sender
        ? 'from: there is no sender'
        : at === null
          ? 'date: there is none, or nobody can read it'
          : to - from > LARGEST
            ? `the mail: is longer than ${LARGEST} bytes`
            : null;
    if (fault !== null) {
      yield { number, faults: [fault], content: { messageId: id, from: sender?.address ?? null } };
      continue;
    }
    const mail = await PostalMime.parse(await readMail(handle, from, to));
    subject ??= mail.subject?.slice(0, MAX_REMARK) || null;
    const text = (mail.text ?? (mail.html === undefined ? '' : asText(mail.html))).trim();
    const { attachments, names } = await files.take(number, mail.attachments);
    const author = agents.authorOf(sender!.address, sender!.name);
    // Somebody else who wrote in it is not the contact, but stands for them; who it was must not be lost.
    const isOther = author === 'contact' && sender!.address !== contact!.address;
    const parts = [...(isOther ? [`From: ${sender!.name} <${sender!.address}>`] : []), text, ...names];
    yield* lines.add(number, {
      externalId: shortId(id),
      author,
      text: parts.filter((part) => part !== '').join('\n\n') || (attachments.length > 0 ? '' : NO_TEXT),
      ...(attachments.length > 0 ? { attachments } : {}),
      at: new Date(at!).toISOString(),
    });
  }
  yield* lines.end();
}

/** Lines that began with "From " have got a ">" in front, and those that had one another. */
async function readMail(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  await handle.read(bytes, 0, bytes.length, from);
  return Buffer.from(bytes.toString('latin1').replaceAll(/^>(>*From )/gm, '$1'), 'latin1');
}

const shortId = (id: string): string =>
  id.length <= MAX_EXTERNAL_ID ? id : `sha256:${createHash('sha256').update(id).digest('base64url')}`;
