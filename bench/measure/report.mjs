// Writes what a table has measured to the terminal and to bench/results/<date>-<table>.md: the machine, the versions,
// the command, and the tables.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { machineCpu } from './usage.mjs';

const bench = join(import.meta.dirname, '..');

export class Report {
  #table;
  #title;
  #parts = [];
  #versions;
  #began = new Date();
  #cpuBefore = machineCpu();

  /**
   * @param {string} table as `npm run bench -- <table>` has it
   * @param {string} title
   * @param {string[]} packages whose versions matter
   */
  constructor(table, title, packages = []) {
    this.#table = table;
    this.#title = title;
    this.#versions = packages.map((name) => `${name} ${versionOf(name)}`);
  }

  /** A paragraph. @param {string} text */
  say(text) {
    this.#parts.push(text);
    console.log(`\n${text}`);
  }

  /** A heading. @param {string} text */
  head(text) {
    this.#parts.push(`## ${text}`);
    console.log(`\n## ${text}`);
  }

  /**
   * A table.
   * @param {string[]} columns
   * @param {(string | number)[][]} rows numbers as `shown` has them, or ready texts
   */
  table(columns, rows) {
    const cells = [columns, ...rows].map((row) => row.map((cell) => String(cell)));
    const widths = columns.map((_, index) => Math.max(3, ...cells.map((row) => row[index].length)));
    const line = (row) =>
      `| ${row.map((cell, index) => (index ? cell.padStart(widths[index]) : cell.padEnd(widths[index]))).join(' | ')} |`;
    const rule = `|${widths.map((width, index) => (index ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
    const text = [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
    this.#parts.push(text);
    console.log(`\n${text}`);
  }

  /** Writes the file. @returns its path below the repository */
  async write() {
    const before = await this.#cpuBefore;
    const after = await machineCpu();
    const busy = after.busyMs - before.busyMs;
    const stolen = after.stolenMs - before.stolenMs;
    const share = (ms) => Math.round((100 * ms) / (busy + stolen + after.idleMs - before.idleMs));
    const lines = [
      `# ${this.#title}`,
      `\`npm run bench -- ${process.argv.slice(2).map(placeless).join(' ')}\` on ${this.#began.toISOString().slice(0, 16).replace('T', ' ')} UTC, ` +
        `${Math.round((Date.now() - this.#began.getTime()) / 1000)} s, Verbatim at ${commit()}.`,
      `Machine: ${machine()}; of its CPU time ${share(busy)} % was used in this run, ${share(stolen)} % went to others. ` +
        'Absolute figures are those of this machine; compare within one run.',
      `Versions: ${[`Node ${process.versions.node}`, 'PostgreSQL 18 (embedded, durable)', ...this.#versions].join(', ')}.`,
      ...this.#parts,
    ];
    const path = join('bench/results', `${this.#began.toISOString().slice(0, 10)}-${this.#table}.md`);
    mkdirSync(join(bench, 'results'), { recursive: true });
    writeFileSync(join(bench, '..', path), `${lines.join('\n\n')}\n`);
    console.log(`\nwritten: ${path}`);
    return path;
  }
}

/** A number as people read it: three digits that matter, thousands apart. @param {number} value */
export function shown(value) {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share in percent, never rounded up to 100. */
export const percent = (part, whole) => `${(Math.floor((10_000 * part) / whole) / 100).toLocaleString('en-US')} %`;

/** Where something lies on this machine is nobody's business. */
const placeless = (argument) => (argument.startsWith('/') ? '<directory>' : argument);

const machine = () =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;

/** Of the copy that the benchmarks run with. */
function versionOf(name) {
  for (const place of ['node_modules', '../node_modules']) {
    try {
      return JSON.parse(readFileSync(join(bench, place, name, 'package.json'), 'utf8')).version;
    } catch {
      // Not installed there.
    }
  }
  throw new Error(`${name} is not installed`);
}

function commit() {
  try {
    const options = { cwd: bench, encoding: 'utf8', env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } };
    const run = (...args) => execFileSync('git', args, options).trim();
    return run('rev-parse', '--short', 'HEAD') + (run('status', '--porcelain', '--', '../src') ? ' with changes' : '');
  } catch {
    return 'an unknown commit';
  }
}
