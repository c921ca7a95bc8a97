import { defineEntity } from '@mikro-orm/core';

const p = defineEntity.properties;

const AccountSchema = defineEntity({
  name: 'Account',
  tableName: 'account',
  properties: {
    id: p.uuid().primary(),
    /** Lower case, trimmed. */
    email: p.text().unique(),
    /** argon2id in PHC form. Readable only through the sign-in function of the database. */
    passwordHash: p.text(),
    createdAt: p.datetime(3),
  },
});

/** A person's e-mail and password, global; an agent in one or more workspaces. */
export class Account extends AccountSchema.class {}
AccountSchema.setClass(Account);

const SigningKeySchema = defineEntity({
  name: 'SigningKey',
  tableName: 'signing_key',
  properties: {
    /** RFC 7638 thumbprint. */
    kid: p.text().primary(),
    /** The public half as a JWK. */
    publicJwk: p.json<Record<string, string>>(),
    createdAt: p.datetime(3),
  },
});

/** The public half of a key that this installation signs with. A node whose key is not here refuses to start. */
export class SigningKey extends SigningKeySchema.class {}
SigningKeySchema.setClass(SigningKey);
