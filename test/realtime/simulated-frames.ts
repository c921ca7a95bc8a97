import type { Frame } from '../../src/resolvers/transport/frame.js';

/** What the frames of the simulation say: a part of an event, or only a cursor. */
export type Part = { sequence: number; part: number; cursor: string; text?: string } | { cursor: string };
/** Two frames with this are sent one after the other. */
export const LONG = 'x'.repeat(33_000);
const read = new WeakMap<Frame, Part>();
/** What a frame says. */
export function dataOf(frame: Frame): Part {
  let data = read.get(frame);
  if (!data) {
    ({ data } = (JSON.parse(`{"id":"x"${frame.message}`) as { payload: { data: Part } }).payload);
    read.set(frame, data);
  }
  return data;
}
/** Whether it is the first of an event's frames. */
export const beginsEvent = (frame: Frame): boolean => {
  const data = dataOf(frame);
  return 'part' in data && data.part === 0;
};

/** Every seventh event is for nobody, every fifth has three frames, of which half of the callers see only the first. */
export const partsOf = (sequence: number, sees: boolean): number[] => {
  if (sequence % 7 === 0) return [];
  return sequence % 5 === 0 ? (sees ? [0, 1, 2] : [0]) : [0];
};
