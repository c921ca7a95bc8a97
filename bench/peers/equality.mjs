// Whether two servers have answered with the same data: before that no figure means anything.
const only = (row, ...names) => row && Object.fromEntries(names.map((name) => [name, row[name]]));
const instant = (text) => new Date(text).toISOString();
const entry = (row, ...names) => row && { ...only(row, 'id', ...names), createdAt: instant(row.createdAt) };
const sorted = (rows, name) => rows.toSorted((a, b) => (a[name] < b[name] ? -1 : 1));
const labels = (rows) =>
  sorted(
    rows.map((row) => only(row, 'id', 'name', 'color')),
    'name',
  );

const summary = (row) => ({
  ...only(row, 'id', 'number', 'subject', 'status', 'priority'),
  lastActivityAt: instant(row.lastActivityAt),
  contact: only(row.contact, 'id', 'name'),
  labels: labels(row.labels),
});

/** A page of the inbox in the one shape that all are compared in. */
export const inboxShape = (rows) =>
  rows.map((row) => ({
    ...summary(row),
    assignee: only(row.assignee, 'id', 'displayName'),
    team: only(row.team, 'id', 'name'),
    lastMessage: entry(row.lastMessage, 'direction', 'text'),
    unreadCount: row.unreadCount,
  }));

export const conversationShape = (row) => ({
  ...summary(row),
  createdAt: instant(row.createdAt),
  messages: sorted(row.messages, 'position').map((message) => entry(message, 'position', 'direction', 'text')),
  notes: sorted(row.notes, 'position').map((note) => entry(note, 'position', 'text')),
});

/**
 * @param {string} what @param {{ name: string, shapes: unknown[] }[]} servers the first is the one that all others must equal
 * @throws Error naming the server and the first answer that differs
 */
export function mustBeEqual(what, [first, ...others]) {
  if (first.shapes.flat().length === 0) throw new Error(`${what}: nothing was answered`);
  for (const { name, shapes } of others) {
    const index = first.shapes.findIndex((shape, number) => stable(shape) !== stable(shapes[number]));
    if (index < 0 && shapes.length === first.shapes.length) continue;
    const [a, b] = [stable(first.shapes[index]), stable(shapes[index])];
    const at = Math.max(0, [...a].findIndex((letter, number) => letter !== b[number]) - 200);
    throw new Error(
      `${what}: ${name} answers differently from ${first.name}: ${b.slice(at, at + 500)} not ${a.slice(at, at + 500)}`,
    );
  }
}

/** As JSON, whatever the order of the keys. */
const stable = (value) =>
  JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? 'nothing';
