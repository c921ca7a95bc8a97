import type { Asked, BundleCounts } from './lines.js';

/** What a person reads first: what this is, what it proves, and what it cannot. One sentence or two each. */
export function reportOf({
  asked,
  counts,
  workspace,
  by,
  at,
}: {
  asked: Asked;
  counts: BundleCounts;
  workspace: string;
  by: string;
  at: string;
}): string[] {
  const { events, announcements, texts, gone, withheld } = counts;
  return [
    `Evidence from the record of the workspace "${workspace}": ${whatOf(asked)}. Made by ${by} at ${at}.`,
    `It has ${count(events, 'event')} and ${count(texts, 'text')} of messages and notes.${
      gone > 0 ? ` Not kept any more: ${count(gone, 'text')}; each place says so.` : ''
    }`,
    ...(announcements > 0
      ? [
          'Some of what was recorded has been erased or pruned since. That it was recorded then and there is proven; an event in this file announces what went.',
        ]
      : []),
    ...(withheld > 0
      ? [
          `Withheld, such as addresses: ${count(withheld, 'value')}. That they were recorded is proven, what they are is not shown.`,
        ]
      : []),
    'Each event stands in a line with "says", one sentence; what proves it stands beside it. The order is that of the record.',
    completeness(asked),
    'What is proven is that this was recorded in this order, and not changed since the checkpoint was signed. Not that it is true, nor that nothing else happened.',
    'A line proves nothing before the file was verified, with keys that did not come with it: verbatim verify --bundle FILE --policy FILE.',
  ];
}

function whatOf(asked: Asked): string {
  if (asked.kind === 'CONVERSATION') return `the events of conversation ${asked.label}`;
  if (asked.kind === 'CONTACT') return `the events of the contact ${asked.label}`;
  return `the events ${asked.from} to ${asked.to}`;
}

/** What can be said of what is not in the bundle. */
function completeness(asked: Asked): string {
  if (asked.kind === 'RANGE') {
    return `Every event from ${asked.from} to ${asked.to} is here: that none of them is missing is proven.`;
  }
  return `That there is no other event of this ${asked.kind.toLowerCase()} is not proven: of the events between those that are here only hashes are known. A bundle of the whole range would show them all.`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
