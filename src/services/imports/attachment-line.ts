import { basename } from 'node:path';
import { z } from 'zod';
import { MAX_DURATION_SECONDS } from '../attachments/create-upload-link.js';
import { asFileName, isFileName, NO_FILE_NAME } from '../attachments/file-name.js';
import { MAX_FILES } from '../attachments/take-uploads.js';
import { MAX_EXTERNAL_ID, MAX_REMARK, MAX_TEXT } from '../text.js';
import { storable, text } from './line-values.js';

/** What is called a file for which nothing better is known. */
const NAMELESS = 'file';

const attachment = z.strictObject({
  file: text(MAX_REMARK),
  name: text(MAX_EXTERNAL_ID).refine(isFileName, NO_FILE_NAME).nullish(),
  recording: z.boolean().nullish(),
  durationSeconds: z
    .number()
    .refine((seconds) => seconds >= 0 && seconds <= MAX_DURATION_SECONDS, `must be 0 to ${MAX_DURATION_SECONDS}`)
    .nullish(),
});

/** What a message says: a text, or files with or without one. */
export const saidShape = {
  text: storable(MAX_TEXT).nullish(),
  attachments: z.array(attachment).max(MAX_FILES, `must be ${MAX_FILES} at most`).nullish(),
  textWithoutFiles: text(MAX_TEXT).nullish(),
};
type Said = z.output<z.ZodObject<typeof saidShape>>;

/** Refuses a message that says nothing. */
export function refuseSilence({ value: { text, attachments }, issues }: z.core.ParsePayload<Said>): void {
  if (attachments?.length || text?.trim()) return;
  const message = text === null || text === undefined ? 'must be there' : 'must not be empty';
  issues.push({ code: 'custom', path: ['text'], message, input: text });
}

/** A file of a message that is imported. */
export interface ImportedFile {
  /** Where it stands in the line. */
  path: string;
  /** Where it is found, as the line says. */
  file: string;
  name: string;
  isRecording: boolean;
  durationSeconds: number | null;
}

/** What a message or a note says. */
export interface SaidWithFiles {
  text: string;
  /** Of a message that has some. */
  files?: readonly ImportedFile[];
  /** What a message says instead where its files cannot be taken; without it, it is refused then. */
  textWithoutFiles?: string;
}

/** What a message says, as it is imported. @param path of the message in its line */
export const saidWithFiles = ({ text, attachments, textWithoutFiles }: Said, path: string): SaidWithFiles => ({
  text: text ?? '',
  ...(attachments?.length
    ? {
        files: attachments.map(({ file, name, recording, durationSeconds }, index) => ({
          path: `${path}.attachments.${index}`,
          file,
          name: name ?? asFileName(basename(file), NAMELESS),
          isRecording: recording ?? false,
          durationSeconds: durationSeconds ?? null,
        })),
        ...(textWithoutFiles ? { textWithoutFiles } : {}),
      }
    : {}),
});
