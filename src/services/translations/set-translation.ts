import type { Call } from '../application.js';
import { accessStandingMessage } from '../conversations/standing-message.js';
import { recordOfConversation } from '../conversations/transcript-entries.js';
import { conflict, invalid } from '../errors.js';
import { newId } from '../ids.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON, MAX_TEXT } from '../text.js';
import { withTransaction } from '../transaction.js';
import { canonicalLanguage, NO_LANGUAGE } from './language.js';

export interface SetTranslationInput {
  messageId: string;
  language: string;
  text: string;
  /** When the message that was translated was last changed, null for never; undefined is not checked. */
  messageEditedAt?: Date | null | undefined;
  reason?: string | null | undefined;
}

/** Languages that one message is translated into at a time. */
const MAX_LANGUAGES = 50;

/**
 * Sets what a message says in another language, in place of what was set for that language before. The same again
 * changes nothing. By whoever may answer in its conversation.
 * @returns the message's id
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once it is deleted, has been edited since, or its
 *   contact was erased
 */
export async function setTranslation(call: Call, input: SetTranslationInput): Promise<string> {
  const language = validate(input);
  return withTransaction(call, async (tx) => {
    const { accessed, message, text } = await accessStandingMessage(tx, input.messageId, 'message.translate');
    if (text.trim() === '') throw invalid({ path: 'messageId', message: 'is a message that says nothing in words' });
    const editedAt = message.editedAt?.toISOString() ?? null;
    if (input.messageEditedAt !== undefined && (input.messageEditedAt?.toISOString() ?? null) !== editedAt)
      throw conflict('The message says something else by now.', { messageId: message.id, editedAt });
    const { workspaceId } = tx.principal;
    const current = await tx.rows<{ language: string; text: string }>(sql`
      select language, text from translation
      where workspace_id = ${workspaceId} and message_id = ${message.id} and withdrawn_at is null`);
    const before = current.find((one) => one.language === language);
    if (before?.text === input.text) return message.id;
    if (!before && current.length >= MAX_LANGUAGES) {
      const languages = current.length;
      throw conflict(`The message is translated into ${MAX_LANGUAGES} languages.`, {
        messageId: message.id,
        languages,
      });
    }
    const [id, salt] = [newId(), randomSalt()];
    await tx.rows(sql`
      update translation set withdrawn_at = ${tx.now}
      where workspace_id = ${workspaceId} and message_id = ${message.id} and language = ${language} and withdrawn_at is null`);
    await tx.rows(sql`
      insert into translation (workspace_id, id, message_id, language, text, salt, actor_kind, actor_id, created_at)
      values (${workspaceId}, ${id}, ${message.id}, ${language}, ${input.text}, ${salt}, ${tx.principal.kind},
        ${tx.principal.id}, ${tx.now})`);
    recordOfConversation(tx, accessed, {
      action: 'message.translated',
      target: { type: 'message', id: message.id, label: accessed.conversation.label() },
      labels: { conversation: accessed.conversation.label() },
      metadata: { language },
      content: [{ message: id, digest: contentDigest(input.text, salt) }],
      reason: input.reason ?? null,
    });
    return message.id;
  });
}

/** @returns the language in its canonical form. @throws AppError VALIDATION_FAILED */
function validate({ language, text, reason }: SetTranslationInput): string {
  const faults = new Faults();
  const canonical = canonicalLanguage(language);
  if (canonical === null) faults.add('language', NO_LANGUAGE);
  faults.text('text', text, MAX_TEXT);
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
  return canonical!;
}
