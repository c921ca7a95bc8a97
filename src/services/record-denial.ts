import type { Call } from './application.js';
import { commit } from './commit.js';
import { AppError, type Denial } from './errors.js';

/** Records a refusal, in a transaction of its own. A refusal stays a refusal also when it cannot be recorded. */
export async function recordDenial(call: Call, denial: Denial): Promise<void> {
  const { app, principal } = call;
  const isBot =
    principal.kind === 'BOT' && denial.conversationId !== undefined && denial.attempted !== 'conversation.read';
  const key = `${principal.workspaceId}/${principal.kind}/${principal.id}/${denial.attempted}`;
  const suppressed = app.denials.admit(key, app.now().getTime());
  if (suppressed === null) return;
  try {
    await commit(call, async (tx) => {
      tx.record({
        action: isBot ? 'bot.reply_suppressed' : 'auth.access_denied',
        outcome: 'DENIED',
        target: denial.target,
        ...(denial.conversationId ? { conversationId: denial.conversationId } : {}),
        ...(denial.contactId ? { contactId: denial.contactId } : {}),
        ...(denial.teamId ? { teamId: denial.teamId } : {}),
        ...(denial.inboxId ? { inboxId: denial.inboxId } : {}),
        metadata: { attempted: denial.attempted, suppressed },
      });
    });
  } catch (error) {
    app.log.error({ err: error, requestId: call.request.id }, 'a denial could not be recorded');
  }
}

/** Runs a read; a refusal in it is recorded before the caller hears of it. */
export async function recordingDenials<T>(call: Call, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.denial) await recordDenial(call, error.denial);
    throw error;
  }
}
