// Dialogues as lines of the import format: node bench/import/conversations.mjs <file or $VERBATIM_DATA> > past.ndjson
// The file has one dialogue a line, {"id", "services", "turns": [{"speaker": "customer" | "bot", "text"}]}, zipped or not.
// Times, names and who of us answered are not in it: they are made, the same each time.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { randomFrom } from '../../test/crash/options.mjs';

const FIRST = ['Asha', 'Bruno', 'Chen', 'Dina', 'Emeka', 'Farida', 'Goran', 'Hana', 'Ines', 'Jonas', 'Keiko', 'Luis'];
const LAST = [
  'Rao',
  'Silva',
  'Wei',
  'Haddad',
  'Okafor',
  'Khan',
  'Horvat',
  'Sato',
  'Moreau',
  'Lindqvist',
  'Mori',
  'Vega',
];
const FROM = Date.UTC(2022, 0, 3, 8);
const SPAN_MS = 700 * 86_400_000;
/** Every so many contacts come back with another dialogue. */
const CONTACTS = 5_000;

/**
 * @param {string} file
 * @param {{ agents: string[], seed?: number }} options `agents`: e-mails of agents, who answer in a third of the dialogues;
 *   none: the bot always does
 */
export async function* conversations(file, { agents, seed = 7 }) {
  const input = createReadStream(file);
  const lines = createInterface({ input: file.endsWith('.gz') ? input.pipe(createGunzip()) : input });
  const random = randomFrom(seed);
  const upTo = (count) => Math.floor(random() * count);
  for await (const line of lines) {
    const { id, services, turns } = JSON.parse(line);
    const contact = upTo(CONTACTS);
    const agent = agents.length > 0 && random() < 1 / 3 ? agents[upTo(agents.length)] : null;
    let at = FROM + upTo(SPAN_MS);
    const messages = turns.map(({ speaker, text }, index) => {
      at += 2_000 + upTo(90_000);
      const answers = agent !== null && index > turns.length / 2 ? agent : 'bot';
      const author = speaker === 'customer' ? 'contact' : answers;
      return { externalId: `${id}/${index}`, author, text, at: new Date(at).toISOString() };
    });
    const notes =
      agent !== null ? [{ author: agent, text: `About ${services.join(', ')}.`, at: messages.at(-1).at }] : [];
    yield {
      externalId: id,
      contact: {
        externalId: `customer-${contact}`,
        name: `${FIRST[contact % FIRST.length]} ${LAST[Math.floor(contact / FIRST.length) % LAST.length]}`,
        email: `customer-${contact}@example.com`,
      },
      subject: services.join(', '),
      labels: services.map((service) => service.replace(/_\d+$/, '').toLowerCase()),
      startedAt: messages[0].at,
      messages,
      notes,
    };
  }
}

if (process.argv[1] === import.meta.filename) {
  const [file = process.env.VERBATIM_DATA, ...agents] = process.argv.slice(2);
  if (!file) {
    console.error('node bench/import/conversations.mjs <file of dialogues> [e-mail of an agent …] > past.ndjson');
    process.exit(2);
  }
  for await (const conversation of conversations(file, { agents })) {
    if (!process.stdout.write(`${JSON.stringify(conversation)}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
}
