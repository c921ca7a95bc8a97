import { expect, test } from 'vitest';
import { runCli } from './run-cli.js';

test('help says what the exit codes mean', async () => {
  const { code, stdout } = await runCli(['--help'], {});
  expect(code).toBe(0);
  expect(stdout).toContain('2  the command line, its input or the environment is wrong');
});

test.each([[['verfy']], [['workspace', 'create', '--name', 'Acme']], [[]]])(
  'a command line that is none ends with 2: %j',
  async (args) => {
    const { code, stdout, stderr } = await runCli(args, {});
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  },
);

test('a wrong environment ends with 2 and every variable at fault, before anything is started', async () => {
  expect(await runCli(['start'], { PORT: 'http', LOG_LEVEL: 'loud', DATA_DIR: '/nowhere/at/all' })).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'The environment is wrong:\n' +
      '  PORT must be a whole number from 0 to 65535, not "http"\n' +
      '  LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"\n',
  });
});

test('a database that is out of reach ends with 3, and its password is not repeated', async () => {
  const { code, stdout, stderr } = await runCli(['start'], {
    DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/verbatim',
  });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toBe('The database of DATABASE_URL cannot be used: connect ECONNREFUSED 127.0.0.1:1\n');
});

test('what is not to be found cannot be verified', async () => {
  expect(await runCli(['verify'], { DATA_DIR: '/nowhere/at/all' })).toEqual({
    code: 3,
    stdout: '',
    stderr: 'There is no database in /nowhere/at/all. Set DATA_DIR or DATABASE_URL to where it is.\n',
  });
});
