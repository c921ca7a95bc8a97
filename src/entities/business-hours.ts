import { defineEntity } from '@mikro-orm/core';
import type { Weekday } from './enums.js';
import { instant, workspaceKey } from './keys.js';

const p = defineEntity.properties;

/** From a time of the day to a later one, `HH:MM`; `24:00` is the end of the day. */
export interface WeeklyHours {
  day: Weekday;
  from: string;
  to: string;
}

const BusinessHoursSchema = defineEntity({
  name: 'BusinessHours',
  tableName: 'business_hours',
  properties: {
    workspaceId: workspaceKey(),
    /** The team, or the workspace itself. */
    placeId: p.uuid().primary(),
    weekly: p.json<WeeklyHours[]>(),
    /** Days on which nobody works, `YYYY-MM-DD`. */
    holidays: p.json<string[]>(),
    changedAt: instant(),
  },
});

/** When a team works, or all teams of a workspace that do not say so themselves. By the workspace's time zone. */
export class BusinessHours extends BusinessHoursSchema.class {}
BusinessHoursSchema.setClass(BusinessHours);
