import { parse } from 'csv-parse/sync';
import { expect, it, test } from 'vitest';
import { actions, type ActionName } from '../../../src/services/record/actions.js';
import { classOf } from '../../../src/services/record/formats/classes.js';
import { leafHashInHex } from '../../../src/services/record/formats/exported-event.js';
import { formats } from '../../../src/services/record/formats/formats.js';
import { agent, agentId, eventId, exported, log, prunedRow, rowOf, workspaceId } from './sample-rows.js';

const conversationId = '018f0000-0000-7000-8000-000000000009';
const contactId = '018f0000-0000-7000-8000-00000000000a';
const contact = { type: 'contact', id: contactId, label: 'Ines' };
const renamed = {
  action: 'contact.updated' as const,
  target: contact,
  contactId,
  changes: [{ field: 'email', before: 'old@secret.example', after: 'new@secret.example' }],
};
const names = Object.keys(formats) as (keyof typeof formats)[];

test('JSONL is the event as the API gives it, with its leaf', () => {
  const event = exported(rowOf(renamed));
  expect(JSON.parse(formats.JSONL.line(event))).toEqual({
    origin: `${log.logOrigin}/e1`,
    sequence: 41,
    id: eventId,
    state: 'PRESENT',
    action: 'contact.updated',
    category: 'CONTACT',
    severity: 'INFO',
    outcome: 'SUCCESS',
    summary: 'The profile of Ines changed',
    actor: { kind: 'AGENT', id: agentId, label: 'Asha' },
    onBehalfOf: null,
    target: contact,
    conversationId: null,
    teamId: null,
    changes: [{ field: 'email', before: 'old@secret.example', after: 'new@secret.example', redacted: false }],
    reason: null,
    metadata: null,
    occurredAt: '2026-01-02T03:04:05.100Z',
    recordedAt: '2026-01-02T03:04:05.123456Z',
    ipAddress: '203.0.113.7',
    userAgent: 'Browser/1.0',
    requestId: 'req-1',
    causationId: null,
    sessionId: '018f0000-0000-7000-8000-000000000004',
    leafHash: event.leafHash,
    leafData: event.leafData,
  });
  expect(JSON.parse(event.leafData)).toMatchObject({ seq: 41, t: '2026-01-02T03:04:05.123456Z', ws: workspaceId });
});

test('OCSF has the class of what happened and every field of the map', () => {
  const event = exported(rowOf(renamed));
  expect(formats.OCSF.object!(event)).toEqual({
    class_uid: 6001,
    category_uid: 6,
    activity_id: 3,
    activity_name: 'contact.updated',
    type_uid: 600_103,
    time: Date.parse('2026-01-02T03:04:05.100Z'),
    severity_id: 1,
    status_id: 1,
    status: 'SUCCESS',
    message: 'The profile of Ines changed',
    metadata: {
      version: '1.8.0',
      product: { name: 'Verbatim', vendor_name: 'Verbatim' },
      log_name: `${log.logOrigin}/e1`,
      tenant_uid: workspaceId,
      original_event_uid: eventId,
      event_code: 'contact.updated',
      sequence: 41,
      logged_time: Date.parse('2026-01-02T03:04:05.123Z'),
      correlation_uid: 'req-1',
    },
    actor: {
      user: { uid: agentId, name: 'Asha', type: 'AGENT' },
      session: { uid: '018f0000-0000-7000-8000-000000000004' },
    },
    src_endpoint: { ip: '203.0.113.7' },
    http_request: { user_agent: 'Browser/1.0' },
    raw_data_hash: { algorithm: 'SHA-256', algorithm_id: 3, value: leafHashInHex(event) },
    web_resources: [{ uid: contactId, name: 'Ines', type: 'contact' }],
    unmapped: {
      state: 'PRESENT',
      category: 'CONTACT',
      target: contact,
      changes: [{ field: 'email', before: 'old@secret.example', after: 'new@secret.example', redacted: false }],
      leaf_data: event.leafData,
    },
  });
});

test('ECS has every field of the map', () => {
  const denied = exported(
    rowOf({
      action: 'auth.access_denied',
      outcome: 'DENIED',
      target: { type: 'agent', id: conversationId, label: 'Bo' },
      metadata: { attempted: 'x', suppressed: 0 },
    }),
  );
  expect(formats.ECS.object!(denied)).toEqual({
    '@timestamp': '2026-01-02T03:04:05.100Z',
    message: 'Asha was refused x on Bo',
    ecs: { version: '8.17.0' },
    event: {
      kind: 'event',
      category: ['authentication'],
      type: ['info', 'denied'],
      module: 'verbatim',
      dataset: 'verbatim.audit',
      provider: `${log.logOrigin}/e1`,
      id: eventId,
      sequence: 41,
      action: 'auth.access_denied',
      severity: 2,
      outcome: 'failure',
      created: '2026-01-02T03:04:05.123456Z',
      hash: leafHashInHex(denied),
    },
    log: { level: 'notice' },
    organization: { id: workspaceId },
    user: { id: agentId, name: 'Asha', target: { id: conversationId, name: 'Bo' } },
    source: { ip: '203.0.113.7' },
    user_agent: { original: 'Browser/1.0' },
    http: { request: { id: 'req-1' } },
    related: { user: [agentId, conversationId], ip: ['203.0.113.7'] },
    verbatim: {
      state: 'PRESENT',
      category: 'AUTH',
      outcome: 'DENIED',
      actor: { kind: 'AGENT' },
      target: { type: 'agent', id: conversationId, label: 'Bo' },
      session: { id: '018f0000-0000-7000-8000-000000000004' },
      metadata: '{"attempted":"x","suppressed":0}',
      leaf_data: denied.leafData,
    },
  });
});

/** Names that try to be something else in every format. */
const hostile = 'a|b=c\\d]e"f\ng\rh\u2028i;CEF:0|x';

test('CEF escapes its delimiters and never ends its line', () => {
  const event = exported(rowOf({ ...renamed, target: { ...contact, label: hostile } }));
  const line = formats.CEF.line(event);
  const inHeader = 'The profile of a\\|b=c\\\\d]e"f g h i;CEF:0\\|x changed';
  const inMessage = 'The profile of a|b\\=c\\\\d]e"f\\ng\\rh i;CEF:0|x changed';
  const changes = '[{"field":"email","before":"old@secret.example","after":"new@secret.example","redacted":false}]';
  expect(line).toBe(
    `CEF:0|Verbatim|Verbatim|1|contact.updated|${inHeader}|1|rt=1767323045123 start=1767323045100 ` +
      `externalId=${eventId} cat=CONTACT outcome=SUCCESS suid=${agentId} suser=Asha src=203.0.113.7 ` +
      `requestClientApplication=Browser/1.0 msg=${inMessage} deviceExternalId=${workspaceId} ` +
      `fileHash=${leafHashInHex(event)} cn1=41 cn1Label=sequence cs1=${log.logOrigin}/e1 cs1Label=origin ` +
      `cs3=contact cs3Label=targetType cs4=${contactId} cs4Label=targetId cs5=${changes} cs5Label=changes ` +
      `cs6=PRESENT cs6Label=state flexString1=req-1 flexString1Label=requestId\n`,
  );
});

test('CEF keeps addresses of IPv6 where it has room for them', () => {
  const line = formats.CEF.line(exported(rowOf(renamed, agent(), { ipAddress: '2001:db8::1' })));
  expect(line).toContain(' c6a2=2001:db8::1 c6a2Label=sourceAddress ');
  expect(line).not.toContain(' src=');
});

test('syslog escapes its delimiters and never ends its line', () => {
  const event = exported(rowOf({ ...renamed, target: { ...contact, label: hostile } }));
  const changes =
    '[{\\"field\\":\\"email\\",\\"before\\":\\"old@secret.example\\",\\"after\\":\\"new@secret.example\\",\\"redacted\\":false}\\]';
  expect(formats.SYSLOG.line(event)).toBe(
    `<110>1 2026-01-02T03:04:05.123456Z inbox.example.com verbatim - contact.updated ` +
      `[verbatim@32473 origin="${log.logOrigin}/e1" sequence="41" id="${eventId}" state="PRESENT" ` +
      `action="contact.updated" category="CONTACT" severity="INFO" outcome="SUCCESS" actorKind="AGENT" ` +
      `actorId="${agentId}" actor="Asha" targetType="contact" targetId="${contactId}" ` +
      `target="a|b=c\\\\d\\]e\\"f g h i;CEF:0|x" changes="${changes}" occurredAt="2026-01-02T03:04:05.100Z" ` +
      `ipAddress="203.0.113.7" userAgent="Browser/1.0" requestId="req-1" leafHash="${leafHashInHex(event)}"] ` +
      `The profile of a|b=c\\d]e"f g h i;CEF:0|x changed\n`,
  );
});

test.each([
  ['INFO', 1, 1, 1, 110],
  ['NOTICE', 2, 2, 3, 109],
  ['WARNING', 4, 4, 7, 108],
  ['CRITICAL', 5, 5, 10, 106],
] as const)('%s is severity %s of OCSF, %s of ECS, %s of CEF, and <%s> of syslog', (severity, ocsf, ecs, cef, pri) => {
  const event = exported(rowOf({ ...renamed, severity }));
  expect(formats.OCSF.object!(event)).toMatchObject({ severity_id: ocsf });
  expect(formats.ECS.object!(event)).toMatchObject({ event: { severity: ecs } });
  expect(formats.CEF.line(event).split('|')[6]).toBe(String(cef));
  expect(formats.SYSLOG.line(event).startsWith(`<${pri}>1 `)).toBe(true);
});

test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1'])('a CSV cell is no formula: %j', (label) => {
  const event = exported(rowOf({ ...renamed, target: { ...contact, label } }));
  const [row] = parse(formats.CSV.header() + formats.CSV.line(event), { columns: true }) as Record<string, string>[];
  expect(row).toMatchObject({ targetLabel: `'${label}`, sequence: '41', actorLabel: 'Asha' });
});

test('CSV is RFC 4180: quotes doubled, lines ended by CRLF, one header', () => {
  const event = exported(rowOf({ ...renamed, target: { ...contact, label: 'a,"b"\r\nc' } }));
  const text = formats.CSV.header() + formats.CSV.line(event);
  expect(text).toContain(',"a,""b""\r\nc",');
  expect(text.endsWith('\r\n')).toBe(true);
  const [row, ...more] = parse(text, { columns: true }) as Record<string, string>[];
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    targetLabel: 'a,"b"\r\nc',
    leafHash: event.leafHash,
    changes: expect.stringContaining('old@'),
  });
});

it.each(names)('%s writes each action of the catalogue on a line of its own', (name) => {
  const { header, line } = formats[name];
  const written = (Object.keys(actions) as ActionName[]).map((action) => ({
    action,
    text: line(exported(rowOf({ action, target: { type: 'agent', id: agentId, label: hostile } }))),
  }));
  expect(written.filter(({ action, text }) => !text.includes(action) || !text.endsWith('\n'))).toEqual([]);
  const lines = (text: string): number =>
    name === 'CSV' ? parse(header() + text, { columns: true }).length : text.trimEnd().split(/[\r\n\u2028]/).length;
  expect(written.filter(({ text }) => lines(text) !== 1)).toEqual([]);
});

const pruned = exported(prunedRow());
const leftOf = {
  origin: pruned.origin,
  sequence: 41,
  state: 'PRUNED',
  recordedAt: '2026-01-02T03:04:05.123456Z',
  leafHash: pruned.leafHash,
  leafData: pruned.leafData,
};
const [head] = formats.CSV.header().split('\r\n');
const cells = { ...leftOf, leafData: `"${pruned.leafData.replaceAll('"', '""')}"` } as Record<string, string | number>;
it.each<[keyof typeof formats, unknown]>([
  ['JSONL', `${JSON.stringify(leftOf)}\n`],
  [
    'CSV',
    `${head!
      .split(',')
      .map((name) => cells[name] ?? '')
      .join(',')}\r\n`,
  ],
  ['OCSF', expect.stringMatching(/^\{"class_uid":0,.*"type_uid":99,.*"sequence":41,.*"unmapped":\{"state":"PRUNED",/)],
  ['ECS', expect.stringMatching(/"sequence":41,"outcome":"unknown",.*"verbatim":\{"state":"PRUNED",/)],
  [
    'CEF',
    expect.stringMatching(/^CEF:0\|Verbatim\|Verbatim\|1\|record\.pruned\|Event 41 \(pruned\)\|1\|rt=1767323045123 /),
  ],
  [
    'SYSLOG',
    `<110>1 2026-01-02T03:04:05.123456Z inbox.example.com verbatim - - [verbatim@32473 origin="${pruned.origin}" ` +
      `sequence="41" state="PRUNED" leafHash="${leafHashInHex(pruned)}"] Event 41 (pruned)\n`,
  ],
])('%s writes what is left of an event whose content is gone', (name, expected) => {
  expect(formats[name].line(pruned)).toEqual(expected);
});

it.each(names)('%s shows nothing of what its reader may not see', (name) => {
  const written = formats[name].line(exported(rowOf(renamed), false));
  for (const secret of ['203.0.113.7', 'Browser/1.0', 'secret.example']) expect(written).not.toContain(secret);
  expect(written).toContain('Asha');
});

test('every action has a class, and an activity that the class has', () => {
  const sorted = Object.entries(actions).map(([action, { category }]) => classOf(action as ActionName, category));
  expect(sorted.filter(({ uid }) => uid === 0)).toEqual([]);
  expect([classOf('webhook.created', 'INTEGRATION'), classOf('custom.acme.done', 'CUSTOM')]).toMatchObject([
    { uid: 3004, activity: 1 },
    { uid: 6001, activity: 3 },
  ]);
});

test.each([
  ['auth.signed_in', 3002, 1],
  ['auth.signed_out', 3002, 2],
  ['auth.sign_in_failed', 3002, 1],
  ['auth.access_denied', 3002, 99],
  ['agent.joined', 3001, 1],
  ['agent.presence_changed', 6001, 3],
  ['team.created', 3006, 6],
  ['team.member_added', 3006, 3],
  ['inbox.member_added', 3006, 3],
  ['inbox.created', 3004, 1],
  ['api_key.created', 3004, 1],
  ['transcript.viewed', 6001, 2],
  ['contact.profile_viewed', 6001, 2],
  ['audit.viewed', 1008, 99],
  ['message.deleted', 6001, 4],
] as const)('%s is activity %3$s of class %2$s', (action, uid, activity) => {
  expect(classOf(action, actions[action].category)).toMatchObject({ uid, activity });
});
