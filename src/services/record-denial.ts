import type { Call } from './application.js';
import { commit } from './commit.js';
import { AppError, type Denial } from './errors.js';
import { anonymousPrincipal } from './principal.js';

/** Records a refusal, in a transaction of its own. A refusal stays a refusal also when it cannot be recorded. */
export async function recordDenial(call: Call, denial: Denial): Promise<void> {
  const { app, principal } = call;
  const isBot =
    principal.kind === 'BOT' && denial.conversationId !== undefined && denial.attempted !== 'conversation.read';
  // Nobody knows who uses a credential that was refused: it is counted by whose it was.
  const who = denial.credential ? denial.target.id : principal.id;
  const key = `${principal.workspaceId}/${principal.kind}/${who}/${denial.attempted}`;
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
        metadata: {
          attempted: denial.attempted,
          suppressed,
          ...(denial.credential ? { cause: denial.credential.cause } : {}),
        },
      });
    });
  } catch (error) {
    app.log.error({ err: error, requestId: call.request.id }, 'a denial could not be recorded');
  }
}

/**
 * Checks a credential; where it was refused because its account is switched off or its key was revoked, that is recorded
 * in the workspace that it was of.
 */
export async function recordingCredentials<T>(
  { app, request }: Omit<Call, 'principal'>,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const { denial } = error instanceof AppError ? error : {};
    if (denial?.credential)
      await recordDenial({ app, request, principal: anonymousPrincipal(denial.credential.workspaceId) }, denial);
    throw error;
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
