import type { RunningServer } from '../../src/server.js';

/** The value of one line of what `/metrics` answers, 0 where there is none. */
export const valueOf = (text: string, line: string): number =>
  Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1) ?? 0,
  );

/** The values of these lines at a server now. */
export async function valuesOf({ url }: Pick<RunningServer, 'url'>, lines: readonly string[]): Promise<number[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return lines.map((line) => valueOf(text, line));
}
