import { afterAll, beforeAll, expect, it } from 'vitest';
import { provesConsistency } from '../../src/services/record/proofs/check.js';
import { parseCheckpoint, type Checkpoint } from '../../src/services/record/proofs/checkpoint.js';
import { verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { parseVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { push } from '../../src/services/sinks/push.js';
import { startReceiver, status } from '../services/outgoing/receiver.js';
import { CREATE_SINK, ExportStage } from './stage.js';

let stage: ExportStage;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  stage = await ExportStage.open();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await stage.close();
});

interface Told {
  note: string;
  epoch: number;
  treeSize: number;
  consistency: { fromSize: number; toSize: number; hashes: string[] } | null;
}

it('is told with each batch what was signed, and can prove that the log has only grown since the last', async () => {
  const all = stage.world.withKey('all');
  const { createAuditSink } = await all.ask(CREATE_SINK, {
    input: {
      name: 'Witness',
      kind: 'WEBHOOK',
      format: 'JSONL',
      url: `${receiver.url}/siem`,
      filter: { actions: ['label.created'] },
    },
  });
  const key = { workspaceId: stage.world.ids.workspace, id: createAuditSink.sink.id };
  const sign = async (): Promise<void> => {
    const { auditCheckpoint } = await all.ask('{ auditCheckpoint { treeSize } }');
    const { auditEvents } = await all.ask('{ auditEvents(first: 1) { nodes { sequence } } }');
    const size = auditEvents.nodes[0].sequence + 1;
    if (size > auditCheckpoint.treeSize) await all.ask(`{ auditCheckpoint(treeSize: ${size}) { treeSize } }`);
  };
  const next = async (): Promise<Told | undefined> => {
    await stage.fill(3);
    stage.clock.at += 10_000;
    const { outcome } = await push(stage.server.app, key);
    expect(['SENT', 'FAILED']).toContain(outcome);
    return JSON.parse(receiver.received.at(-1)!.body).data.checkpoint;
  };

  expect(await next()).toBeUndefined();
  await sign();
  const { auditKeys } = await all.ask('{ auditKeys { vkey } }');
  const keys = auditKeys.map(({ vkey }: { vkey: string }) => parseVerifierKey(vkey));
  const signed = ({ note }: Told): Checkpoint => parseCheckpoint(verifyNote(note, keys).text);
  const first = (await next())!;
  expect([first.consistency, first.treeSize]).toEqual([null, Number(signed(first).size)]);

  // What was not taken does not count: the next one proves growth from what the receiver has.
  await sign();
  receiver.answerWith(status(500));
  await next();
  receiver.answerWith(status(204));
  stage.clock.at += 60_000;
  await sign();
  const second = (await next())!;
  expect([second.consistency!.fromSize, second.consistency!.toSize]).toEqual([first.treeSize, second.treeSize]);
  expect(second.treeSize).toBeGreaterThan(first.treeSize);
  const [from, to] = [signed(first), signed(second)];
  const proof = second.consistency!.hashes.map((hash) => Buffer.from(hash, 'base64'));
  const grown = (root: Buffer) =>
    provesConsistency(proof, { range: { start: 0n, end: from.size }, size: to.size, part: from.root, root });
  expect([grown(to.root), grown(from.root)]).toEqual([true, false]);

  // Nothing was signed since.
  const third = (await next())!;
  expect(third).toEqual({ ...second, consistency: { fromSize: second.treeSize, toSize: second.treeSize, hashes: [] } });
});
