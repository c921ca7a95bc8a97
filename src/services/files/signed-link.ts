import type { Call } from '../application.js';

/**
 * A link that lets this caller, and no longer than they may themselves, reach one thing for so many seconds.
 * @param to what it leads to, below the address of this server. @param id the caller's, who must have one.
 */
export async function signedLink(
  { app, principal }: Pick<Call, 'app' | 'principal'>,
  to: string,
  id: string,
  seconds: number,
): Promise<string> {
  const { workspaceId, kind, sessionId, apiKeyId } = principal;
  const token = await app.tokens.signLink(to, { workspaceId, kind, id, sessionId, apiKeyId }, seconds);
  return `${app.exports.publicUrl}/${to}?token=${token}`;
}
