import { Field, ID, InputType, Int } from 'type-graphql';
import type {
  AlertCondition as ConditionValue,
  AlertGroupBy as GroupByValue,
  AlertStatus as StatusValue,
  Severity as SeverityValue,
} from '../entities/enums.js';
import { AuditEventFilterInput } from './audit-event.input.js';
import { AlertCondition, AlertGroupBy, AlertStatus, Severity } from './enums.js';
import { DateTime, Json } from './scalars.js';

@InputType('AlertFilter', {
  description:
    'Which alerts. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class AlertFilterInput {
  @Field(() => [AlertStatus], { nullable: true, description: 'In any of these statuses.' })
  statuses?: StatusValue[] | null;
  @Field(() => [Severity], { nullable: true, description: 'Of any of these severities.' })
  severities?: SeverityValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Raised by any of these rules.' })
  ruleIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'About what any of these did.' })
  actorIds?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: 'Raised at or after.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Raised before.' })
  to?: Date | null;
}

const NAME = 'What people call it, 1 to 2,000 characters.';
const FILTER = 'Which events it is about; without from and to.';
const PARAMETERS = 'Of the condition, by name; what is left out has its default.';
const THRESHOLD = 'How many events of one group raise an alert, 1 to 1,000';
const WINDOW = 'Within how many seconds, 1 to 2,592,000';
const QUIET = 'For how many seconds after an alert nothing is raised of its group, 0 to 2,592,000';

@InputType('CreateAlertRuleInput', { description: 'A new alert rule.' })
export class CreateAlertRuleInputType {
  @Field(() => String, { description: NAME })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for, 2,000 characters at most.' })
  description?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether it is evaluated; it is unless given.' })
  enabled?: boolean | null;
  @Field(() => AuditEventFilterInput, { description: FILTER })
  filter!: AuditEventFilterInput;
  @Field(() => AlertCondition, { nullable: true, description: 'What must hold of them besides.' })
  condition?: ConditionValue | null;
  @Field(() => Json, { nullable: true, description: PARAMETERS })
  parameters?: Record<string, unknown> | null;
  @Field(() => Int, { nullable: true, description: `${THRESHOLD}; 1 unless given.` })
  threshold?: number | null;
  @Field(() => Int, { nullable: true, description: `${WINDOW}; 3,600 unless given.` })
  windowSeconds?: number | null;
  @Field(() => AlertGroupBy, { nullable: true, description: 'By what events are told apart; NONE unless given.' })
  groupBy?: GroupByValue | null;
  @Field(() => Severity, { nullable: true, description: 'How much its alerts matter; WARNING unless given.' })
  severity?: SeverityValue | null;
  @Field(() => Int, { nullable: true, description: `${QUIET}; 3,600 unless given.` })
  quietSeconds?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('UpdateAlertRuleInput', { description: 'What to change of an alert rule; what is absent stays as it is.' })
export class UpdateAlertRuleInputType {
  @Field(() => ID, { description: 'The rule.' })
  ruleId!: string;
  @Field(() => String, { nullable: true, description: NAME })
  name?: string | null;
  @Field(() => String, { nullable: true, description: 'What it is for; null takes it away.' })
  description?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether it is evaluated.' })
  enabled?: boolean | null;
  @Field(() => AuditEventFilterInput, { nullable: true, description: `${FILTER} Replaces the one it has.` })
  filter?: AuditEventFilterInput | null;
  @Field(() => AlertCondition, { nullable: true, description: 'What must hold besides; null takes it away.' })
  condition?: ConditionValue | null;
  @Field(() => Json, { nullable: true, description: `${PARAMETERS} Replaces those it has.` })
  parameters?: Record<string, unknown> | null;
  @Field(() => Int, { nullable: true, description: `${THRESHOLD}.` })
  threshold?: number | null;
  @Field(() => Int, { nullable: true, description: `${WINDOW}.` })
  windowSeconds?: number | null;
  @Field(() => AlertGroupBy, { nullable: true, description: 'By what events are told apart.' })
  groupBy?: GroupByValue | null;
  @Field(() => Severity, { nullable: true, description: 'How much its alerts matter.' })
  severity?: SeverityValue | null;
  @Field(() => Int, { nullable: true, description: `${QUIET}.` })
  quietSeconds?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('DeleteAlertRuleInput', { description: 'The rule to delete.' })
export class DeleteAlertRuleInputType {
  @Field(() => ID, { description: 'The rule.' })
  ruleId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('AcknowledgeAlertInput', { description: 'The alert that you attend to.' })
export class AcknowledgeAlertInputType {
  @Field(() => ID, { description: 'The alert.' })
  alertId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the record and who reads the alert; 500 characters at most.',
  })
  reason?: string | null;
}

@InputType('ResolveAlertInput', { description: 'The alert that is done with.' })
export class ResolveAlertInputType {
  @Field(() => ID, { description: 'The alert.' })
  alertId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the record and who reads the alert; 500 characters at most.',
  })
  reason?: string | null;
}

@InputType('MuteAlertRuleInput', { description: 'What is to raise nothing for a while.' })
export class MuteAlertRuleInputType {
  @Field(() => ID, { description: 'The rule.' })
  ruleId!: string;
  @Field(() => ID, {
    nullable: true,
    description: 'Only the group of this alert of the rule; every group unless given.',
  })
  alertId?: string | null;
  @Field(() => DateTime, { description: 'Until when, within 90 days.' })
  until!: Date;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the record and who reads the rule; 500 characters at most.',
  })
  reason?: string | null;
}

@InputType('UnmuteAlertRuleInput', { description: 'What is to raise alerts again.' })
export class UnmuteAlertRuleInputType {
  @Field(() => ID, { description: 'The rule.' })
  ruleId!: string;
  @Field(() => ID, { nullable: true, description: 'Only the group of this alert of the rule, where that was muted.' })
  alertId?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
