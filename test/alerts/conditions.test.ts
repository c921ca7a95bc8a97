import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shippedRules } from '../../src/services/alerts/shipped-rules.js';
import { idOf, raisedBy, ruleOf, type Made } from './made-events.js';

const HOUR = 3_600;
const DAY = 86_400;
const by = (id: number): Pick<Made, 'actor'> => ({ actor: { kind: 'AGENT', id: idOf(id) } });
const failed = (at: number, agent = 1): Made => ({
  action: 'auth.sign_in_failed',
  category: 'AUTH',
  actor: { kind: 'ANONYMOUS' },
  target: { type: 'agent', id: idOf(agent) },
  metadata: { cause: 'password' },
  at,
});
const signedIn = (at: number, agent = 1): Made => ({
  action: 'auth.signed_in',
  category: 'AUTH',
  ...by(agent),
  target: { type: 'session', id: idOf(50) },
  at,
});
const viewed = (at: number, conversation = 1, agent = 1): Made => ({
  action: 'transcript.viewed',
  category: 'ACCESS',
  ...by(agent),
  target: { type: 'conversation', id: idOf(conversation) },
  conversation: idOf(conversation),
  at,
});
const exported = (at: number, agent = 1): Made => ({
  action: 'export.requested',
  category: 'ACCESS',
  ...by(agent),
  target: { type: 'export', id: idOf(70) },
  at,
});

describe('a rule', () => {
  const three = ruleOf(null, { filter: { actions: ['transcript.viewed'] }, threshold: 3, windowSeconds: 60 });

  it('raises when so many come within its window, and not before', () => {
    expect(raisedBy(three, [viewed(0), viewed(1)])).toEqual([]);
    expect(raisedBy(three, [viewed(0), viewed(30), viewed(59.999)])).toEqual([[0, 1, 2]]);
    expect(raisedBy(three, [viewed(0), viewed(30), viewed(60)])).toEqual([]);
    expect(raisedBy(three, [viewed(0), viewed(30), viewed(60), viewed(61)])).toEqual([[1, 2, 3]]);
  });

  it('begins anew after it has raised, and counts on the alert while it is quiet', () => {
    const six = [0, 1, 2, 3, 4, 5].map((at) => viewed(at));
    expect(raisedBy(three, six)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(raisedBy({ ...three, quietSeconds: 3 }, six)).toEqual([[0, 1, 2, 3, 4]]);
    expect(raisedBy({ ...three, quietSeconds: 1 }, [...six, viewed(6)])).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('counts each group by itself', () => {
    const events = [viewed(0, 1, 1), viewed(1, 1, 2), viewed(2, 2, 1), viewed(3, 3, 1), viewed(4, 1, 3)];
    expect(raisedBy({ ...three, groupBy: 'ACTOR' }, events)).toEqual([[0, 2, 3]]);
    expect(raisedBy({ ...three, groupBy: 'CONVERSATION' }, events)).toEqual([[0, 1, 4]]);
    expect(raisedBy({ ...three, groupBy: 'TARGET' }, events)).toEqual([[0, 1, 4]]);
  });

  it('counts nothing while it is muted', () => {
    const mute = { ruleId: three.id, groupKey: '*', mutedAt: new Date(0), until: new Date('2026-03-02T12:00:02Z') };
    const events = [0, 1, 2, 3, 4].map((at) => viewed(at));
    expect(raisedBy(three, events, { mutes: [mute] })).toEqual([[2, 3, 4]]);
    expect(raisedBy(three, events, { mutes: [{ ...mute, groupKey: 'another' }] })).toEqual([[0, 1, 2]]);
  });

  it('is not moved by what alerts themselves record', () => {
    const everything = ruleOf(null, { filter: {} });
    const own: Made = { action: 'alert.raised', category: 'ALERT', actor: { kind: 'SYSTEM' }, severity: 'CRITICAL' };
    expect(raisedBy(everything, [viewed(0), own, own])).toEqual([[0]]);
    // What people do to rules is worth an alert.
    expect(raisedBy(everything, [{ action: 'alert_rule.updated', category: 'ALERT' }])).toEqual([[0]]);
  });

  it('raises the same however the record is cut into pages', () => {
    const moment = fc.record({
      kind: fc.constantFrom(failed, signedIn, viewed, exported),
      agent: fc.integer({ min: 1, max: 3 }),
      pause: fc.integer({ min: 0, max: 400 }),
    });
    const rules = shippedRules.filter(({ condition }) => condition !== 'SILENT').map(({ key }) => ruleOf(key));
    const quick = ruleOf(null, { threshold: 2, windowSeconds: 300, quietSeconds: 500, groupBy: 'ACTOR' });
    fc.assert(
      fc.property(
        fc.array(moment, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 60, maxLength: 60 }),
        fc.constantFrom(quick, ...rules),
        (moments, pages, rule) => {
          let at = 0;
          const events = moments.map(({ kind, agent, pause }) =>
            kind === viewed ? viewed((at += pause), 1, agent) : kind((at += pause), agent),
          );
          expect(raisedBy(rule, events, { pages })).toEqual(raisedBy(rule, events));
        },
      ),
    );
  });
});

describe('the rules that every workspace has', () => {
  it('have keys of their own, and parameters that their conditions take', () => {
    expect(new Set(shippedRules.map(({ key }) => key)).size).toBe(shippedRules.length);
    expect(shippedRules.map(({ key }) => ruleOf(key).threshold > 0)).not.toContain(false);
  });

  it('notice repeated failed sign-ins', () => {
    const rule = ruleOf('failed_sign_ins');
    expect(
      raisedBy(
        rule,
        [0, 1, 2, 3].map((at) => failed(at)),
      ),
    ).toEqual([]);
    expect(raisedBy(rule, [failed(0), failed(1), failed(2, 2), failed(3), failed(4), failed(899)])).toEqual([
      [0, 1, 3, 4, 5],
    ]);
  });

  it('notice a sign-in after failed ones, naming those', () => {
    const rule = ruleOf('sign_in_after_failures');
    expect(raisedBy(rule, [failed(0), failed(1), signedIn(2)])).toEqual([]);
    expect(raisedBy(rule, [failed(0), failed(1), failed(2), signedIn(901)])).toEqual([]);
    expect(raisedBy(rule, [failed(0), failed(1), failed(2), signedIn(3, 2), signedIn(4)])).toEqual([[0, 1, 2, 4]]);
    expect(raisedBy(rule, [failed(0), failed(1), failed(2), signedIn(3), signedIn(4)])).toEqual([[0, 1, 2, 3]]);
  });

  it('notice many more exports than usual', () => {
    const rule = ruleOf('unusual_exports');
    const six = (day: number) => [0, 1, 2, 3, 4, 5].map((at) => exported(day * DAY + at));
    expect(raisedBy(rule, six(0))).toEqual([[0, 1, 2, 3, 4, 5]]);
    // Two a day for two weeks: seven are more than three times as many, six are not.
    const usual = Array.from({ length: 28 }, (_, index) => exported(Math.floor(index / 2) * DAY + index));
    expect(raisedBy(rule, [...usual, ...six(14)])).toEqual([]);
    expect(raisedBy(rule, [...usual, ...six(14), exported(14 * DAY + 9)])).toEqual([[28, 29, 30, 31, 32, 33, 34]]);
  });

  it('notice the first export after a grant, and only that', () => {
    const rule = ruleOf('first_export_after_grant');
    const granted: Made = { action: 'agent.role_changed', ...by(9), target: { type: 'agent', id: idOf(1) }, at: 0 };
    expect(raisedBy(rule, [exported(1)])).toEqual([]);
    expect(raisedBy(rule, [granted, exported(1, 2), exported(2), exported(3)])).toEqual([[0, 2]]);
    expect(raisedBy(rule, [granted, exported(7 * DAY + 1)])).toEqual([]);
  });

  it('notice grants, and those to oneself', () => {
    const grant = (actor: number, agent: number): Made => ({
      action: 'agent.role_changed',
      ...by(actor),
      target: { type: 'agent', id: idOf(agent) },
    });
    const member: Made = {
      action: 'team.member_added',
      ...by(1),
      target: { type: 'team', id: idOf(5) },
      related: [{ type: 'agent', id: idOf(1) }],
    };
    expect(raisedBy(ruleOf('grants'), [grant(1, 2), grant(1, 1), member])).toEqual([[0], [1]]);
    expect(raisedBy(ruleOf('self_grant'), [grant(1, 2), grant(1, 1), member])).toEqual([[1], [2]]);
  });

  it('notice access outside working hours, in the time zone of the workspace or the rule', () => {
    const rule = ruleOf('off_hours_access', { quietSeconds: 0 });
    const noon = viewed(0);
    const evening = viewed(8 * HOUR);
    const saturday = viewed(5 * DAY);
    expect(raisedBy(rule, [noon, evening, saturday])).toEqual([[1], [2]]);
    // Twenty in the evening is midday in Los Angeles, and noon is four in the morning.
    expect(raisedBy(rule, [noon, evening], { timeZone: 'America/Los_Angeles' })).toEqual([[0]]);
    const zoned = ruleOf('off_hours_access', { quietSeconds: 0, parameters: { timeZone: 'America/Los_Angeles' } });
    expect(raisedBy(zoned, [noon, evening])).toEqual([[0]]);
    const night = ruleOf('off_hours_access', {
      quietSeconds: 0,
      parameters: { from: '22:00', to: '06:00', days: [1, 2, 3, 4, 5] },
    });
    // Saturday at three is still Friday's shift; Monday at three nobody's.
    const at = (day: number, hour: number) => viewed(day * DAY + (hour - 12) * HOUR);
    expect(raisedBy(night, [at(0, 3), at(0, 12), at(0, 23), at(5, 3), at(5, 23)])).toEqual([[0], [1], [4]]);
  });

  it('notice mass reading', () => {
    const views = (count: number) => Array.from({ length: count }, (_, index) => viewed(index * 30, index));
    expect(raisedBy(ruleOf('mass_views'), views(99))).toEqual([]);
    expect(raisedBy(ruleOf('mass_views'), views(100))).toEqual([Array.from({ length: 64 }, (_, index) => index)]);
  });

  it('notice retention weakened, but not strengthened', () => {
    const changed = (before: number | null, after: number | null): Made => ({
      action: 'retention.policy_changed',
      category: 'PRIVACY',
      changes: [{ field: 'keepDays', before, after }],
    });
    const events = [changed(365, 30), changed(30, 365), changed(null, 30), changed(30, null), changed(30, 30)];
    expect(raisedBy(ruleOf('retention_weakened'), events)).toEqual([[0], [2]]);
  });

  it('notice a burst of deletions', () => {
    const deleted = (count: number) =>
      Array.from({ length: count }, (_, at): Made => ({
        action: at % 2 ? 'message.deleted' : 'erasure.requested',
        at,
      }));
    expect(raisedBy(ruleOf('deletion_burst'), deleted(9))).toEqual([]);
    expect(raisedBy(ruleOf('deletion_burst'), deleted(10))).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  it('notice a sink that fails, once an hour each', () => {
    const fails = (at: number, sink: number): Made => ({
      action: 'audit.sink_failed',
      category: 'AUDIT',
      actor: { kind: 'SYSTEM' },
      target: { type: 'audit_sink', id: idOf(sink) },
      at,
    });
    expect(raisedBy(ruleOf('sink_failing'), [fails(0, 1), fails(1, 2), fails(2, 1), fails(HOUR, 1)])).toEqual([
      [0, 2],
      [1],
      [3],
    ]);
  });

  it('notice that an account is used that is switched off', () => {
    const inactive: Made = { ...failed(0), metadata: { cause: 'inactive' } };
    expect(raisedBy(ruleOf('disabled_account_used'), [failed(0), inactive])).toEqual([[1]]);
  });

  it('notice a burst of refused access', () => {
    const denied = (at: number): Made => ({ action: 'auth.access_denied', category: 'AUTH', outcome: 'DENIED', at });
    expect(raisedBy(ruleOf('denial_burst'), [0, 100, 200, 299, 300].map(denied))).toEqual([]);
    expect(raisedBy(ruleOf('denial_burst'), [0, 100, 200, 298, 299].map(denied))).toEqual([[0, 1, 2, 3, 4]]);
  });

  it('notice readings without a connection, where that is known', () => {
    const rule = ruleOf('views_without_connection', { threshold: 1, quietSeconds: 0 });
    const connected = new Map([
      [0, true],
      [1, false],
    ]);
    expect(raisedBy(rule, [viewed(0), viewed(1), viewed(2)], { connected })).toEqual([[1]]);
  });
});

describe('what leaves and what stops leaving', () => {
  const sink = (action: string, more: Partial<Made> = {}): Made => ({
    action,
    category: 'AUDIT',
    severity: 'NOTICE',
    ...by(1),
    target: { type: 'audit_sink', id: idOf(80) },
    ...more,
  });
  const granted: Made = {
    action: 'agent.role_changed',
    category: 'PEOPLE',
    ...by(2),
    target: { type: 'agent', id: idOf(1) },
    at: 0,
  };

  it.each(['audit.sink_created', 'audit.sink_updated', 'export.downloaded'])('is an export: %s', (action) => {
    expect(raisedBy(ruleOf('first_export_after_grant'), [granted, sink(action, { at: 60 })])).toEqual([[0, 1]]);
    const five = Array.from({ length: 5 }, (_, at) => sink(action, { at: 15 * DAY + at }));
    expect(raisedBy(ruleOf('unusual_exports'), [granted, ...five])).not.toEqual([]);
  });

  it('is told of a sink that is deleted or switched off, and not of one that is changed', () => {
    const rule = ruleOf('sink_stopped');
    expect(raisedBy(rule, [sink('audit.sink_deleted', { severity: 'CRITICAL' })])).toEqual([[0]]);
    expect(raisedBy(rule, [sink('audit.sink_updated', { severity: 'CRITICAL' })])).toEqual([[0]]);
    expect(raisedBy(rule, [sink('audit.sink_updated')])).toEqual([]);
  });

  it('holds nobody’s erasures against the product that carries them out', () => {
    const rule = ruleOf('deletion_burst');
    const erased = (action: string, actor: Made['actor']): Made[] =>
      Array.from({ length: 10 }, (_, at) => ({
        action,
        category: 'PRIVACY' as const,
        ...(actor ? { actor } : {}),
        target: { type: 'contact', id: idOf(90 + at) },
        at,
      }));
    expect(raisedBy(rule, erased('contact.erased', { kind: 'SYSTEM' }))).toEqual([]);
    expect(raisedBy(rule, erased('erasure.requested', by(1).actor))).toHaveLength(1);
  });
});
