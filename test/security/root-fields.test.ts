import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import type { ApiClient, Subscription } from '../support/client.js';
import { customerWrites, offer } from '../support/operations.js';
import { byCaller, rootFields, type Provocation, type RootField } from './root-fields.js';
import { callers, Stage, type Caller, type Scene } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

/** What these change is their event; a link to a file is told of before it is given. */
const RECORD_ONLY = ['Mutation.annotateEvent', 'Mutation.recordCustomEvent', 'Mutation.createDownloadLink'];
/** Mutations that succeed without an event. Nothing should ever be here without a good reason. */
const SILENT_MUTATIONS: string[] = [
  // Who types is worth nothing ten seconds later: it is told over the bus to who looks on, and nothing is written.
  'Mutation.setTyping',
];

it('has a row for every root field of the schema, and every row says what becomes of every caller', async () => {
  const schema = await buildApiSchema(allResolvers);
  const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
  const fields = roots.flatMap((type) => Object.keys(type.getFields()).map((name) => `${type.name}.${name}`));
  expect(rootFields.map(({ field }) => field as string).toSorted()).toEqual(fields.toSorted());
  for (const row of rootFields) {
    const named = Object.values(row.expected).flatMap((who) => who.split(' '));
    expect(named.toSorted(), `${row.field}`).toEqual(callers.toSorted());
  }
});

it('has an event on the record for every mutation that succeeds', () => {
  const succeeding = rootFields.flatMap(({ field, expected }) =>
    Object.keys(expected).flatMap((outcome) =>
      field.startsWith('Mutation.') && outcome.startsWith('OK') ? [{ field, outcome }] : [],
    ),
  );
  const silent = succeeding.filter(({ outcome }) => /^OK( shown| hidden)?$/.test(outcome)).map(({ field }) => field);
  expect(silent).toEqual(SILENT_MUTATIONS);
  const mutations = rootFields.map(({ field }) => field).filter((field) => field.startsWith('Mutation.'));
  expect([...new Set(succeeding.map(({ field }) => field))].toSorted()).toEqual(mutations.toSorted());
});

it.each(rootFields)(
  '$field: who may, may; who may not gets no data, changes nothing, sends nothing and is on the record',
  { timeout: 60_000 },
  async (row) => {
    const keys = stage.world.withKey('all');
    const { conversations } = await keys.ask('{ conversations(first: 1) { eventCursor } }');
    const scenes = new Map<Caller, Scene>();
    await Promise.all(
      callers.map(async (caller) =>
        scenes.set(
          caller,
          await stage.scene(caller, { withHandover: row.withHandover === true, withNote: row.withNote === true }),
        ),
      ),
    );
    for (const caller of row.prepare ? callers : [])
      await row.prepare!(scenes.get(caller)!, stage, await stage.client(caller, scenes.get(caller)));
    const watched = await watch(keys);
    const outcomes: Partial<Record<Caller, string>> = {};
    for (const caller of callers) {
      outcomes[caller] = await attempt(row, caller, scenes.get(caller)!, conversations.eventCursor);
    }
    expect(outcomes).toEqual(byCaller(row));

    // What the streams were sent, up to a marker that comes after everything.
    const allowed = callers.filter((caller) => outcomes[caller]!.startsWith('OK')).map((caller) => scenes.get(caller)!);
    const isMutation = row.field.startsWith('Mutation.');
    const recorded = Object.keys(row.expected).find((outcome) => outcome.startsWith('OK'))!;
    const sent = await watched.sent();
    const conversationIds =
      isMutation &&
      /\b(?:conversation|message|handover)\.|\bcontact\.(?:erased|updated|blocked|unblocked|merged|unmerged)\b/.test(
        recorded,
      )
        ? allowed
        : [];
    const handoverIds = isMutation && /\bhandover\./.test(recorded) ? allowed : [];
    // The id of what was made anew is not known before: as many as were made.
    const ids = (kind: RootField['makes'], known: unknown[]) => (row.makes === kind ? known.map(() => 'new') : known);
    expect({
      conversations: ids('conversation', sent.conversations),
      handovers: ids('handover', sent.handovers),
    }).toEqual({
      conversations: ids(
        'conversation',
        conversationIds.flatMap((scene) => row.changes?.(scene) ?? [scene.conversationId]).toSorted(),
      ),
      handovers: ids('handover', handoverIds.map((scene) => scene.handoverId).toSorted()),
    });
  },
);

/** Tries a root field as somebody; the outcome as the table words it, with whatever is not as it should be. */
async function attempt(row: RootField, caller: Caller, scene: Scene, afterEvent: string): Promise<string> {
  const client = await stage.client(caller, scene);
  stage.advance(61);
  const variables = {
    ...(row.operation.includes('$afterEvent') ? { afterEvent } : {}),
    ...(await row.variables?.(scene, stage)),
  };
  const provocation = await row.provoke?.(scene, stage);
  const before = await stage.snapshot();
  const isStream = row.field.startsWith('Subscription.');
  const outcome = isStream
    ? await follow(row, client, scene, variables, provocation)
    : await ask(row, client, scene, variables);
  const { changed, recorded } = await stage.since(before);
  const mayWrite =
    row.field.startsWith('Mutation.') &&
    outcome.startsWith('OK') &&
    !SILENT_MUTATIONS.includes(row.field) &&
    !RECORD_ONLY.includes(row.field);
  // The node notes that an agent has a socket; what was provoked was written by somebody else.
  const byOthers = [...(isStream ? ['socket_lease'] : []), ...(provocation ? ['presence'] : [])];
  const written = changed.filter((table) => !byOthers.includes(table));
  const faults = mayWrite ? (written.length > 0 ? [] : ['wrote nothing']) : written.map((table) => `wrote ${table}`);
  // That a revoked key is used is itself on the record, whatever was asked with it.
  const refusals = caller === 'revokedKey' ? recorded.splice(0, 1) : ['auth.access_denied'];
  if (refusals[0] !== 'auth.access_denied') faults.push('left no trace');
  const actions = provocation ? recorded.filter((action) => action !== 'agent.presence_changed') : recorded;
  return [outcome, ...actions, ...faults].join(' ');
}

async function ask(row: RootField, client: ApiClient, scene: Scene, variables: object): Promise<string> {
  const { data, errors } = await client.send(row.operation, variables as Record<string, unknown>);
  if (errors) {
    const leaked = data && Object.values(data).some((value) => value !== null);
    return `${errors.map((error) => error.extensions.code).join('+')}${leaked ? ' with data' : ''}`;
  }
  const refused = row.refused?.(data);
  if (refused !== undefined) return refused;
  return row.shows ? `OK ${row.shows(data, scene, stage) ? 'shown' : 'hidden'}` : 'OK';
}

/**
 * Replays a stream until it has caught up, which it says with a frame that holds nothing but the cursor. One without a
 * past is followed until it has shown what was provoked.
 */
async function follow(
  row: RootField,
  client: ApiClient,
  scene: Scene,
  variables: Record<string, unknown>,
  provocation?: Provocation,
): Promise<string> {
  const subscription = client.subscribe(row.operation, variables);
  const name = row.field.slice('Subscription.'.length);
  const isLast = provocation?.isLast ?? ((frame: Record<string, Frame>) => isCursor(frame[name]!));
  try {
    await subscription.connected();
    let done = false;
    const provoking = (async () => {
      // The stream begins at some moment after the socket has opened, so it is provoked until it answers.
      while (provocation && !done && subscription.ended === null) {
        await provocation.again();
        await setTimeout(50);
      }
    })();
    await subscription
      .until(isLast)
      .catch((error: unknown) => {
        if (subscription.ended === null) throw error;
      })
      .finally(() => {
        done = true;
      });
    await provoking;
    if (subscription.ended === null) {
      return `OK ${subscription.frames.some((frame) => row.shows!(frame, scene, stage)) ? 'shown' : 'hidden'}`;
    }
    const code = codeOf(subscription.ended);
    return subscription.frames.length > 0 ? `${code} with data` : code;
  } finally {
    await subscription.stop();
  }
}

interface Frame {
  changeType?: string;
  event?: unknown;
  id?: string | null;
}
const isCursor = (frame: Frame): boolean => frame.changeType === 'CURSOR' || frame.event === null || frame.id === null;

/** A socket without a valid credential is closed with 4401, before any operation. */
function codeOf(ended: unknown): string {
  if (Array.isArray(ended)) return ended.map((error) => error.extensions.code).join('+');
  return (ended as { code?: number }).code === 4401 ? 'UNAUTHENTICATED' : JSON.stringify(ended);
}

/** Watches both streams of state as somebody who sees everything. */
async function watch(client: ApiClient) {
  const { ids } = stage.world;
  const open = (field: string, id: string) =>
    client.subscribe(`subscription($at: String) { ${field}(afterEvent: $at) { ${id} } }`, { at: cursor }).connected();
  const { conversations } = await client.ask('{ conversations(first: 1) { eventCursor } }');
  const cursor = conversations.eventCursor;
  const ofConversations = await open('conversationChanges', 'conversationId');
  const ofHandovers = await open('handoverChanges', 'handoverId');
  const idsUpTo = async (subscription: Subscription, field: string, id: string, marker: string) => {
    const seen = new Set<string>();
    await subscription.until((frame) => {
      const found = frame[field][id];
      if (found !== null && found !== marker) seen.add(found);
      return found === marker;
    });
    await subscription.stop();
    return [...seen].toSorted();
  };
  return {
    async sent() {
      const { conversationId } = await customerWrites(stage.world);
      const handoverId = await offer(client, conversationId, { toTeamId: ids.support, expiresInSeconds: 604_800 });
      return {
        conversations: await idsUpTo(ofConversations, 'conversationChanges', 'conversationId', conversationId),
        handovers: await idsUpTo(ofHandovers, 'handoverChanges', 'handoverId', handoverId),
      };
    },
  };
}
