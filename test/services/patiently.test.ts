import { expect, it } from 'vitest';
import { forbidden, unavailable } from '../../src/services/errors.js';
import { patiently } from '../../src/services/streams/patiently.js';

const away = () => unavailable('The database is away.');

it('does it again until the database is there, and answers what it answers then', async () => {
  const answers = [away(), away(), 'done'];
  const work = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  expect(await patiently(work)).toBe('done');
  expect(answers).toEqual([]);
});

it('does nothing again that fails for another reason', async () => {
  let tried = 0;
  const refused = patiently(async () => {
    tried += 1;
    throw forbidden('Not you.');
  });
  await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(tried).toBe(1);
});

it('waits no longer for who has left, and asks for a signal only when it waits', async () => {
  const leaving = new AbortController();
  let tried = 0;
  let asked = 0;
  const waiting = patiently(
    async () => {
      tried += 1;
      expect(asked).toBe(0);
      leaving.abort();
      throw away();
    },
    () => {
      asked += 1;
      return leaving.signal;
    },
  );
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  expect([tried, asked]).toEqual([1, 1]);
});
