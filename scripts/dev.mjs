// Compiles when a source changes and restarts the server when a compilation changed it; Ctrl-C ends everything.
// Not `tsc --watch`: version 7.0 misses every change inside containers (it watches by fanotify alone).
import { spawn, spawnSync } from 'node:child_process';
import { watch } from 'node:fs';

const compile = () => spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });

// Before node starts, so that it finds something to run.
compile();
const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', '--enable-source-maps', 'dist/main.js'], {
  stdio: 'inherit',
});

let due;
const sources = watch('src', { recursive: true }, () => {
  // An editor saves in several steps, and a branch switch changes many files.
  clearTimeout(due);
  due = setTimeout(compile, 100);
});

server.once('exit', (code) => {
  sources.close();
  clearTimeout(due);
  process.exitCode = code ?? 0;
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
