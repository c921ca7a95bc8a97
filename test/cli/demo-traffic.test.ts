import { afterAll, beforeAll, expect, it } from 'vitest';
import { DemoTraffic } from '../../src/cli/demo-traffic.js';
import { Chance } from '../../src/services/demo/chance.js';
import {
  createDemoWorkspace,
  DEMO_PASSWORD,
  demoPeople,
  type DemoWorkspace,
} from '../../src/services/demo/demo-workspace.js';
import { importPast } from '../../src/services/demo/past.js';
import { sql } from '../../src/services/sql.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let demo: DemoWorkspace;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  demo = await createDemoWorkspace(server.app);
  expect(await importPast(server.app, demo)).toBe(300);
  admin = await ApiClient.signIn(server.url, demoPeople[0]!.email, DEMO_PASSWORD);
}, 120_000);
afterAll(() => server.stop());

const LIST = `query($filter: ConversationFilter, $after: String) { conversations(filter: $filter, first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes { status createdAt lastActivityAt inbox { name } labels { name } contact { displayName } assignee { id }
    lastMessage { text attachments { kind } } openHandover { toTeam { name } summary } handoverCount } } }`;
interface Listed {
  status: string;
  createdAt: string;
  inbox: { name: string };
  labels: { name: string }[];
  contact: { displayName: string };
  assignee: { id: string } | null;
  lastMessage: { text: string };
  openHandover: { summary: string } | null;
  handoverCount: number;
}
interface Page {
  conversations: { nodes: Listed[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
}
async function listed(filter: object = {}): Promise<Listed[]> {
  const nodes: Listed[] = [];
  for (let after: string | null = null; ;) {
    const { conversations }: Page = await admin.ask(LIST, { filter, after });
    nodes.push(...conversations.nodes);
    if (!conversations.pageInfo.hasNextPage) return nodes;
    after = conversations.pageInfo.endCursor;
  }
}

it('begins with 300 conversations of thirty days, in three inboxes, several scripts and with labels', async () => {
  const past = await listed({ createdTo: new Date(Date.now() - 60_000).toISOString() });
  expect(past).toHaveLength(300);
  const byInbox = Object.groupBy(past, ({ inbox }) => inbox.name);
  expect(Object.fromEntries(Object.entries(byInbox).map(([name, of]) => [name, of!.length]))).toEqual({
    'Web chat': 150,
    'E-mail': 80,
    Telegram: 70,
  });
  const ages = past.map(({ createdAt }) => (Date.now() - Date.parse(createdAt)) / 86_400_000);
  expect(Math.max(...ages)).toBeGreaterThan(25);
  expect(Math.max(...ages)).toBeLessThan(32);
  expect(new Set(past.flatMap(({ labels }) => labels.map(({ name }) => name)))).toEqual(
    new Set(['delivery', 'refund', 'invoice', 'question', 'vip']),
  );
  const written = past.map(({ lastMessage, contact }) => `${contact.displayName} ${lastMessage.text}`).join('\n');
  for (const script of ['Latin', 'Cyrillic', 'Arabic', 'Devanagari', 'Han', 'Hiragana'])
    expect(new RegExp(`\\p{Script=${script}}`, 'u').test(written)).toBe(true);
  expect(new Set(past.map(({ status }) => status))).toEqual(new Set(['RESOLVED', 'PENDING']));
  const { agents } = await admin.ask('{ agents(first: 100) { nodes { id } } }');
  expect(agents.nodes).toHaveLength(12);
});

it('has pictures, voice messages and papers in the past, of whoever sends such', async () => {
  const sent = await server.app.db.rows<{
    name: string;
    kind: string;
    type: string;
    direction: string;
    files: number;
  }>(sql`
    select a.file_name as name, a.kind, a.content_type as type, m.direction, count(*)::int as files
    from attachment a join message m on m.workspace_id = a.workspace_id and m.id = a.message_id
    where a.workspace_id = ${demo.ids.workspace} and a.uploaded_by_kind = 'SYSTEM'
    group by 1, 2, 3, 4 order by 1`);
  expect(sent).toEqual([
    { name: 'document.pdf', kind: 'FILE', type: 'application/pdf', direction: 'OUTBOUND', files: 8 },
    { name: 'photo.png', kind: 'IMAGE', type: 'image/png', direction: 'INBOUND', files: 10 },
    { name: 'voice message.wav', kind: 'AUDIO', type: 'audio/wav', direction: 'INBOUND', files: 8 },
  ]);
});

it('has handovers in the past, from bots by way of the teams and between colleagues, all of them settled', async () => {
  const made = await server.app.db.rows<{ kind: string; fromKind: string; team: string | null; handovers: number }>(sql`
    select h.kind, h.from_kind as "fromKind", t.name as team, count(*)::int as handovers
    from handover h left join team t on t.workspace_id = h.workspace_id and t.id = h.to_team_id
    where h.workspace_id = ${demo.ids.workspace} and h.status = 'ACCEPTED' and h.settled_at < now() - interval '1 minute'
    group by 1, 2, 3 order by 1, 2, 3`);
  expect(made).toEqual([
    { kind: 'TO_AGENT', fromKind: 'AGENT', team: null, handovers: 32 },
    { kind: 'TO_TEAM', fromKind: 'BOT', team: 'Deliveries', handovers: 60 },
    { kind: 'TO_TEAM', fromKind: 'BOT', team: 'Support', handovers: 131 },
  ]);
});

it('leaves work under way: what waits for a team, and what somebody answers, a picture with it', async () => {
  const before = (await listed()).length;
  const from = new Date().toISOString();
  const traffic = new DemoTraffic(`${server.url}/graphql`, demo, new Chance(1));
  await traffic.begin();
  const present = await listed({ createdFrom: from });
  expect(present).toHaveLength(8);
  expect((await listed()).length).toBe(before + 8);
  const offered = present.filter(({ openHandover }) => openHandover);
  expect(offered.length).toBeGreaterThan(0);
  for (const { openHandover } of offered) expect(openHandover!.summary).not.toContain('{');
  expect(present.filter(({ assignee, status }) => assignee && status === 'IN_PROGRESS')).toHaveLength(3);
  const { auditEvents } = await admin.ask(
    'query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { action } } }',
    { filter: { actions: ['attachment.uploaded'], from } },
  );
  expect(auditEvents.nodes).toHaveLength(3);
});

it('plays conversations to their end, by bots, agents and customers of its own', async () => {
  const traffic = new DemoTraffic(`${server.url}/graphql`, demo, new Chance(2));
  const from = new Date().toISOString();
  for (let played = 0; played < 10; played++) await traffic.play('OVER');
  const over = await listed({ createdFrom: from });
  expect(over).toHaveLength(10);
  expect(over.every(({ status }) => status === 'RESOLVED' || status === 'PENDING')).toBe(true);
  expect(over.some(({ handoverCount }) => handoverCount === 1)).toBe(true);
  expect(over.every(({ labels }) => labels.length === 1)).toBe(true);
  expect(await verifyWorkspace(server.app.db, demo.ids.workspace)).toMatchObject({ valid: true });
});

it('leaves what somebody has taken to them', async () => {
  const traffic = new DemoTraffic(`${server.url}/graphql`, demo, new Chance(3));
  const from = new Date().toISOString();
  const bo = demo.ids.agents.bo;
  // Bo is given whatever is new after its first line.
  const pause = async () => {
    const unassigned = { unassigned: true, createdFrom: from };
    const { conversations } = await admin.ask(
      'query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }',
      { filter: unassigned },
    );
    for (const { id } of conversations.nodes)
      await admin.ask(
        'mutation($in: AssignConversationInput!) { assignConversation(input: $in) { conversation { id } } }',
        {
          in: { conversationId: id, assigneeId: bo },
        },
      );
  };
  for (let played = 0; played < 6; played++) await traffic.play('OVER', { pause });
  const taken = (await listed({ createdFrom: from })).filter(({ inbox }) => inbox.name !== 'E-mail');
  expect(taken.length).toBeGreaterThan(0);
  for (const { assignee, status } of taken) {
    expect(assignee?.id).toBe(bo);
    expect(status).not.toBe('RESOLVED');
  }
});
