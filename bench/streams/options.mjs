import { parseArgs } from 'node:util';

/**
 * Reads `--name value` after the table's name; every option is a number at or above 0.
 * @template {Record<string, number>} T @param {T} defaults @returns {T}
 */
export function readOptions(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: String(value) }]),
  );
  const { values } = parseArgs({ args: process.argv.slice(3), options });
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => {
      const value = Number(text);
      if (!(value >= 0)) throw new Error(`--${name} must be a number at or above 0`);
      return [name, value];
    }),
  );
}
