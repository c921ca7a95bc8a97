// Takes a CPU profile of another node process by its inspector, and sums it up.

/** The Chrome DevTools protocol to one process. */
export class Inspector {
  #socket;
  #asked = 0;
  #waiting = new Map();

  /** @param {number} port as of `--inspect` */
  static async connect(port) {
    const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const inspector = new Inspector();
    inspector.#socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      inspector.#socket.addEventListener('open', resolve, { once: true });
      inspector.#socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), {
        once: true,
      });
    });
    inspector.#socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const waiting = inspector.#waiting.get(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
    await inspector.#ask('Profiler.enable');
    return inspector;
  }

  async start(interval) {
    await this.#ask('Profiler.setSamplingInterval', { interval });
    await this.#ask('Profiler.start');
  }

  /** @returns the profile, as a .cpuprofile file has it */
  async stop() {
    return (await this.#ask('Profiler.stop')).profile;
  }

  #ask(method, params = {}) {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

const CATEGORIES = [
  ['MikroORM', /^@mikro-orm\//],
  [
    'graphql-jit, graphql, type-graphql',
    /^(graphql|graphql-jit|type-graphql|graphql-scalars|@graphql-tools\/.*|compiled query)$/,
  ],
  ['pg', /^(pg|pg-.*|postgres-.*)$/],
  ['kysely', /^kysely$/],
  ['DataLoader', /^dataloader$/],
  ['Apollo', /^@(apollo|as-integrations)\//],
  ['Fastify', /^(fastify|@fastify\/.*|find-my-way|fast-json-stringify|light-my-request|avvio|secure-json-parse)$/],
  ['sign-in (jose)', /^jose$/],
  ['JSON and the record (canonicalize)', /^canonicalize$/],
  ['our code', /^dist\//],
  ['sockets to PostgreSQL', /^sockets to PostgreSQL$/],
  ['sockets and HTTP of clients', /^node:(net|internal\/(stream_base_commons|streams\/.*)|_?http.*)$/],
  ['crypto of node (signatures, hashes, salts)', /^node:internal\/(crypto|webcrypto)/],
  ['the rest of node (promises, buffers, timers)', /^node:/],
  ['garbage collection', /^\(garbage collector\)$/],
  ['the engine itself, and waiting to be scheduled', /^\(program\)$/],
];
const IDLE = new Set(['(idle)', '(root)']);

/**
 * Self time by category, by place (package, or file of ours) and by function, as shares of the time that was not idle, largest first.
 * @param {{ nodes: object[], samples: number[], timeDeltas: number[] }} profile
 */
export function summary({ nodes, samples, timeDeltas }) {
  const known = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const child of node.children ?? []) known.get(child).parent = node;
  const sums = { categories: new Map(), functions: new Map(), places: new Map() };
  let all = 0;
  const add = (sum, name, time) => sum.set(name, (sum.get(name) ?? 0) + time);
  for (const [index, id] of samples.entries()) {
    const node = known.get(id);
    const name = node.callFrame.functionName;
    if (IDLE.has(name)) continue;
    const time = timeDeltas[index];
    const place = placeOf(node);
    all += time;
    add(sums.places, place, time);
    add(sums.categories, CATEGORIES.find(([, pattern]) => pattern.test(place))?.[0] ?? 'others', time);
    add(sums.functions, `${name || '(anonymous)'} · ${place}${lineOf(node)}`, time);
  }
  const ranked = (sum) => [...sum].map(([name, time]) => [name, time / all]).toSorted((a, b) => b[1] - a[1]);
  return { categories: ranked(sums.categories), functions: ranked(sums.functions), places: ranked(sums.places) };
}

/** The package or file of a frame; of the engine's own that of whoever called it. */
function placeOf(node) {
  const { url, functionName } = node.callFrame;
  if (/^node:(net$|internal\/stream)/.test(url) && isBelow(node, /node_modules\/pg(-\w+)?\//))
    return 'sockets to PostgreSQL';
  if (url.startsWith('node:')) return url;
  const packaged = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (packaged) return packaged[1];
  const own = /\/(dist\/.*)$/.exec(url);
  if (own) return own[1];
  if (/^\((garbage collector|program)\)$/.test(functionName)) return functionName;
  // Made from text while the server runs: operations by graphql-jit, hydrators and comparators by MikroORM.
  if (node.callFrame.lineNumber >= 0 && functionName !== '') return madeBy(node);
  return node.parent ? placeOf(node.parent) : '(program)';
}

const madeBy = (node) => (isBelow(node, /node_modules\/@mikro-orm/) ? '@mikro-orm/compiled' : 'compiled query');

function isBelow(node, pattern) {
  for (let caller = node.parent; caller; caller = caller.parent) if (pattern.test(caller.callFrame.url)) return true;
  return false;
}

const lineOf = ({ callFrame: { lineNumber, url } }) => (url && lineNumber >= 0 ? `:${lineNumber + 1}` : '');
