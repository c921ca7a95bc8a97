import { makeEvidence } from '../../src/services/record/bundle/make-evidence.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { verifyBundle, type BundleReport } from '../../src/services/record/bundle/verify-bundle.js';
import { readKeys } from '../../src/services/record/signing/stored.js';
import type { TestServer } from './server.js';

/** The evidence of a conversation: what was said by the events of these actions, null where it is gone; and what it proves. */
export async function evidenceOf(
  { app }: TestServer,
  workspaceId: string,
  conversation: string,
  actions: readonly string[],
): Promise<{ texts: (string | null)[]; report: BundleReport }> {
  const { lines } = await makeEvidence(app, workspaceId, { conversation }, { by: 'a test', unmasked: false });
  const all: string[] = [];
  for await (const line of lines) all.push(line.slice(0, -1));
  const origins: Record<string, { vkey: string }[]> = {};
  for (const { vkey } of await readKeys(app.db.rows.bind(app.db), workspaceId)) {
    (origins[vkey.split('+')[0]!] ??= []).push({ vkey });
  }
  async function* stream() {
    yield* all;
  }
  const report = await verifyBundle(stream(), TrustPolicy.parse(JSON.stringify({ origins })));
  const texts = all
    .map((line) => JSON.parse(line) as { body?: { action: string }; texts?: { text?: string }[] })
    .filter(({ body }) => body !== undefined && actions.includes(body.action))
    .flatMap(({ texts: said = [] }) => said.map(({ text }) => text ?? null));
  return { texts, report };
}
