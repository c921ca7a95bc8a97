import { stat } from 'node:fs/promises';
import type { Channel } from '../../../entities/enums.js';
import type { AttachmentFiles } from '../../attachments/attachment-files.js';
import { invalid } from '../../errors.js';
import { isTimeZone } from '../../time-zones.js';
import type { ImportInput } from '../import-input.js';
import type { ImportTarget } from '../import-target.js';
import { agentsOf, type LeftOut, type SourceLine } from '../source.js';
import { FolderFiles, noFiles, type SourceFiles } from '../source-files.js';
import type { ImportFormat } from './format-names.js';
import { ndjsonLines } from './ndjson.js';

export interface SourceOptions {
  format: ImportFormat;
  /** Who is which agent: pairs of a name and an e-mail, or `bot`. */
  agents: readonly (readonly [name: string, email: string])[];
  /** Of the workspace's agents. */
  emails: ReadonlySet<string>;
  dateOrder?: 'dmy' | 'mdy' | 'ymd' | undefined;
  timeZone?: string | undefined;
  /** The folder that files are in, where it is not that of what is imported. */
  files?: string | undefined;
  /** The most bytes of a file of each kind. */
  limits: AttachmentFiles['limits'];
}

/** What is imported, and where its files are. */
export interface OpenSource {
  lines: AsyncIterable<SourceLine>;
  leftOut: LeftOut;
  files: SourceFiles;
}

/** The channel that a foreign format is of. */
const CHANNELS: Readonly<Partial<Record<ImportFormat, Channel>>> = {
  telegram: 'TELEGRAM',
  whatsapp: 'WHATSAPP',
  mbox: 'EMAIL',
};

/**
 * Opens what is imported as lines of the import format.
 * @throws AppError VALIDATION_FAILED where options do not fit each other, the inbox or the file.
 */
export async function readSource(
  input: ImportInput,
  target: ImportTarget,
  options: SourceOptions,
): Promise<OpenSource> {
  const leftOut = { count: 0, files: 0 };
  const { format, agents: pairs, emails } = options;
  const timeZone = options.timeZone ?? target.timeZone;
  if (!isTimeZone(timeZone)) {
    throw invalid({ path: 'timeZone', message: 'must be a time zone such as Europe/Berlin' });
  }
  for (const [name, email] of pairs) {
    if (format === 'ndjson')
      throw invalid({ path: 'agent', message: 'is for other formats: ndjson names agents itself' });
    if (email === 'bot' ? !target.bot : !emails.has(email)) {
      throw invalid({ path: 'agent', message: `${name}: there is no ${email === 'bot' ? 'bot' : `agent ${email}`}` });
    }
  }
  const channel = CHANNELS[format];
  if (channel && target.inbox.channel !== 'API' && target.inbox.channel !== channel) {
    throw invalid({
      path: 'inbox',
      message: `is of ${target.inbox.channel}; ${format} needs one of ${channel} or API`,
    });
  }
  const agents = agentsOf(pairs, emails);
  const files = await folderOf(input, options);
  switch (format) {
    case 'telegram': {
      const { telegramLines } = await import('./telegram.js');
      return { lines: telegramLines(input.chunks(), agents, timeZone, leftOut), leftOut, files };
    }
    case 'whatsapp': {
      const { whatsappLines } = await import('./whatsapp.js');
      const asked = { timeZone, dateOrder: options.dateOrder };
      return { lines: await whatsappLines(input, agents, asked, leftOut), leftOut, files };
    }
    case 'mbox': {
      const { mboxLines } = await import('./mbox.js');
      const { MailFolder } = await import('./mail-files.js');
      const own = await MailFolder.open(await input.privateFolder(), options.limits, leftOut);
      const lines = mboxLines(await input.plainFile(), agents, own);
      return { lines, leftOut, files: await FolderFiles.in(own.folder) };
    }
    case 'ndjson':
      return { lines: ndjsonLines(input.chunks()), leftOut, files };
  }
}

/** Where the files are that lines name. */
async function folderOf({ folder }: ImportInput, { format, files }: SourceOptions): Promise<SourceFiles> {
  if (files === undefined) return folder === null ? noFiles : FolderFiles.in(folder);
  if (format === 'mbox')
    throw invalid({ path: 'files', message: 'is for other formats: mails have their files in them' });
  const found = await stat(files).catch(() => null);
  if (!found?.isDirectory()) throw invalid({ path: 'files', message: 'is no folder' });
  return FolderFiles.in(files);
}
