import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { picture } from '../../src/services/demo/picture.js';
import { sentIn, stored, states } from './brought-files.js';
import { conversation, ImportStage, message, PATIENCE } from './stage.js';

const PNG = picture().bytes;
let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open({ MAX_IMAGE_BYTES: '1000', MAX_FILE_BYTES: '2000' });
  await mkdir(stage.path('files'));
  await writeFile(stage.path('files/photo.png'), PNG);
}, PATIENCE);
afterAll(() => stage.close());

it(
  'refuses a line whose files cannot be taken, with the reason, and takes the others',
  { timeout: PATIENCE },
  async () => {
    await writeFile(stage.path('outside.txt'), 'Nobody’s business');
    await mkdir(stage.path('dir/sub'), { recursive: true });
    await writeFile(stage.path('dir/good.txt'), 'Good');
    await writeFile(stage.path('dir/empty.txt'), '');
    await writeFile(stage.path('dir/large.png'), Buffer.concat([PNG, Buffer.alloc(1_000)]));
    await writeFile(stage.path('dir/large.bin'), Buffer.alloc(2_001));
    await symlink(stage.path('outside.txt'), stage.path('dir/leads-out.txt'));
    await symlink(stage.path('files'), stage.path('dir/leads-out'));
    await symlink('good.txt', stage.path('dir/leads-in.txt'));
    execFileSync('mkfifo', [stage.path('dir/pipe')]);
    const bad: [attachment: object, reason: string][] = [
      [{ file: '../outside.txt' }, '.file: must be a path within the folder of the files'],
      [{ file: 'x/../../outside.txt' }, '.file: must be a path within the folder of the files'],
      [{ file: stage.path('dir/good.txt') }, '.file: must be a path within the folder of the files'],
      [{ file: 'leads-out.txt' }, '.file: leads out of the folder of the files'],
      [{ file: 'leads-out/photo.png' }, '.file: leads out of the folder of the files'],
      [{ file: 'missing.txt' }, '.file: is not there'],
      [{ file: 'good.txt/x' }, '.file: is not there'],
      [{ file: '.' }, '.file: leads out of the folder of the files'],
      [{ file: 'empty.txt' }, '.file: is empty'],
      [{ file: 'large.png' }, `.file: has ${PNG.length + 1_000} bytes, of a kind (IMAGE) that may have 1000`],
      [{ file: 'large.bin' }, '.file: has 2001 bytes, of a kind (FILE) that may have 2000'],
      [{ file: 'pipe' }, '.file: is no file'],
      [{ file: 'sub' }, '.file: is no file'],
      [{ file: '' }, '.file: must not be empty'],
      [{ file: 'good.txt', name: '../x' }, '.name: must hold no path and no control characters'],
      [{ file: 'good.txt', durationSeconds: -1 }, '.durationSeconds: must be 0 to 604800'],
      [{ file: 'good.txt', size: 4 }, ': has what is not known here: size'],
    ];
    const line = (n: number, attachments: object[]) =>
      conversation(`bad-${n}`, { messages: [message(`bad-${n}-0`, 0), message(`bad-${n}-1`, 1, { attachments })] });
    const good = { file: 'good.txt' };
    const lines = [
      conversation('good', { messages: [message('good-1', 0, { attachments: [good, { file: 'leads-in.txt' }] })] }),
      ...bad.map(([attachment], n) => line(n, [good, attachment])),
      line(
        98,
        Array.from({ length: 11 }, () => good),
      ),
      conversation('bad-99', { messages: [message('bad-99-1', 0, { text: ' ', attachments: [] })] }),
    ];
    const file = await stage.file('bad.ndjson', lines);
    const reasons = [
      ...bad.map(([, reason]) => `messages.1.attachments.1${reason}`),
      'messages.1.attachments: must be 10 at most',
      'messages.0.text: must not be empty',
    ];
    const refused = async () =>
      (await stage.rejected(file)).toSorted((one, two) => one.line - two.line).map((each) => [each.line, each.reasons]);
    for (const args of [['--dry-run'], []]) {
      const summary = await stage.summary(file, ['--files', stage.path('dir'), ...args]);
      expect(summary).toMatchObject({ code: 6, conversations: { created: 1 }, files: { created: 2, leftOut: 0 } });
      expect(await refused()).toEqual(reasons.map((reason, index) => [index + 2, [reason]]));
    }
    expect((await sentIn(stage, 'good')).map(({ attachments }) => attachments)).toMatchObject([
      [
        { fileName: 'good.txt', byteSize: 4 },
        { fileName: 'leads-in.txt', byteSize: 4 },
      ],
    ]);
    // Of what was refused, and by the dry run, nothing was stored, and nothing is awaited.
    expect([(await stored(stage)).length, await states(stage)]).toEqual([2, { UPLOADED: 2 }]);
    expect(await stage.read('bad-0')).toBeNull();
  },
);
