import { resolve } from 'node:path';
import { z } from 'zod';
import type { AttachmentKind } from './entities/enums.js';
import {
  Mistake,
  bucket,
  mailAddress,
  oneOf,
  optional,
  origins,
  postgresUrl,
  publicUrl,
  redisUrl,
  smtpUrl,
  trustProxy,
  variable,
  whole,
} from './config-variables.js';

/** The limits of one process: sizes in bytes, times as their names say. */
export interface Limits {
  /** Connections of the writing and of the reading pool; a quarter as many search. */
  databasePoolSize: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  requestTimeoutMs: number;
  maxBodyBytes: number;
  maxQueryBytes: number;
  maxTokens: number;
  maxDepth: number;
  maxAliases: number;
  maxDirectives: number;
  maxFragments: number;
  maxRootFieldsQuery: number;
  maxRootFieldsMutation: number;
  maxNodes: number;
  costBucketPoints: number;
  costRefillPerSecond: number;
  wsMaxOperations: number;
  wsMaxSocketsPerPrincipal: number;
  wsMaxFrameBytes: number;
  wsPingMs: number;
  /** How long nothing may leave a socket before it is closed as stuck. */
  wsStuckMs: number;
  drainSeconds: number;
}

/** A bucket of S3, or of what speaks like it. */
export interface S3Place {
  bucket: string;
  /** Null = as the SDK finds it. */
  region: string | null;
  /** Null = Amazon's. */
  endpoint: string | null;
  /** The bucket is named in the path, not in the host. */
  pathStyle: boolean;
}

/** What the operator has decided, checked and complete. */
export interface Config {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Absolute. */
  dataDir: string;
  /** Null = the PostgreSQL that comes with the package, in `dataDir`. */
  databaseUrl: string | null;
  /** The owner's connection, for migrations; null = `databaseUrl`. */
  databaseAdminUrl: string | null;
  /** `redis://`, `redis+cluster://`, each with TLS too, or the absolute path of a Unix socket; null = one process alone. */
  redisUrl: string | null;
  /** Where callers reach the server, without a slash at the end; null = `http://HOST:PORT`. */
  publicUrl: string | null;
  /** Origins of browsers' pages that may call, that of PUBLIC_URL among them where it is set. */
  allowedOrigins: string[];
  /** Absolute; null = `signing-keys.json` in `dataDir`, made there. */
  signingKeysFile: string | null;
  /** The keys that sign checkpoints of the record. Absolute; null = `record-keys.json` in `dataDir`, made there. */
  recordKeysFile: string | null;
  /** Where the signer keeps what it signed last. Absolute; null = `checkpoints` in `dataDir`. */
  recordStateDir: string | null;
  /** How often logs that have grown are signed, in seconds; 0 = only when somebody asks. */
  checkpointSeconds: number;
  /** Absolute; where exports are kept. Every node must see the same. */
  exportsDir: string;
  attachments: {
    /** Absolute; where the files of messages are kept. Every node must see the same. */
    directory: string;
    /** Where they are kept instead; null = in the directory. */
    s3: S3Place | null;
    /** The most bytes of a file of each kind. */
    maxBytes: Record<AttachmentKind, number>;
  };
  logLevel: (typeof logLevels)[number];
  /** Whose X-Forwarded-For is believed: nobody's, everybody's, or that of these addresses and networks. */
  trustProxy: boolean | string[];
  /** Webhooks and sinks may go to private and local addresses too, and without TLS. */
  outgoingAllowPrivate: boolean;
  /** The server that takes e-mail, `smtp://` or `smtps://`; null = none is sent. */
  smtpUrl: string | null;
  /** Whom e-mail is from. */
  mailFrom: string;
  limits: Limits;
  introspection: (typeof introspections)[number];
  /** Whether browsers are given an IDE on `/`. */
  ide: boolean;
  /** What `/metrics` asks for; null = it answers this machine alone. */
  metricsToken: string | null;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const answers = ['no', 'yes', 'false', 'true'] as const;
const introspections = ['signed-in', 'everyone', 'nobody'] as const;

/** The environment is not one to start with. The message names every variable that is wrong, and how. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const anything = Number.MAX_SAFE_INTEGER;
const aDayMs = 86_400_000;
const largestFile = 10_737_418_240;
/** What S3 takes, and copies, at one go. */
const largestObject = 5_368_709_120;

const environment = z.object({
  HOST: variable((text) => {
    if (/[\s/]/.test(text)) throw new Mistake('must be an address or a name to listen on');
    return text.replace(/^\[(.*)\]$/, '$1');
  }, '127.0.0.1'),
  PORT: whole(4000, 0, 65_535),
  DATA_DIR: variable((text) => resolve(text), resolve('.verbatim')),
  DATABASE_URL: optional(postgresUrl),
  DATABASE_ADMIN_URL: optional(postgresUrl),
  REDIS_URL: optional(redisUrl),
  PUBLIC_URL: optional(publicUrl),
  ALLOWED_ORIGINS: variable(origins, []),
  SIGNING_KEYS_FILE: optional((text) => resolve(text)),
  RECORD_KEYS_FILE: optional((text) => resolve(text)),
  RECORD_STATE_DIR: optional((text) => resolve(text)),
  CHECKPOINT_SECONDS: whole(60, 0, 86_400),
  EXPORTS_DIR: optional((text) => resolve(text)),
  ATTACHMENTS_DIR: optional((text) => resolve(text)),
  ATTACHMENTS_BUCKET: optional(bucket),
  S3_REGION: optional((text) => text),
  S3_ENDPOINT: optional(publicUrl),
  S3_PATH_STYLE: oneOf(answers, null),
  MAX_FILE_BYTES: whole(26_214_400, 1, largestFile),
  MAX_IMAGE_BYTES: whole(26_214_400, 1, largestFile),
  MAX_AUDIO_BYTES: whole(26_214_400, 1, largestFile),
  MAX_VIDEO_BYTES: whole(104_857_600, 1, largestFile),
  MAX_RECORDING_BYTES: whole(262_144_000, 1, largestFile),
  LOG_LEVEL: oneOf(logLevels, 'info'),
  TRUST_PROXY: variable(trustProxy, false),
  SMTP_URL: optional(smtpUrl),
  MAIL_FROM: optional(mailAddress),
  OUTGOING_ALLOW_PRIVATE: oneOf(answers, 'no').transform((answer) => answer === 'yes' || answer === 'true'),
  DATABASE_POOL_SIZE: whole(16, 2, 1_000),
  STATEMENT_TIMEOUT_MS: whole(5_000, 1, aDayMs),
  LOCK_TIMEOUT_MS: whole(2_000, 1, aDayMs),
  REQUEST_TIMEOUT_MS: whole(10_000, 1, aDayMs),
  MAX_BODY_BYTES: whole(102_400, 1_024, 104_857_600),
  MAX_QUERY_BYTES: whole(16_384, 256, 1_048_576),
  MAX_TOKENS: whole(1_500, 10, 1_000_000),
  MAX_DEPTH: whole(8, 1, 100),
  MAX_ALIASES: whole(30, 0, 10_000),
  MAX_DIRECTIVES: whole(20, 0, 10_000),
  MAX_FRAGMENTS: whole(30, 0, 10_000),
  MAX_ROOT_FIELDS_QUERY: whole(10, 1, 1_000),
  MAX_ROOT_FIELDS_MUTATION: whole(5, 1, 1_000),
  MAX_NODES: whole(5_000, 1, 1_000_000),
  COST_BUCKET_POINTS: whole(20_000, 1, anything),
  COST_REFILL_PER_SECOND: whole(5_000, 1, anything),
  WS_MAX_OPERATIONS: whole(64, 1, 10_000),
  WS_MAX_SOCKETS_PER_PRINCIPAL: whole(20, 1, 100_000),
  WS_MAX_FRAME_BYTES: whole(65_536, 1_024, 104_857_600),
  WS_PING_MS: whole(25_000, 100, aDayMs),
  WS_STUCK_MS: whole(60_000, 100, aDayMs),
  DRAIN_SECONDS: whole(10, 0, 3_600),
  INTROSPECTION: oneOf(introspections, 'signed-in'),
  // An IDE is of little use where nobody may ask for the schema.
  IDE: oneOf(['on', 'off'], null),
  METRICS_TOKEN: optional((text) => {
    if (!/^[\x21-\x7e]{16,}$/.test(text)) throw new Mistake('must have 16 printable characters at least');
    return text;
  }),
});

type Environment = z.infer<typeof environment>;

/** What says the opposite of each other about where files are. */
function bucketMistakes(data: Environment): string[] {
  if (data.ATTACHMENTS_BUCKET === null) {
    const idle = (['S3_REGION', 'S3_ENDPOINT', 'S3_PATH_STYLE'] as const).filter((name) => data[name] !== null);
    return idle.map((name) => `${name} is for the ATTACHMENTS_BUCKET, which is not set`);
  }
  const sizes = [
    'MAX_FILE_BYTES',
    'MAX_IMAGE_BYTES',
    'MAX_AUDIO_BYTES',
    'MAX_VIDEO_BYTES',
    'MAX_RECORDING_BYTES',
  ] as const;
  return [
    ...(data.ATTACHMENTS_DIR === null ? [] : ['ATTACHMENTS_DIR and ATTACHMENTS_BUCKET cannot both be where files are']),
    ...sizes
      .filter((name) => data[name] > largestObject)
      .map((name) => `${name} must be ${largestObject} at most with an ATTACHMENTS_BUCKET`),
  ];
}

function s3Place(data: Environment): S3Place | null {
  if (data.ATTACHMENTS_BUCKET === null) return null;
  return {
    bucket: data.ATTACHMENTS_BUCKET,
    // Others than Amazon have one region, which goes by this name.
    region: data.S3_REGION ?? (data.S3_ENDPOINT === null ? null : 'us-east-1'),
    endpoint: data.S3_ENDPOINT,
    pathStyle: data.S3_PATH_STYLE === 'yes' || data.S3_PATH_STYLE === 'true',
  };
}

/**
 * Reads the environment; nothing else in the product does.
 * @throws ConfigError naming every variable that is wrong.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const { data, error } = environment.safeParse(env);
  const mistakes = error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  if (env['DATABASE_ADMIN_URL']?.trim() && !env['DATABASE_URL']?.trim()) {
    mistakes.push('DATABASE_ADMIN_URL is for the migrations of a DATABASE_URL, which is not set');
  }
  if (data) mistakes.push(...bucketMistakes(data));
  if (!data || mistakes.length > 0) throw new ConfigError(mistakes.join('\n'));
  return {
    host: data.HOST,
    port: data.PORT,
    dataDir: data.DATA_DIR,
    databaseUrl: data.DATABASE_URL,
    databaseAdminUrl: data.DATABASE_ADMIN_URL,
    redisUrl: data.REDIS_URL,
    publicUrl: data.PUBLIC_URL,
    allowedOrigins: [
      ...new Set([...(data.PUBLIC_URL ? [new URL(data.PUBLIC_URL).origin] : []), ...data.ALLOWED_ORIGINS]),
    ],
    signingKeysFile: data.SIGNING_KEYS_FILE,
    recordKeysFile: data.RECORD_KEYS_FILE,
    recordStateDir: data.RECORD_STATE_DIR,
    checkpointSeconds: data.CHECKPOINT_SECONDS,
    exportsDir: data.EXPORTS_DIR ?? resolve(data.DATA_DIR, 'exports'),
    attachments: {
      directory: data.ATTACHMENTS_DIR ?? resolve(data.DATA_DIR, 'attachments'),
      s3: s3Place(data),
      maxBytes: {
        FILE: data.MAX_FILE_BYTES,
        IMAGE: data.MAX_IMAGE_BYTES,
        AUDIO: data.MAX_AUDIO_BYTES,
        VIDEO: data.MAX_VIDEO_BYTES,
        RECORDING: data.MAX_RECORDING_BYTES,
      },
    },
    logLevel: data.LOG_LEVEL,
    trustProxy: data.TRUST_PROXY,
    outgoingAllowPrivate: data.OUTGOING_ALLOW_PRIVATE,
    smtpUrl: data.SMTP_URL,
    mailFrom: data.MAIL_FROM ?? `no-reply@${data.PUBLIC_URL ? new URL(data.PUBLIC_URL).hostname : 'localhost'}`,
    limits: {
      databasePoolSize: data.DATABASE_POOL_SIZE,
      statementTimeoutMs: data.STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: data.LOCK_TIMEOUT_MS,
      requestTimeoutMs: data.REQUEST_TIMEOUT_MS,
      maxBodyBytes: data.MAX_BODY_BYTES,
      maxQueryBytes: data.MAX_QUERY_BYTES,
      maxTokens: data.MAX_TOKENS,
      maxDepth: data.MAX_DEPTH,
      maxAliases: data.MAX_ALIASES,
      maxDirectives: data.MAX_DIRECTIVES,
      maxFragments: data.MAX_FRAGMENTS,
      maxRootFieldsQuery: data.MAX_ROOT_FIELDS_QUERY,
      maxRootFieldsMutation: data.MAX_ROOT_FIELDS_MUTATION,
      maxNodes: data.MAX_NODES,
      costBucketPoints: data.COST_BUCKET_POINTS,
      costRefillPerSecond: data.COST_REFILL_PER_SECOND,
      wsMaxOperations: data.WS_MAX_OPERATIONS,
      wsMaxSocketsPerPrincipal: data.WS_MAX_SOCKETS_PER_PRINCIPAL,
      wsMaxFrameBytes: data.WS_MAX_FRAME_BYTES,
      wsPingMs: data.WS_PING_MS,
      wsStuckMs: data.WS_STUCK_MS,
      drainSeconds: data.DRAIN_SECONDS,
    },
    introspection: data.INTROSPECTION,
    ide: data.IDE === null ? data.INTROSPECTION !== 'nobody' : data.IDE === 'on',
    metricsToken: data.METRICS_TOKEN,
  };
}
