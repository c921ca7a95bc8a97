import { defineEntity } from '@mikro-orm/core';
import { ActorKind, Role } from './enums.js';
import { instant, oneOf, rootKey } from './keys.js';

const p = defineEntity.properties;

const InvitationSchema = defineEntity({
  name: 'Invitation',
  tableName: 'invitation',
  properties: {
    ...rootKey,
    /** Lower case, trimmed, as accounts have it. */
    email: p.text(),
    role: oneOf(Role),
    /** What they become a member of; what is gone by then is left out. */
    teamIds: p.array().columnType('uuid[]').$type<string[]>(),
    inboxIds: p.array().columnType('uuid[]').$type<string[]>(),
    /** SHA-256 of the token, base64url. The token itself is nowhere. */
    tokenHash: p.text().unique(),
    invitedByKind: oneOf(ActorKind),
    invitedById: p.uuid().nullable(),
    createdAt: instant(),
    expiresAt: instant(),
    acceptedAt: instant().nullable(),
    cancelledAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'invitation_open',
      expression:
        'create unique index "invitation_open" on "invitation" ("workspace_id", "email") where "accepted_at" is null and "cancelled_at" is null',
    },
  ],
});

/** Somebody was asked to become an agent. Worth what its inviter may still give. */
export class Invitation extends InvitationSchema.class {}
InvitationSchema.setClass(Invitation);
