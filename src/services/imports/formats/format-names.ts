/** What can be imported, as the command names it. */
export const importFormats = ['ndjson', 'telegram', 'whatsapp', 'mbox'] as const;
export type ImportFormat = (typeof importFormats)[number];
