import {
  Arg,
  Args,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import {
  AcknowledgeAlertInputType,
  AlertFilterInput,
  CreateAlertRuleInputType,
  DeleteAlertRuleInputType,
  MuteAlertRuleInputType,
  ResolveAlertInputType,
  UnmuteAlertRuleInputType,
  UpdateAlertRuleInputType,
} from '../schema/alert.input.js';
import {
  AlertChangeType,
  AlertConnection,
  AlertMuteType,
  AlertPayload,
  AlertRulePayload,
  AlertRulePreviewType,
  AlertRuleType,
  AlertType,
  PreviewedAlertType,
} from '../schema/alert.type.js';
import { PageBothWays } from '../schema/connection.type.js';
import { SafeInt } from '../schema/scalars.js';
import { muteAlertRule, unmuteAlertRule } from '../services/alerts/mute-rule.js';
import { previewRule, type PreviewedAlert } from '../services/alerts/preview-rule.js';
import {
  addressShown,
  findAlert,
  groupShown,
  listAlertRules,
  listAlerts,
  type AlertMuteRow,
  type AlertRow,
} from '../services/alerts/read-alerts.js';
import type { AlertRuleRow } from '../services/alerts/rule.js';
import { acknowledgeAlert, resolveAlert } from '../services/alerts/settle-alert.js';
import { createAlertRule, deleteAlertRule, updateAlertRule } from '../services/alerts/write-rules.js';
import { alertEvents, type AlertChange } from '../services/streams/alert-events.js';
import type { ApiContext } from './context.js';

const ATTENDING = 'Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED';

@Resolver(() => AlertType)
export class AlertResolver {
  @Query(() => AlertConnection, {
    description:
      'The alerts that the caller may read, newest first: all, or those about what the members of their teams did. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  alerts(
    @Arg('filter', () => AlertFilterInput, { nullable: true, description: 'Which alerts.' })
    filter: AlertFilterInput | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { call }: ApiContext,
  ) {
    return listAlerts(call, filter ?? {}, page);
  }

  @Query(() => AlertType, {
    nullable: true,
    description: 'One alert. Errors: NOT_FOUND, also where the caller may not read it.',
  })
  alert(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { call }: ApiContext) {
    return findAlert(call, id);
  }

  @Mutation(() => AlertPayload, {
    description: `Says that you attend to an alert. ${ATTENDING}; CONFLICT when it is resolved.`,
  })
  async acknowledgeAlert(
    @Arg('input', () => AcknowledgeAlertInputType) input: AcknowledgeAlertInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { alert: await loaders.alert.load(await acknowledgeAlert(call, input)) };
  }

  @Mutation(() => AlertPayload, { description: `Says that an alert is done with. ${ATTENDING}.` })
  async resolveAlert(
    @Arg('input', () => ResolveAlertInputType) input: ResolveAlertInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { alert: await loaders.alert.load(await resolveAlert(call, input)) };
  }

  @FieldResolver(() => AlertRuleType)
  rule(@Root() { ruleId }: AlertRow, @Ctx() { loaders }: ApiContext) {
    return loaders.alertRule.load(ruleId);
  }

  @FieldResolver(() => String, { nullable: true })
  group(@Root() alert: AlertRow) {
    return groupShown(alert);
  }

  @Extensions({ reveals: 'record' })
  @FieldResolver(() => String, { nullable: true })
  address(@Root() alert: AlertRow, @Ctx() { call, loaders }: ApiContext) {
    return addressShown(call, alert, (sequence) => loaders.eventAddress.load(sequence));
  }

  /** A contact's profile belongs to who may see their conversations. */
  @FieldResolver(() => [ActorType])
  async actors(@Root() { actorIds, actorKinds }: AlertRow, @Ctx() { loaders }: ApiContext) {
    const shown = actorIds.flatMap((id, index) => {
      const kind = actorKinds[index]!;
      return kind === 'CONTACT' ? [] : [loaders.actor({ kind, id })];
    });
    return (await Promise.all(shown)).filter((actor) => actor !== null);
  }

  @FieldResolver(() => ActorType, { nullable: true })
  acknowledgedBy(@Root() alert: AlertRow, @Ctx() { loaders }: ApiContext) {
    const { acknowledgedByKind: kind, acknowledgedById: id } = alert;
    return kind && loaders.actor({ kind, id });
  }

  @FieldResolver(() => ActorType, { nullable: true })
  resolvedBy(@Root() { resolvedByKind: kind, resolvedById: id }: AlertRow, @Ctx() { loaders }: ApiContext) {
    return kind && loaders.actor({ kind, id });
  }
}

@Resolver(() => PreviewedAlertType)
export class PreviewedAlertResolver {
  @FieldResolver(() => String, { nullable: true })
  group(@Root() alert: PreviewedAlert) {
    return groupShown(alert);
  }

  /** That the record is read, the preview says itself. */
  @FieldResolver(() => String, { nullable: true })
  address(@Root() alert: PreviewedAlert, @Ctx() { call, loaders }: ApiContext) {
    return addressShown(call, alert, (sequence) => loaders.eventAddress.load(sequence));
  }
}

@Resolver(() => AlertRuleType)
export class AlertRuleResolver {
  @Query(() => [AlertRuleType], {
    description: 'The alert rules, those that every workspace has first, 250 at most. Errors: FORBIDDEN.',
  })
  alertRules(@Ctx() { call }: ApiContext) {
    return listAlertRules(call);
  }

  @Extensions({ reveals: 'record' })
  @Query(() => AlertRulePreviewType, {
    description:
      'What a rule would have raised over a part of the record, had there been nothing before it and no mutes. For who reads all of the record. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  alertRulePreview(
    @Arg('input', () => CreateAlertRuleInputType, { description: 'The rule; it is not created.' })
    input: CreateAlertRuleInputType,
    @Arg('from', () => SafeInt, { description: 'The sequence of the first event.' }) from: number,
    @Arg('to', () => SafeInt, { description: 'The sequence of the last event, 19,999 later at most.' }) to: number,
    @Ctx() { call }: ApiContext,
  ) {
    return previewRule(call, input, { from, to });
  }

  @Mutation(() => AlertRulePayload, {
    description: 'Creates an alert rule. Errors: FORBIDDEN, VALIDATION_FAILED; LIMIT_EXCEEDED at 200 rules.',
  })
  async createAlertRule(
    @Arg('input', () => CreateAlertRuleInputType) input: CreateAlertRuleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { rule: await loaders.alertRule.load(await createAlertRule(call, input)) };
  }

  @Mutation(() => AlertRulePayload, {
    description: `Changes an alert rule, from the next event on. ${ATTENDING}.`,
  })
  async updateAlertRule(
    @Arg('input', () => UpdateAlertRuleInputType) input: UpdateAlertRuleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { rule: await loaders.alertRule.load(await updateAlertRule(call, input)) };
  }

  @Mutation(() => AlertRulePayload, {
    description:
      'Deletes an alert rule; its alerts stay. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one that every workspace has.',
  })
  async deleteAlertRule(
    @Arg('input', () => DeleteAlertRuleInputType) input: DeleteAlertRuleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { rule: await loaders.alertRule.load(await deleteAlertRule(call, input)) };
  }

  @Mutation(() => AlertRulePayload, {
    description: `Has a rule, or one group of it, raise nothing until a time; what happens until then is not counted. ${ATTENDING}.`,
  })
  async muteAlertRule(
    @Arg('input', () => MuteAlertRuleInputType) input: MuteAlertRuleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { rule: await loaders.alertRule.load(await muteAlertRule(call, input)) };
  }

  @Mutation(() => AlertRulePayload, { description: `Has it raise alerts again. ${ATTENDING}.` })
  async unmuteAlertRule(
    @Arg('input', () => UnmuteAlertRuleInputType) input: UnmuteAlertRuleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { rule: await loaders.alertRule.load(await unmuteAlertRule(call, input)) };
  }

  @FieldResolver(() => [AlertMuteType])
  mutes(@Root() { id }: AlertRuleRow, @Ctx() { loaders }: ApiContext) {
    return loaders.alertMutes.load(id);
  }
}

@Resolver(() => AlertMuteType)
export class AlertMuteResolver {
  @FieldResolver(() => ActorType, { nullable: true })
  mutedBy(@Root() { mutedByKind: kind, mutedById: id }: AlertMuteRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind, id });
  }
}

@Resolver(() => AlertChangeType)
export class AlertEventsResolver {
  @Subscription(() => AlertChangeType, {
    description:
      'The alerts that the caller may read and that pass the filter, as they are raised, acknowledged and resolved. Errors: FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED.',
    subscribe: (({ args, context }: Source) => alertEvents(context.call, args.filter ?? {}, args.afterEvent)) as never,
  })
  alertEvents(
    @Root() change: AlertChange,
    @Arg('filter', () => AlertFilterInput, { nullable: true, description: 'Which alerts.' })
    _filter: AlertFilterInput | null,
    @Arg('afterEvent', () => String, {
      nullable: true,
      description:
        'Go on after this event: a `cursor` of a frame, or the `eventCursor` of a list. Without it the stream begins now.',
    })
    _afterEvent: string | null,
  ) {
    return change;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() change: AlertChange, @Ctx() { loaders }: ApiContext) {
    return change.actor && loaders.actor(change.actor);
  }
}

interface Source {
  args: { filter?: AlertFilterInput | null; afterEvent?: string | null };
  context: ApiContext;
}
