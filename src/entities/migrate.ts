import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { allEntities } from './all-entities.js';
import { ormConnection } from './connection.js';
import { Migration0001Tables } from './migrations/0001-tables.js';
import { Migration0002Record } from './migrations/0002-record.js';
import { Migration0003Isolation } from './migrations/0003-isolation.js';
import { Migration0004NotesLabelsPresence } from './migrations/0004-notes-labels-presence.js';
import { Migration0005Turns } from './migrations/0005-turns.js';
import { Migration0006ViewWindows } from './migrations/0006-view-windows.js';
import { Migration0007ContactsByChange } from './migrations/0007-contacts-by-change.js';
import { Migration0008Proofs } from './migrations/0008-proofs.js';
import { Migration0009History } from './migrations/0009-history.js';
import { Migration0010ErasureAndRetention } from './migrations/0010-erasure-and-retention.js';
import { Migration0011Alerts } from './migrations/0011-alerts.js';
import { Migration0012Exports } from './migrations/0012-exports.js';
import { Migration0013ApiKeyRotation } from './migrations/0013-api-key-rotation.js';
import { Migration0014Invitations } from './migrations/0014-invitations.js';
import { Migration0015Agents } from './migrations/0015-agents.js';
import { Migration0016InactiveTeamsAndInboxes } from './migrations/0016-inactive-teams-and-inboxes.js';
import { Migration0017Contacts } from './migrations/0017-contacts.js';
import { Migration0018BlockedContacts } from './migrations/0018-blocked-contacts.js';
import { Migration0019Timelines } from './migrations/0019-timelines.js';
import { Migration0020Delivery } from './migrations/0020-delivery.js';
import { Migration0021Bots } from './migrations/0021-bots.js';
import { Migration0022ShiftHandovers } from './migrations/0022-shift-handovers.js';
import { Migration0023Capacity } from './migrations/0023-capacity.js';
import { Migration0024Routing } from './migrations/0024-routing.js';
import { Migration0025BusinessHours } from './migrations/0025-business-hours.js';
import { Migration0026MessageSearch } from './migrations/0026-message-search.js';
import { Migration0027AttributeDefinitions } from './migrations/0027-attribute-definitions.js';
import { Migration0028ConversationAttributes } from './migrations/0028-conversation-attributes.js';
import { Migration0029LabelsInUse } from './migrations/0029-labels-in-use.js';
import { Migration0030CannedResponses } from './migrations/0030-canned-responses.js';
import { Migration0031SavedViews } from './migrations/0031-saved-views.js';
import { Migration0032ConversationCounts } from './migrations/0032-conversation-counts.js';
import { Migration0033Attachments } from './migrations/0033-attachments.js';
import { Migration0034MergedContacts } from './migrations/0034-merged-contacts.js';
import { Migration0035ProgressOfRequests } from './migrations/0035-progress-of-requests.js';
import { Migration0036Spam } from './migrations/0036-spam.js';
import { Migration0037Speech } from './migrations/0037-speech.js';
import { Migration0038Translations } from './migrations/0038-translations.js';
import { Migration0039CollectedWords } from './migrations/0039-collected-words.js';
import { Migration0040DeletedConversations } from './migrations/0040-deleted-conversations.js';
import { Migration0041MergedConversations } from './migrations/0041-merged-conversations.js';
import { Migration0042FirstStatistics } from './migrations/0042-first-statistics.js';
import { Migration0043WordsAtOnce } from './migrations/0043-words-at-once.js';
import { Migration0044AppendAtOnce } from './migrations/0044-append-at-once.js';

const migrations = [
  { name: '0001-tables', class: Migration0001Tables },
  { name: '0002-record', class: Migration0002Record },
  { name: '0003-isolation', class: Migration0003Isolation },
  { name: '0004-notes-labels-presence', class: Migration0004NotesLabelsPresence },
  { name: '0005-turns', class: Migration0005Turns },
  { name: '0006-view-windows', class: Migration0006ViewWindows },
  { name: '0007-contacts-by-change', class: Migration0007ContactsByChange },
  { name: '0008-proofs', class: Migration0008Proofs },
  { name: '0009-history', class: Migration0009History },
  { name: '0010-erasure-and-retention', class: Migration0010ErasureAndRetention },
  { name: '0011-alerts', class: Migration0011Alerts },
  { name: '0012-exports', class: Migration0012Exports },
  { name: '0013-api-key-rotation', class: Migration0013ApiKeyRotation },
  { name: '0014-invitations', class: Migration0014Invitations },
  { name: '0015-agents', class: Migration0015Agents },
  { name: '0016-inactive-teams-and-inboxes', class: Migration0016InactiveTeamsAndInboxes },
  { name: '0017-contacts', class: Migration0017Contacts },
  { name: '0018-blocked-contacts', class: Migration0018BlockedContacts },
  { name: '0019-timelines', class: Migration0019Timelines },
  { name: '0020-delivery', class: Migration0020Delivery },
  { name: '0021-bots', class: Migration0021Bots },
  { name: '0022-shift-handovers', class: Migration0022ShiftHandovers },
  { name: '0023-capacity', class: Migration0023Capacity },
  { name: '0024-routing', class: Migration0024Routing },
  { name: '0025-business-hours', class: Migration0025BusinessHours },
  { name: '0026-message-search', class: Migration0026MessageSearch },
  { name: '0027-attribute-definitions', class: Migration0027AttributeDefinitions },
  { name: '0028-conversation-attributes', class: Migration0028ConversationAttributes },
  { name: '0029-labels-in-use', class: Migration0029LabelsInUse },
  { name: '0030-canned-responses', class: Migration0030CannedResponses },
  { name: '0031-saved-views', class: Migration0031SavedViews },
  { name: '0032-conversation-counts', class: Migration0032ConversationCounts },
  { name: '0033-attachments', class: Migration0033Attachments },
  { name: '0034-merged-contacts', class: Migration0034MergedContacts },
  { name: '0035-progress-of-requests', class: Migration0035ProgressOfRequests },
  { name: '0036-spam', class: Migration0036Spam },
  { name: '0037-speech', class: Migration0037Speech },
  { name: '0038-translations', class: Migration0038Translations },
  { name: '0039-collected-words', class: Migration0039CollectedWords },
  { name: '0040-deleted-conversations', class: Migration0040DeletedConversations },
  { name: '0041-merged-conversations', class: Migration0041MergedConversations },
  { name: '0042-first-statistics', class: Migration0042FirstStatistics },
  { name: '0043-words-at-once', class: Migration0043WordsAtOnce },
  { name: '0044-append-at-once', class: Migration0044AppendAtOnce },
];

/** The name of the newest migration that this code knows. */
export const newestMigration = migrations.at(-1)!.name;

/** An arbitrary constant, the same in every process: whoever holds it is the one that migrates. */
const MIGRATION_LOCK = 7_203_185_513;

/** The settings that both the migrator and the drift check need. */
export const migrationConfig = (url: string) => ({
  entities: allEntities,
  ...ormConnection(url, 'owner'),
  extensions: [Migrator],
  debug: false,
  logger: () => {},
  migrations: { migrationsList: migrations, snapshot: false, transactional: true, allOrNothing: true },
  // Functions, triggers, policies and what stands before tables live in the migrations; tests hold them against what they promise.
  schemaGenerator: {
    ignoreRoutines: true,
    ignoreTriggers: true,
    ignorePolicies: true,
    ignoreSchema: ['reading'],
    skipTables: ['mikro_orm_migrations'],
  },
});

export interface MigrateOptions {
  /** A connection as the owner of the database. */
  url: string;
  /** The login that the server will use, where it is another one: it is granted the two roles it takes. */
  appLogin?: string;
}

/**
 * Brings the database to the newest migration. Safe to run from several processes at once: one works, the others
 * wait for it.
 * @returns the names of the migrations that this call applied.
 */
export async function migrateDatabase({ url, appLogin }: MigrateOptions): Promise<string[]> {
  const orm = await MikroORM.init(migrationConfig(url));
  const lock = orm.em.fork();
  try {
    await lock.begin();
    await lock.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    const applied = await orm.migrator.up();
    if (appLogin !== undefined) {
      const [row] = await lock.execute<{ login: string }[]>('select quote_ident(?) as login', [appLogin]);
      await lock.execute(`grant verbatim_app, verbatim_read to ${row!.login}`);
    }
    await lock.commit();
    return applied.map((migration) => migration.name);
  } finally {
    if (lock.isInTransaction()) await lock.rollback();
    await orm.close(true);
  }
}
