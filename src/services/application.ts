import type { Logger } from 'pino';
import type { Bus } from '../pubsub/bus.js';
import type { AttachmentFiles } from './attachments/attachment-files.js';
import type { Database } from './database.js';
import type { Denials } from './denials.js';
import type { PrincipalCache } from './accounts/principals.js';
import type { SignInLimits } from './accounts/sign-in-limits.js';
import type { Tokens } from './accounts/tokens.js';
import type { Passwords } from './accounts/passwords.js';
import type { Sending } from './conversations/sending.js';
import type { ExportFiles } from './exports/export-files.js';
import type { Metrics } from './metrics/metrics.js';
import type { Outgoing } from './outgoing/outgoing.js';
import type { CustomerLimits } from './customers/customer-limits.js';
import type { Slots } from './slots.js';
import type { QueueBoards } from './streams/queue-boards.js';
import type { Tails } from './streams/tails.js';
import type { Principal } from './principal.js';
import type { AccessLog } from './record/access-log.js';
import type { SigningRoom } from './record/signing/signing-room.js';

/** Everything a use case may need that lives as long as the process. */
export interface Application {
  readonly db: Database;
  readonly bus: Bus;
  readonly tails: Tails;
  /** What waits for teams, for those who follow it. */
  readonly queueBoards: QueueBoards;
  /** Places for writing transactions, per workspace. */
  readonly slots: Slots;
  /** Places for pages of replays, in this whole process. */
  readonly replays: Slots;
  readonly principals: PrincipalCache;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly signInLimits: SignInLimits;
  readonly customerLimits: CustomerLimits;
  readonly denials: Denials;
  /** Records readings before they are shown. */
  readonly accessLog: AccessLog;
  /** Sends answers to customers, those of one workspace together. */
  readonly sending: Sending;
  /** What checkpoints of the record are signed with. */
  readonly signing: SigningRoom;
  /** To addresses that a workspace names. */
  readonly outgoing: Outgoing;
  /** Where exports are kept, and how their files are reached from outside. */
  readonly exports: {
    readonly files: ExportFiles;
    /** Where callers reach this server; without PUBLIC_URL it is known once it listens. */
    publicUrl: string;
  };
  /** The files of messages. */
  readonly attachments: { readonly files: AttachmentFiles };
  /** What this node counts of itself. */
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The only clock; tests replace it. */
  readonly now: () => Date;
}

/** Where a request came from. */
export interface RequestOrigin {
  id: string;
  ipAddress: string | null;
  userAgent: string | null;
}

/** One call: who asks, from where, of what. Every use case's first argument. */
export interface Call {
  readonly app: Application;
  readonly principal: Principal;
  readonly request: RequestOrigin;
}
