import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Weekday as WeekdayValue } from '../entities/enums.js';
import { Weekday } from './enums.js';

const FROM = 'From this time of the day on, HH:MM, by the clocks of the workspace’s time zone.';
const TO = 'Until this one, later on the same day; 24:00 is its end.';

@ObjectType('BusinessInterval', { simpleResolvers: true, description: 'When people work on a day of the week.' })
export class BusinessIntervalType {
  @Field(() => Weekday, { description: 'The day.' })
  day!: WeekdayValue;
  @Field(() => String, { description: FROM })
  from!: string;
  @Field(() => String, { description: TO })
  to!: string;
}

@ObjectType('BusinessHours', { simpleResolvers: true, description: 'When people work.' })
export class BusinessHoursType {
  @Field(() => [BusinessIntervalType], { description: 'In every week, in order.' })
  weekly!: BusinessIntervalType[];
  @Field(() => [String], { description: 'Days on which nobody does, YYYY-MM-DD, in order.' })
  holidays!: string[];
  @Field(() => Boolean, { description: 'Whether somebody does now.' })
  openNow!: boolean;
}

@InputType('BusinessIntervalInput', { description: 'When people work on a day of the week.' })
export class BusinessIntervalInputType {
  @Field(() => Weekday, { description: 'The day.' })
  day!: WeekdayValue;
  @Field(() => String, { description: FROM })
  from!: string;
  @Field(() => String, { description: TO })
  to!: string;
}

@InputType('SetBusinessHoursInput', { description: 'When people are to work.' })
export class SetBusinessHoursInputType {
  @Field(() => ID, {
    nullable: true,
    description: 'The team; without one, all teams that have no hours of their own.',
  })
  teamId?: string | null;
  @Field(() => [BusinessIntervalInputType], {
    nullable: true,
    description: '1 to 50 intervals of every week; null takes the hours away, holidays too.',
  })
  weekly?: BusinessIntervalInputType[] | null;
  @Field(() => [String], { nullable: true, description: 'Days on which nobody works, YYYY-MM-DD, 200 at most.' })
  holidays?: string[] | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetBusinessHoursPayload', { simpleResolvers: true, description: 'The hours, set.' })
export class SetBusinessHoursPayload {
  @Field(() => BusinessHoursType, { nullable: true, description: 'As they are now; null where they were taken away.' })
  businessHours!: BusinessHoursType | null;
}
