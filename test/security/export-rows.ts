import { CANCEL_EXPORT, CREATE_SINK, DELETE_SINK, REQUEST_EXPORT, SINKS, UPDATE_SINK } from '../exports/stage.js';
import { has, type RootField } from './outcomes.js';
import type { Scene, Stage } from './stage.js';

/** An export that an administrator has asked for. */
const made = new Map<Scene, string>();
async function exportOf(scene: Scene, stage: Stage): Promise<string> {
  const known = made.get(scene);
  if (known) return known;
  // Ten may be under way at once; of those before nobody asks any more.
  const admin = (await stage.session('admin')).client;
  const { exports } = await admin.ask('{ exports(first: 25) { nodes { id state } } }');
  for (const { id, state } of exports.nodes) {
    if (state === 'REQUESTED') await admin.ask(CANCEL_EXPORT, { input: { exportId: id } });
  }
  const { requestExport } = await admin.ask(REQUEST_EXPORT, { input: { format: 'CSV' } });
  made.set(scene, requestExport.export.id);
  return requestExport.export.id;
}

/** One export: who may not see it hears that there is none. */
const seers = (outcome: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [outcome]: 'admin auditor keyAll',
  'NOT_FOUND auth.access_denied': 'supervisor agent outsider keyIngest keyRead keyAudit bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
});

/** A sink that an administrator has set up; those before are removed, since there may be twenty. */
const sinks = new Map<Scene, string>();
async function sinkOf(scene: Scene, stage: Stage): Promise<string> {
  const known = sinks.get(scene);
  if (known) return known;
  const admin = (await stage.session('admin')).client;
  for (const { id } of (await admin.ask(SINKS)).auditSinks) await admin.ask(DELETE_SINK, { input: { sinkId: id } });
  const { createAuditSink } = await admin.ask(CREATE_SINK, { input: newSink });
  sinks.set(scene, createAuditSink.sink.id);
  return createAuditSink.sink.id;
}
const newSink = { name: 'SIEM', kind: 'WEBHOOK', format: 'OCSF', url: 'https://siem.example.com/hook' };
/** Only administrators; keys among them. */
const administrators = (outcome: string, elsewhere: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [outcome]: `admin keyAll${elsewhere === outcome ? ' foreignAdmin' : ''}`,
  'FORBIDDEN auth.access_denied':
    'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
  ...(elsewhere === outcome ? {} : { [elsewhere]: 'foreignAdmin' }),
});

/** Exports of the record: for administrators, auditors and keys that export. */
export const exportRows: RootField[] = [
  {
    field: 'Query.export',
    operation: 'query($id: ID!) { export(id: $id) { id filter downloadUrl } }',
    variables: async (scene, stage) => ({ id: await exportOf(scene, stage) }),
    shows: (data, scene) => data.export.id === made.get(scene),
    expected: seers('OK shown'),
  },
  {
    field: 'Query.exports',
    operation: '{ exports { nodes { id filter downloadUrl } } }',
    prepare: exportOf,
    shows: ({ exports }) => [...made.values()].some((id) => has(exports.nodes, id)),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin auditor keyAll',
      'OK hidden': 'foreignAdmin',
      'FORBIDDEN auth.access_denied': 'supervisor agent outsider keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.requestExport',
    operation: REQUEST_EXPORT,
    // Those before are cancelled: ten may be under way at once.
    prepare: exportOf,
    variables: () => ({ input: { format: 'JSONL' } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK export.requested': 'admin auditor keyAll foreignAdmin',
      'FORBIDDEN auth.access_denied': 'supervisor agent outsider keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.cancelExport',
    operation: CANCEL_EXPORT,
    variables: async (scene, stage) => ({ input: { exportId: await exportOf(scene, stage) } }),
    expected: seers('OK export.cancelled'),
  },
  {
    field: 'Subscription.jobProgress',
    operation: 'subscription($id: ID!) { jobProgress(jobId: $id) { jobId state percent rows } }',
    variables: async (scene, stage) => ({ id: await exportOf(scene, stage) }),
    provoke: async () => ({ again: async () => {}, isLast: () => true }),
    shows: ({ jobProgress }, scene) => jobProgress.jobId === made.get(scene),
    expected: seers('OK shown'),
  },
  {
    field: 'Query.auditSinks',
    operation: SINKS,
    prepare: sinkOf,
    shows: ({ auditSinks }) => [...sinks.values()].some((id) => has(auditSinks, id)),
    expected: administrators('OK shown', 'OK hidden'),
  },
  {
    field: 'Mutation.createAuditSink',
    operation: CREATE_SINK,
    prepare: sinkOf,
    variables: () => ({ input: newSink }),
    expected: administrators('OK audit.sink_created', 'OK audit.sink_created'),
  },
  {
    field: 'Mutation.updateAuditSink',
    operation: UPDATE_SINK,
    variables: async (scene, stage) => ({ input: { sinkId: await sinkOf(scene, stage), name: 'Elsewhere' } }),
    expected: administrators('OK audit.sink_updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.deleteAuditSink',
    operation: DELETE_SINK,
    variables: async (scene, stage) => ({ input: { sinkId: await sinkOf(scene, stage) } }),
    expected: administrators('OK audit.sink_deleted', 'NOT_FOUND'),
  },
];
