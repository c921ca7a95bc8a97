/** What an attachment is called on the record: its name may be anybody's, so it is not said there. */
export const attachmentTarget = (id: string) => ({ type: 'attachment', id, label: 'a file' });
