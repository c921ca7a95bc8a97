import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { openBus, openCounters } from './pubsub/open-bus.js';
import { Passwords } from './services/accounts/passwords.js';
import { PrincipalCache } from './services/accounts/principals.js';
import { SignInLimits } from './services/accounts/sign-in-limits.js';
import { loadSigningKeys, registeredKeys, registerSigningKeys } from './services/accounts/signing-keys.js';
import { Tokens } from './services/accounts/tokens.js';
import type { IdeVariables } from './resolvers/ide/page.js';
import type { Application } from './services/application.js';
import { AttachmentFiles } from './services/attachments/attachment-files.js';
import { Database } from './services/database.js';
import { Denials } from './services/denials.js';
import { FileStore } from './services/files/file-store.js';
import { openS3Store } from './services/files/s3-store.js';
import { ExportFiles } from './services/exports/export-files.js';
import { Metrics } from './services/metrics/metrics.js';
import { createOutgoing } from './services/outgoing/outgoing.js';
import { Sending } from './services/conversations/sending.js';
import { AccessLog } from './services/record/access-log.js';
import { OwnCheckpoints } from './services/record/signing/own-checkpoints.js';
import { RecordKeys } from './services/record/signing/record-keys.js';
import { SigningRoom } from './services/record/signing/signing-room.js';
import { CustomerLimits } from './services/customers/customer-limits.js';
import { Slots } from './services/slots.js';
import { QueueBoards } from './services/streams/queue-boards.js';
import { Tails } from './services/streams/tails.js';

/** Appending transactions of one workspace at once in this process; more would only wait at the same row. */
const SLOTS_PER_WORKSPACE = 8;
/** Writes of one workspace that may wait for a place before they are answered UNAVAILABLE. */
const MAX_WAITING_WRITES = 2_000;
/** Replays that read pages at once in this process; the others wait for their turn. */
const REPLAYS = 8;
const MAX_WAITING_REPLAYS = 100_000;

export interface Wiring {
  config: Config;
  databaseUrl: string;
  log: Logger;
  /** Register signing keys that the database does not know: a rotation. */
  registerKeys?: boolean;
  /** Tests replace the clock. */
  now?: () => Date;
  /** Tests hold what is compiled against what is executed in the ordinary way. */
  compilesOperations?: boolean;
  /** Tests that look at every write evaluate the record themselves, or not at all. */
  evaluatesAlerts?: boolean;
  /** What the environment of the IDE begins with; whoever reaches the server reads it. */
  ideVariables?: IdeVariables;
}

export type OpenApplication = Application & { close(): Promise<void> };

/**
 * Opens everything that use cases need, without serving anything.
 * @throws Error for signing keys that this installation does not know, and for packages that are not installed.
 */
export async function openApplication({
  config,
  databaseUrl,
  log,
  registerKeys = false,
  now = () => new Date(),
}: Wiring): Promise<OpenApplication> {
  const { limits } = config;
  const keys = await loadSigningKeys(config.signingKeysFile ?? join(config.dataDir, 'signing-keys.json'), {
    create: config.signingKeysFile === null,
  });
  const recordKeys = await RecordKeys.open(config.recordKeysFile ?? join(config.dataDir, 'record-keys.json'), {
    create: config.recordKeysFile === null,
  });
  const own = new OwnCheckpoints(config.recordStateDir ?? join(config.dataDir, 'checkpoints'));
  const { s3, directory } = config.attachments;
  const store = s3 === null ? FileStore.in(directory) : await openS3Store(s3);
  const db = await Database.open({
    url: databaseUrl,
    poolSize: limits.databasePoolSize,
    statementTimeoutMs: limits.statementTimeoutMs,
    lockTimeoutMs: limits.lockTimeoutMs,
  });
  try {
    await registerSigningKeys(db, keys, { register: registerKeys });
    const tokens = await Tokens.create(keys, await registeredKeys(db), now);
    const bus = openBus(config.redisUrl, (error) =>
      log.warn({ err: error }, 'Redis is out of reach; events arrive by comparison'),
    );
    const tails = new Tails(db, bus, log);
    const counters = config.redisUrl === null ? null : openCounters(config.redisUrl);
    const signInLimits = new SignInLimits(counters);
    const metrics = new Metrics();
    const slots = new Slots(SLOTS_PER_WORKSPACE, MAX_WAITING_WRITES);
    return {
      db,
      bus,
      tails,
      queueBoards: new QueueBoards(db, tails, log),
      tokens,
      signInLimits,
      customerLimits: new CustomerLimits(counters),
      metrics,
      log,
      now,
      slots,
      signing: new SigningRoom(recordKeys, own),
      accessLog: new AccessLog({ db, bus, slots, now, metrics }),
      sending: new Sending(),
      replays: new Slots(REPLAYS, MAX_WAITING_REPLAYS),
      principals: new PrincipalCache(db, tokens, now),
      passwords: new Passwords(),
      denials: new Denials(),
      exports: { files: new ExportFiles(config.exportsDir), publicUrl: config.publicUrl ?? '' },
      attachments: { files: new AttachmentFiles(store, config.attachments.maxBytes) },
      outgoing: createOutgoing({
        allowPrivate: config.outgoingAllowPrivate,
        now,
        mail: { url: config.smtpUrl, from: config.mailFrom },
      }),
      close: async () => {
        await tails.close();
        await Promise.all([bus.close(), signInLimits.close()]);
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}
