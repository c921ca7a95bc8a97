import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { AlertDestination } from '../entities/alert-destination.js';
import type { AlertDestinationKind as KindValue, Severity as SeverityValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { AlertDestinationKind, Severity } from './enums.js';
import { DateTime } from './scalars.js';

type Columns =
  | 'id'
  | 'name'
  | 'kind'
  | 'url'
  | 'secretFingerprint'
  | 'addresses'
  | 'minSeverity'
  | 'enabled'
  | 'attempts'
  | 'lastError'
  | 'deliveredAt'
  | 'createdAt';

@ObjectType('AlertDestination', {
  simpleResolvers: true,
  description: 'Where alerts are sent to when they are raised: at least once, in their order.',
})
export class AlertDestinationType implements Pick<RowOf<AlertDestination>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => AlertDestinationKind, { description: 'How it is sent there.' })
  kind!: KindValue;
  @Field(() => String, { nullable: true, description: 'Of a webhook.' })
  url!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'The first 64 bits of the SHA-256 of the secret that webhooks are signed with, in hexadecimal.',
  })
  secretFingerprint!: string | null;
  @Field(() => [String], { description: 'Of e-mail.' })
  addresses!: string[];
  @Field(() => Severity, { description: 'Only alerts of this severity or above.' })
  minSeverity!: SeverityValue;
  @Field(() => Boolean, { description: 'Whether anything is sent; off also after nobody there took an alert.' })
  enabled!: boolean;
  @Field(() => Int, { description: 'How often the next alert has been tried in vain.' })
  attempts!: number;
  @Field(() => String, { nullable: true, description: 'Why the last attempt failed; null when it did not.' })
  lastError!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'When an alert was taken last.' })
  deliveredAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

@InputType('CreateAlertDestinationInput', { description: 'Where alerts are to be sent to, from the next one on.' })
export class CreateAlertDestinationInputType {
  @Field(() => String, { description: 'What people call it, 1 to 2,000 characters.' })
  name!: string;
  @Field(() => AlertDestinationKind, { description: 'How.' })
  kind!: KindValue;
  @Field(() => String, { nullable: true, description: 'Of a webhook: an https address that is no private one.' })
  url?: string | null;
  @Field(() => [String], { nullable: true, description: 'Of e-mail: 1 to 10 addresses.' })
  addresses?: string[] | null;
  @Field(() => Severity, { nullable: true, description: 'Only of this severity or above; WARNING unless given.' })
  minSeverity?: SeverityValue | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('UpdateAlertDestinationInput', { description: 'What to change; what is absent stays as it is.' })
export class UpdateAlertDestinationInputType {
  @Field(() => ID, { description: 'The destination.' })
  destinationId!: string;
  @Field(() => String, { nullable: true, description: 'What people call it, 1 to 2,000 characters.' })
  name?: string | null;
  @Field(() => String, { nullable: true, description: 'Of a webhook: an https address that is no private one.' })
  url?: string | null;
  @Field(() => [String], { nullable: true, description: 'Of e-mail: 1 to 10 addresses.' })
  addresses?: string[] | null;
  @Field(() => Severity, { nullable: true, description: 'Only of this severity or above.' })
  minSeverity?: SeverityValue | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether anything is sent. On again, it goes on with the alert that it could not deliver.',
  })
  enabled?: boolean | null;
  @Field(() => Boolean, { nullable: true, description: 'Sign with a new secret from now on; it is in the answer.' })
  rotateSecret?: boolean | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('DeleteAlertDestinationInput', { description: 'Where alerts are no longer to be sent to.' })
export class DeleteAlertDestinationInputType {
  @Field(() => ID, { description: 'The destination.' })
  destinationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('AlertDestinationPayload', { simpleResolvers: true, description: 'The destination, as it is now.' })
export class AlertDestinationPayload {
  @Field(() => AlertDestinationType, { description: 'As it is now.' })
  destination!: AlertDestinationType;
  @Field(() => String, {
    nullable: true,
    description: 'The secret that webhooks are signed with, by Standard Webhooks; shown this once, when it is new.',
  })
  secret!: string | null;
}

@ObjectType('DeleteAlertDestinationPayload', { simpleResolvers: true, description: 'The destination, deleted.' })
export class DeleteAlertDestinationPayload {
  @Field(() => ID, { description: 'Its id.' })
  destinationId!: string;
}
