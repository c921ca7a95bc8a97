// Runs one of the tables: npm run bench -- <table>. Each is a module that measures when it is imported and reads its
// own options.
const tables = {
  reads: ['the inbox and one conversation, beside the peers', './tables/reads.mjs'],
  writes: ['a message sent, over one workspace and sixteen, beside the peers', './tables/writes.mjs'],
  profile: ['where our own CPU time goes under each of them', './tables/profile.mjs'],
  growth: ['how our reads grow with the data', './tables/growth.mjs'],
  history: ['the audit history: each way to search it, its size, what it costs the append', './tables/history.mjs'],
  messages: [
    'messages searched by what they say: each shape of a query, for each role, and what the index takes',
    './tables/messages.mjs',
  ],
  import: [
    'past conversations imported, killed and imported again: how fast, how much memory, what is there',
    './tables/import.mjs',
  ],
  verify: ['how fast a whole log is verified', './tables/verify.mjs'],
  soak: ['one server under a mixed load for long: memory, handles, connections', './streams/soak.mjs'],
  resume: ['sockets that drop every 2 s: what arrives', './streams/resume.mjs'],
  stuck: ['readers that stop reading: what it costs the others, and how they go on', './streams/stuck.mjs'],
  nodes: ['one event to many sockets of one, two, three and four processes', './streams/nodes.mjs'],
  streams: ['one event to many sockets, long replays, everybody at once', './streams/streams.mjs'],
};

const table = process.argv[2];
if (table !== undefined && Object.hasOwn(tables, table)) {
  await import(tables[table][1]);
} else {
  console.error('npm run bench -- <table>, one of:');
  for (const [name, [what]] of Object.entries(tables)) console.error(`  ${name.padEnd(10)}${what}`);
  process.exit(table === undefined ? 0 : 2);
}
