import type { Application } from '../application.js';
import { findTarget } from '../imports/import-target.js';
import { runImport } from '../imports/run-import.js';
import { Chance } from './chance.js';
import {
  demoPerson,
  demoTeamNames,
  demoTeams,
  type DemoInbox,
  type DemoPerson,
  type DemoWorkspace,
} from './demo-workspace.js';
import type { Dialogue, Line } from './dialogue.js';
import { allSpeakers } from './dialogues/all-dialogues.js';
import { pastFiles, withPastFile } from './past-files.js';

/** The same people say the same things in every demo; only the days are those before it was made. */
const SEED = 2_041;
const DAYS = 30;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Nothing of the past is younger than that. */
const ENDED_MS = 10 * MINUTE_MS;
/** Conversations of each inbox: 300 in all. */
const CONVERSATIONS: Readonly<Record<DemoInbox, number>> = { inbox: 150, emailInbox: 80, telegramInbox: 70 };
/** Who writes, again and again. */
const CUSTOMERS = 120;
/** How long somebody takes to answer, in minutes. */
const PACE: Readonly<Record<DemoInbox, readonly [least: number, most: number]>> = {
  inbox: [1, 9],
  emailInbox: [20, 240],
  telegramInbox: [1, 30],
};

interface Customer {
  externalId: string;
  name: string;
  email: string;
  dialogues: readonly Dialogue[];
}

/**
 * Fills the demo with what its shop and its customers wrote in the last thirty days: imported like anybody's past, so
 * that the record says where it comes from.
 * @returns how many conversations there are now.
 */
export async function importPast(app: Application, { ids }: Pick<DemoWorkspace, 'ids'>): Promise<number> {
  const chance = new Chance(SEED);
  const customers = customersOf(chance);
  let created = 0;
  for (const inbox of Object.keys(CONVERSATIONS) as DemoInbox[]) {
    const target = await findTarget(app, { workspace: ids.workspace, inbox: ids[inbox] });
    const lines = Array.from({ length: CONVERSATIONS[inbox] }, (_, at) =>
      withPastFile(at, conversation(chance, { inbox, at, customer: chance.pick(customers), now: app.now() })),
    );
    const summary = await runImport(app, target, numbered(lines), { format: 'demo', files: pastFiles() });
    if (summary.rejected > 0)
      throw new Error(`${summary.rejected} conversations of the demo are not as an import wants them`);
    created += summary.conversations.created;
  }
  return created;
}

const customersOf = (chance: Chance): Customer[] =>
  Array.from({ length: CUSTOMERS }, (_, at) => {
    // Each language as often as it should be, and none left out by chance.
    const { names, dialogues } = allSpeakers[at % allSpeakers.length]!;
    const [name, handle] = chance.pick(names);
    // Several have the same name, as in every shop.
    return { externalId: `customer-${at + 1}`, name, email: `${handle}.${at + 1}@example.com`, dialogues };
  });

async function* numbered(values: readonly unknown[]): AsyncGenerator<{ number: number; value: unknown }> {
  for (const [at, value] of values.entries()) yield { number: at + 1, value };
}

/** One conversation in the shape of the import format. */
function conversation(
  chance: Chance,
  { inbox, at, customer, now }: { inbox: DemoInbox; at: number; customer: Customer; now: Date },
) {
  const externalId = `${inbox}-${at + 1}`;
  const agent = demoPerson(chance.pick(demoTeams[inbox]));
  const dialogue = chance.pick(customer.dialogues);
  const names = {
    order: chance.between(4_000, 4_999),
    name: firstName(customer.name),
    agent: firstName(agent.displayName),
  };
  const said = spoken(dialogue, names);
  // Nobody's bot answers mail.
  const lines = said.filter(([by]) => by !== 'bot' || inbox !== 'emailInbox');
  let time = now.getTime() - ENDED_MS;
  const entries = lines
    .toReversed()
    .map(([by, text]) => {
      const entry = { by, text, at: new Date(time).toISOString() };
      time -= chance.between(...PACE[inbox]) * MINUTE_MS;
      return entry;
    })
    .toReversed();
  const earlier = Math.floor(chance.next() * DAYS * DAY_MS);
  const shifted = entries.map((entry) => ({ ...entry, at: new Date(Date.parse(entry.at) - earlier).toISOString() }));
  const authors = { customer: 'contact', bot: 'bot', agent: agent.email, note: agent.email } as const;
  return {
    externalId,
    contact: { externalId: customer.externalId, name: customer.name, email: customer.email },
    subject: dialogue.subject,
    labels: [dialogue.label],
    // Most are done; of the youngest some wait for the customer.
    status: earlier < 3 * DAY_MS && chance.next() < 0.4 ? 'PENDING' : 'RESOLVED',
    messages: shifted
      .filter(({ by }) => by !== 'note')
      .map(({ by, text, at: when }, index) => ({
        externalId: `${externalId}-${index + 1}`,
        author: authors[by],
        text,
        at: when,
      })),
    notes: shifted
      .filter(({ by }) => by === 'note')
      .map(({ text, at: when }) => ({ author: agent.email, text, at: when })),
    handovers: handovers(chance, { inbox, dialogue, agent, entries: shifted, names }),
  };
}

/** How it came to the agent: from the bot by way of the team, or of mail now and then from a colleague who goes home. */
function handovers(
  chance: Chance,
  {
    inbox,
    dialogue: { handover },
    agent,
    entries,
    names,
  }: {
    inbox: DemoInbox;
    dialogue: Dialogue;
    agent: DemoPerson;
    entries: readonly { by: Line[0]; at: string }[];
    names: Readonly<Record<string, string | number>>;
  },
) {
  const answered = entries.findIndex(({ by }) => by === 'agent');
  if (answered < 1) return [];
  const [before, answer] = [entries[answered - 1]!, entries[answered]!].map(({ at }) => Date.parse(at)) as [
    number,
    number,
  ];
  const after = (part: number) => new Date(before + (answer - before) * part).toISOString();
  const settled = { settledBy: agent.email, at: after(0.1), settledAt: after(0.6) };
  if (entries.some(({ by }) => by === 'bot')) {
    const { reason, summary } = handover;
    return [{ author: 'bot', toTeam: demoTeamNames[inbox], reason, summary: filledIn(summary, names), ...settled }];
  }
  const colleagues = demoTeams[inbox].map(demoPerson).filter(({ email }) => email !== agent.email);
  if (inbox !== 'emailInbox' || chance.next() >= 1 / 3) return [];
  return [{ author: chance.pick(colleagues).email, toAgent: agent.email, reason: 'SHIFT_END', ...settled }];
}

/** The lines of a dialogue with the names and the number in them. */
export function spoken(
  { lines }: Pick<Dialogue, 'lines'>,
  names: { order: number; name: string; agent: string },
): Dialogue['lines'] {
  return lines.map(([by, text]) => [by, filledIn(text, names)]);
}

/** A text with names and numbers in it. */
export const filledIn = (text: string, names: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(names[name] ?? whole));

/** What somebody is called: in writing without spaces that is all of it. */
export const firstName = (name: string): string => name.split(' ')[0]!;
