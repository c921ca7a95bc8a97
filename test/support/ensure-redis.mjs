// Runs before the tests: they need a real Redis, and a missing one must fail them, never skip them.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const hasRedis = () => has('redis-server') || has('valkey-server');

if (!hasRedis()) {
  if (process.getuid?.() === 0 && has('apt-get')) installWithApt();
  if (!hasRedis()) {
    console.error(`The tests need a real Redis: no redis-server or valkey-server is on PATH. Install one:
  Debian, Ubuntu:  apt-get install redis-server
  Fedora:          dnf install valkey
  Alpine:          apk add redis
  macOS:           brew install redis`);
    process.exit(1);
  }
}

function installWithApt() {
  console.log('No redis-server found: installing it with apt-get for the tests.');
  const policy = '/usr/sbin/policy-rc.d';
  // The package starts a system service, which no test wants; Debian's way to say no is this file.
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const install = ['install', '-y', '-q', '--no-install-recommends', 'redis-server'];
    // Without package lists, or with old ones, the first try fails.
    if (!apt(install, 'ignore')) {
      apt(['update', '-q'], ['ignore', 'ignore', 'inherit']);
      apt(install, ['ignore', 'ignore', 'inherit']);
    }
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function apt(args, stdio) {
  const lockWait = ['-o', 'DPkg::Lock::Timeout=120'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync('apt-get', [...lockWait, ...args], { stdio, env }).status === 0;
}
