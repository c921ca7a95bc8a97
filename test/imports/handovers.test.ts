import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql } from '../../src/services/sql.js';
import { followedBy } from '../support/live-view.js';
import { newestSequence } from '../support/operations.js';
import { at, conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open();
}, PATIENCE);
afterAll(() => stage.close());

const HANDOVERS = `query($id: String!) { conversationByExternalId(externalId: $id) { id handoverCount status assignee { id } team { id }
  openHandover { id }
  handovers(first: 10) { nodes { id kind status reason comment summary unattended waitSeconds requestedAt settledAt settlementReason
    from { __typename id } toAgent { id } toTeam { id } toBot { id } settledBy { __typename id } } }
  transcript(first: 50) { nodes { position occurredAt actor { __typename }
    ... on ConversationEvent { action summary handover { id } } ... on Message { text } } } } }`;

async function handovers(externalId: string) {
  const admin = await stage.world.as('admin');
  return (await admin.ask(HANDOVERS, { id: externalId })).conversationByExternalId;
}

it(
  'brings handovers in as they ended, in their places of the transcript, and once',
  { timeout: PATIENCE },
  async () => {
    const { ids } = stage.world;
    const [admin, agent, outsider] = await Promise.all(
      (['admin', 'agent', 'outsider'] as const).map((role) => stage.world.as(role)),
    );
    const before = await newestSequence(admin!);
    const file = await stage.file('handed.ndjson', [
      conversation('handed', {
        messages: [
          message('handed-1', 0),
          message('handed-2', 1, { author: 'bot' }),
          message('handed-3', 9, { author: 'agent@acme.test' }),
        ],
        handovers: [
          { author: 'agent@acme.test', toBot: true, at: at(10) },
          {
            author: 'bot',
            toTeam: 'Support',
            reason: 'CUSTOMER_REQUESTED',
            comment: 'They wrote in capitals',
            summary: 'The parcel is late',
            at: at(2),
            settledBy: 'AGENT@acme.test',
            settledAt: at(4),
          },
          {
            author: 'agent@acme.test',
            toAgent: 'colleague@acme.test',
            status: 'DECLINED',
            at: at(5),
            settledAt: at(6),
          },
          { author: 'agent@acme.test', toTeam: 'Support', status: 'EXPIRED', at: at(6), settledAt: at(7) },
          { author: 'agent@acme.test', toTeam: 'Support', status: 'CANCELLED', at: at(8) },
        ],
      }),
    ]);
    const done = await followedBy([admin!, agent!, outsider!], () => stage.import(file));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('\n  Handovers     5 created, 0 unchanged\n');

    const found = await handovers('handed');
    expect(found).toMatchObject({ handoverCount: 5, status: 'RESOLVED', assignee: null, openHandover: null });
    expect(found.team).toEqual({ id: ids.support });
    const person = { __typename: 'Agent', id: ids.agents.agent };
    const bot = { __typename: 'Bot', id: ids.bot };
    const nothing = { comment: null, summary: null, unattended: false, settlementReason: null };
    const nobody = { toAgent: null, toTeam: null, toBot: null };
    expect(found.handovers.nodes).toMatchObject([
      {
        ...nothing,
        ...nobody,
        kind: 'TO_BOT',
        status: 'ACCEPTED',
        reason: 'OTHER',
        from: person,
        toBot: { id: ids.bot },
        settledBy: bot,
        requestedAt: at(10),
        settledAt: at(10),
        waitSeconds: 0,
      },
      {
        ...nothing,
        ...nobody,
        kind: 'TO_TEAM',
        status: 'CANCELLED',
        reason: 'OTHER',
        from: person,
        toTeam: { id: ids.support },
        settledBy: person,
        requestedAt: at(8),
        settledAt: at(8),
        waitSeconds: 0,
      },
      {
        ...nothing,
        ...nobody,
        kind: 'TO_TEAM',
        status: 'EXPIRED',
        reason: 'OTHER',
        from: person,
        toTeam: { id: ids.support },
        settledBy: { __typename: 'SystemActor', id: 'system' },
        requestedAt: at(6),
        settledAt: at(7),
        waitSeconds: 60,
      },
      {
        ...nothing,
        ...nobody,
        kind: 'TO_AGENT',
        status: 'DECLINED',
        reason: 'OTHER',
        from: person,
        toAgent: { id: ids.agents.colleague },
        settledBy: { __typename: 'Agent', id: ids.agents.colleague },
        requestedAt: at(5),
        settledAt: at(6),
        waitSeconds: 60,
      },
      {
        ...nobody,
        kind: 'TO_TEAM',
        status: 'ACCEPTED',
        reason: 'CUSTOMER_REQUESTED',
        from: bot,
        comment: 'They wrote in capitals',
        summary: 'The parcel is late',
        unattended: false,
        settlementReason: null,
        toTeam: { id: ids.support },
        settledBy: person,
        requestedAt: at(2),
        settledAt: at(4),
        waitSeconds: 120,
      },
    ]);
    const lines = found.transcript.nodes.filter(({ position }: { position: number }) => position > 1);
    expect(lines.map(({ text, action }: { text?: string; action?: string }) => text ?? action)).toEqual([
      'This is handed-1',
      'This is handed-2',
      'handover.imported',
      'handover.imported',
      'handover.imported',
      'handover.imported',
      'This is handed-3',
      'handover.imported',
    ]);
    expect(lines[2]).toMatchObject({
      occurredAt: at(2),
      actor: { __typename: 'SystemActor' },
      handover: { id: found.handovers.nodes[4].id },
      summary: expect.stringMatching(/^A handover of conversation #\d+ to Support was imported: the customer asked$/),
    });

    const { auditEvents } = await admin!.ask(
      `{ auditEvents(first: 20, filter: { actions: ["handover.imported"] }) { nodes { sequence occurredAt actor { kind } metadata } } }`,
    );
    const newest = auditEvents.nodes.filter(({ sequence }: { sequence: number }) => sequence > before);
    expect(newest).toHaveLength(5);
    expect(newest[4]).toMatchObject({
      occurredAt: at(2),
      actor: { kind: 'SYSTEM' },
      metadata: { author: 'BOT', handoverReason: 'CUSTOMER_REQUESTED', kind: 'TO_TEAM', settledAt: at(4) },
    });

    const again = await stage.summary(file);
    expect(again).toMatchObject({ code: 0, handovers: { created: 0, unchanged: 5 }, conversations: { unchanged: 1 } });
    expect((await handovers('handed')).handoverCount).toBe(5);
    expect(await stage.verified()).toMatchObject({ valid: true });
  },
);

it('adds the handovers that a longer line has', { timeout: PATIENCE }, async () => {
  const first = { author: 'bot', toAgent: 'agent@acme.test', at: at(1) };
  const one = await stage.file('longer-1.ndjson', [conversation('longer', { handovers: [first] })]);
  expect(await stage.summary(one)).toMatchObject({ handovers: { created: 1, unchanged: 0 } });
  // It has said nothing in it, and so has no part in it now.
  const bots = await stage.server.app.db.rows(sql`
    select bot_id as "botId" from conversation where external_id = 'longer' and workspace_id = ${stage.world.ids.workspace}`);
  expect(bots).toEqual([{ botId: null }]);
  const two = await stage.file('longer-2.ndjson', [conversation('longer', { handovers: [first, first] })]);
  expect(await stage.summary(two, ['--dry-run'])).toMatchObject({ handovers: { created: 1, unchanged: 1 } });
  expect(await stage.summary(two)).toMatchObject({
    conversations: { extended: 1 },
    handovers: { created: 1, unchanged: 1 },
  });
  expect(await handovers('longer')).toMatchObject({ handoverCount: 2, handovers: { nodes: { length: 2 } } });
});

it(
  'tells supervisors of the team that has the conversation, and not of one that had it once',
  { timeout: PATIENCE },
  async () => {
    const given = { author: 'agent@acme.test', settledBy: 'agent@acme.test', at: at(1) };
    const elsewhere = await stage.file('elsewhere.ndjson', [
      conversation('elsewhere', { handovers: [{ ...given, toTeam: 'Support' }] }),
    ]);
    const here = await stage.file('here.ndjson', [
      conversation('here', { handovers: [{ ...given, toTeam: 'Billing' }] }),
    ]);
    expect(await stage.summary(elsewhere, [], 'E-mail')).toMatchObject({ handovers: { created: 1 } });
    expect(await stage.summary(here)).toMatchObject({ handovers: { created: 1 } });
    const supervisor = await stage.world.as('supervisor');
    const { auditEvents } = await supervisor.ask(
      `{ auditEvents(first: 50, filter: { actions: ["handover.imported"] }) { nodes { summary } } }`,
    );
    const summaries = auditEvents.nodes.map(({ summary }: { summary: string }) => summary);
    const { number: elsewhereNumber } = await stage.read('elsewhere');
    const { number: hereNumber } = await stage.read('here');
    expect(summaries).toContain(`A handover of conversation #${hereNumber} to Billing was imported: other reason`);
    expect(summaries.join('\n')).not.toContain(`#${elsewhereNumber} `);
  },
);

it('refuses a handover that cannot have been, with where and why', { timeout: PATIENCE }, async () => {
  const future = new Date(Date.now() + 3_600_000).toISOString();
  const handover = { author: 'bot', toTeam: 'Support', settledBy: 'agent@acme.test', at: at(1) };
  const wrong = [
    { ...handover, author: 'contact' },
    { ...handover, toAgent: 'agent@acme.test' },
    { ...handover, toTeam: null },
    { ...handover, settledBy: null },
    { ...handover, settledBy: 'contact' },
    { ...handover, status: 'EXPIRED' },
    { ...handover, status: 'REQUESTED' },
    { ...handover, reason: 'BECAUSE' },
    { ...handover, settledAt: at(0) },
    { ...handover, settledAt: future },
    { ...handover, at: future },
    { ...handover, toTeam: 'Nobody' },
    { ...handover, settledBy: 'who@acme.test' },
    { ...handover, toTeam: null, toAgent: 'who@acme.test' },
    { ...handover, expiresAt: at(9) },
  ];
  const file = await stage.file(
    'wrong.ndjson',
    wrong.map((each, index) => conversation(`wrong-${index}`, { handovers: [each as never] })),
  );
  expect(await stage.summary(file)).toMatchObject({ code: 6, rejected: 15, handovers: { created: 0 } });
  const rejected = await stage.rejected(file);
  const reasons = Object.fromEntries(rejected.map(({ line, reasons: why }) => [line, why]));
  const ended = 'must be one of ACCEPTED, DECLINED, CANCELLED, EXPIRED';
  expect(reasons).toEqual({
    1: ['handovers.0.author: must be bot or an agent’s e-mail'],
    2: ['handovers.0: needs exactly one of toAgent, toTeam and toBot'],
    3: ['handovers.0: needs exactly one of toAgent, toTeam and toBot'],
    4: ['handovers.0.settledBy: must be bot or an agent’s e-mail'],
    5: ['handovers.0.settledBy: must be bot or an agent’s e-mail'],
    6: ['handovers.0.settledBy: nobody settles what expires'],
    7: [`handovers.0.status: ${ended}`],
    8: [expect.stringMatching(/^handovers\.0\.reason: must be one of CUSTOMER_REQUESTED, .*OTHER$/)],
    9: ['handovers.0.settledAt: is before it was requested'],
    10: ['handovers.0.settledAt: is in the future'],
    11: ['handovers.0.at: is in the future'],
    12: ['handovers.0.toTeam: there is no team Nobody'],
    13: ['handovers.0.settledBy: no agent has the e-mail who@acme.test'],
    14: ['handovers.0.toAgent: no agent has the e-mail who@acme.test'],
    15: ['handovers.0: has what is not known here: expiresAt'],
  });
  const { conversations } = await (
    await stage.world.as('admin')
  ).ask('{ conversations(first: 50) { nodes { externalId } } }');
  expect(
    conversations.nodes.filter(({ externalId }: { externalId: string }) => externalId.startsWith('wrong')),
  ).toEqual([]);
});
