import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Alert, AlertMute, AlertRule } from '../entities/alert.js';
import type {
  AlertCondition as ConditionValue,
  AlertGroupBy as GroupByValue,
  AlertStatus as StatusValue,
  Severity as SeverityValue,
} from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { AlertCondition, AlertGroupBy, AlertStatus, ChangeType, Severity } from './enums.js';
import { DateTime, Json, SafeInt } from './scalars.js';

const GROUP =
  'The id of who or what the events have in common. Null for NONE and for addresses, which `address` shows.';
const ADDRESS =
  'The address that the events have in common, for ADDRESS; null where you may not see it, and when it has been erased.';

@ObjectType('AlertMute', { simpleResolvers: true, description: 'Nothing is raised for a while.' })
export class AlertMuteType implements Pick<RowOf<AlertMute>, 'mutedAt' | 'until' | 'reason'> {
  @Field(() => Boolean, { description: 'Of every group of the rule; else of one.' })
  wholeRule!: boolean;
  @Field(() => String, { nullable: true, description: 'The id that the group has in common; null for addresses.' })
  group!: string | null;
  @Field(() => DateTime, { description: 'Since when.' })
  mutedAt!: Date;
  @Field(() => DateTime, { description: 'Until when.' })
  until!: Date;
  @Field(() => ActorType, { nullable: true, description: 'Who muted it.' })
  mutedBy!: ActorType | null;
  @Field(() => String, { nullable: true, description: 'Why, in their words.' })
  reason!: string | null;
}

type RuleColumns =
  | 'id'
  | 'key'
  | 'name'
  | 'description'
  | 'enabled'
  | 'condition'
  | 'threshold'
  | 'windowSeconds'
  | 'groupBy'
  | 'severity'
  | 'quietSeconds'
  | 'createdAt'
  | 'updatedAt'
  | 'deletedAt';

@ObjectType('AlertRule', {
  simpleResolvers: true,
  description:
    'What of the record calls for somebody’s attention: so many events of a kind, of one group, within a time.',
})
export class AlertRuleType implements Pick<RowOf<AlertRule>, RuleColumns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Of a rule that every workspace has: it can be switched off and changed, but not deleted.',
  })
  key!: string | null;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;
  @Field(() => Boolean, { description: 'Whether it is evaluated.' })
  enabled!: boolean;
  @Field(() => Json, { description: 'Which events it is about, as an AuditEventFilter.' })
  filter!: unknown;
  @Field(() => AlertCondition, { nullable: true, description: 'What must hold of them besides.' })
  condition!: ConditionValue | null;
  @Field(() => Json, { description: 'Of the condition, by name.' })
  parameters!: unknown;
  @Field(() => Int, { description: 'How many events of one group raise an alert.' })
  threshold!: number;
  @Field(() => Int, { description: 'Within how many seconds.' })
  windowSeconds!: number;
  @Field(() => AlertGroupBy, { description: 'By what events are told apart.' })
  groupBy!: GroupByValue;
  @Field(() => Severity, { description: 'How much its alerts matter.' })
  severity!: SeverityValue;
  @Field(() => Int, {
    description:
      'For how many seconds after an alert nothing is raised of its group; what happens counts on that alert.',
  })
  quietSeconds!: number;
  @Field(() => [AlertMuteType], { description: 'Where it raises nothing for now, 250 at most.' })
  mutes!: AlertMuteType[];
  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was deleted; its alerts stay.' })
  deletedAt!: Date | null;
}

type AlertColumns =
  | 'id'
  | 'severity'
  | 'status'
  | 'groupBy'
  | 'count'
  | 'firstAt'
  | 'lastAt'
  | 'sequences'
  | 'raisedAt'
  | 'acknowledgedAt'
  | 'acknowledgeReason'
  | 'resolvedAt'
  | 'resolveReason';

@ObjectType('Alert', { simpleResolvers: true, description: 'Events of the record called for attention.' })
export class AlertType implements Pick<RowOf<Alert>, AlertColumns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => AlertRuleType, { description: 'The rule that raised it, as it is now.' })
  rule!: AlertRuleType;
  @Field(() => Severity, { description: 'How much it matters: as its rule said then.' })
  severity!: SeverityValue;
  @Field(() => AlertStatus, { description: 'Where it stands.' })
  status!: StatusValue;
  @Field(() => AlertGroupBy, { description: 'What its events have in common.' })
  groupBy!: GroupByValue;
  @Field(() => String, { nullable: true, description: GROUP })
  group!: string | null;
  @Field(() => String, {
    nullable: true,
    description: `${ADDRESS} Showing it is recorded as reading the record; not to be had inside a subscription.`,
  })
  address!: string | null;
  @Field(() => Int, { description: 'How many events it is made of. Grows during the quiet time, without a frame.' })
  count!: number;
  @Field(() => DateTime, { description: 'When the first of them was recorded.' })
  firstAt!: Date;
  @Field(() => DateTime, { description: 'When the last of them was recorded.' })
  lastAt!: Date;
  @Field(() => [SafeInt], { description: 'The sequences of the first 64 of them, ascending.' })
  sequences!: number[];
  @Field(() => [ActorType], { description: 'Who did it, as they are now, 64 at most. No contacts.' })
  actors!: ActorType[];
  @Field(() => DateTime, { description: 'When what raised it was recorded.' })
  raisedAt!: Date;
  @Field(() => ActorType, { nullable: true, description: 'Who attends to it.' })
  acknowledgedBy!: ActorType | null;
  @Field(() => DateTime, { nullable: true, description: 'Since when.' })
  acknowledgedAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'Why, in their words.' })
  acknowledgeReason!: string | null;
  @Field(() => ActorType, { nullable: true, description: 'Who has resolved it.' })
  resolvedBy!: ActorType | null;
  @Field(() => DateTime, { nullable: true, description: 'When.' })
  resolvedAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'Why, in their words.' })
  resolveReason!: string | null;
}

export const AlertConnection = connectionOf(AlertType, 'Alert', { streamable: true });

@ObjectType('AlertChange', { simpleResolvers: true, description: 'One frame of `alertEvents`.' })
export class AlertChangeType {
  @Field(() => ChangeType, { description: 'What the frame says.' })
  changeType!: string;
  @Field(() => ID, { nullable: true, description: 'The alert; null for CURSOR.' })
  alertId!: string | null;
  @Field(() => AlertType, { nullable: true, description: 'As it is now; null for REMOVED and CURSOR.' })
  alert!: AlertType | null;
  @Field(() => String, { nullable: true, description: 'The action, as in `auditActions`.' })
  action!: string | null;
  @Field(() => ActorType, { nullable: true, description: 'Who did it.' })
  actor!: ActorType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
  @Field(() => DateTime, { nullable: true, description: 'When it happened.' })
  occurredAt!: Date | null;
}

@ObjectType('PreviewedAlert', { simpleResolvers: true, description: 'An alert that a rule would have raised.' })
export class PreviewedAlertType {
  @Field(() => AlertGroupBy, { description: 'What its events have in common.' })
  groupBy!: GroupByValue;
  @Field(() => String, { nullable: true, description: GROUP })
  group!: string | null;
  @Field(() => String, { nullable: true, description: ADDRESS })
  address!: string | null;
  @Field(() => Int, { description: 'How many events it would be made of.' })
  count!: number;
  @Field(() => DateTime, { description: 'When the first of them was recorded.' })
  firstAt!: Date;
  @Field(() => DateTime, { description: 'When the last of them was recorded.' })
  lastAt!: Date;
  @Field(() => [SafeInt], { description: 'The sequences of the first 64 of them, ascending.' })
  sequences!: number[];
  @Field(() => DateTime, { description: 'When what would have raised it was recorded.' })
  raisedAt!: Date;
}

@ObjectType('AlertRulePreview', { simpleResolvers: true, description: 'What a rule makes of a part of the record.' })
export class AlertRulePreviewType {
  @Field(() => Int, { description: 'How many events there were.' })
  evaluated!: number;
  @Field(() => Int, { description: 'How many alerts it would have raised.' })
  raised!: number;
  @Field(() => [PreviewedAlertType], { description: 'The newest 100 of them, oldest first.' })
  alerts!: PreviewedAlertType[];
}

@ObjectType('AlertRulePayload', { simpleResolvers: true, description: 'The rule, as it is now.' })
export class AlertRulePayload {
  @Field(() => AlertRuleType, { description: 'As it is now.' })
  rule!: AlertRuleType;
}

@ObjectType('AlertPayload', { simpleResolvers: true, description: 'The alert, as it is now.' })
export class AlertPayload {
  @Field(() => AlertType, { description: 'As it is now.' })
  alert!: AlertType;
}
