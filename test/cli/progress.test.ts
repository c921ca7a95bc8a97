import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { progressOf } from '../../src/cli/progress.js';

class Written extends Writable {
  text = '';
  readonly columns = 120;
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

it('writes a line every 5 s at most where there is no terminal, and none at all before', async () => {
  const stream = new Written(false);
  let now = 0;
  const { onProgress, end } = await progressOf('acme', stream, () => now);
  for (; now <= 16_000; now += 1_000) onProgress(now, 17_000);
  end();
  expect(stream.text).toBe('acme: 5000 of 17000 events\nacme: 10000 of 17000 events\nacme: 15000 of 17000 events\n');
});

it('draws a bar on a terminal, and takes it away at the end', async () => {
  const stream = new Written(true);
  const { onProgress, end } = await progressOf('acme', stream);
  onProgress(100, 200);
  onProgress(200, 200);
  end();
  expect(stream.text).toContain('acme [');
  expect(stream.text).toContain('100 % of 200 events');
  expect(stream.text).not.toContain('\n');
  // The last that is done to the line: it is gone.
  expect(stream.text).toMatch(/\u001b\[2K$/); // oxlint-disable-line no-control-regex
});

it('of an empty log that was never told of ends with nothing written', async () => {
  const stream = new Written(true);
  (await progressOf('acme', stream)).end();
  expect(stream.text).toBe('');
});
