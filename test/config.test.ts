import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.js';
import { clusterAddress } from '../src/pubsub/redis-cluster.js';

/** The lines of the error that an environment is refused with. */
function mistakes(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('an empty environment is the defaults', () => {
  expect(loadConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    dataDir: resolve('.verbatim'),
    databaseUrl: null,
    databaseAdminUrl: null,
    redisUrl: null,
    publicUrl: null,
    allowedOrigins: [],
    signingKeysFile: null,
    recordKeysFile: null,
    recordStateDir: null,
    checkpointSeconds: 60,
    exportsDir: resolve('.verbatim/exports'),
    attachments: {
      directory: resolve('.verbatim/attachments'),
      s3: null,
      maxBytes: {
        FILE: 26_214_400,
        IMAGE: 26_214_400,
        AUDIO: 26_214_400,
        VIDEO: 104_857_600,
        RECORDING: 262_144_000,
      },
    },
    logLevel: 'info',
    trustProxy: false,
    outgoingAllowPrivate: false,
    smtpUrl: null,
    mailFrom: 'no-reply@localhost',
    limits: {
      databasePoolSize: 16,
      statementTimeoutMs: 5_000,
      lockTimeoutMs: 2_000,
      requestTimeoutMs: 10_000,
      maxBodyBytes: 102_400,
      maxQueryBytes: 16_384,
      maxTokens: 1_500,
      maxDepth: 8,
      maxAliases: 30,
      maxDirectives: 20,
      maxFragments: 30,
      maxRootFieldsQuery: 10,
      maxRootFieldsMutation: 5,
      maxNodes: 5_000,
      costBucketPoints: 20_000,
      costRefillPerSecond: 5_000,
      wsMaxOperations: 64,
      wsMaxSocketsPerPrincipal: 20,
      wsMaxFrameBytes: 65_536,
      wsPingMs: 25_000,
      wsStuckMs: 60_000,
      drainSeconds: 10,
    },
    introspection: 'signed-in',
    ide: true,
    metricsToken: null,
  });
});

test('what the environment says is taken', () => {
  const config = loadConfig({
    HOST: '[::1]',
    PORT: '0',
    DATA_DIR: 'somewhere',
    DATABASE_URL: 'postgres://verbatim@%2Frun%2Fpostgresql:5432/verbatim',
    DATABASE_ADMIN_URL: 'postgresql:///verbatim?host=/run/postgresql',
    REDIS_URL: 'rediss://:secret@cache.example:6380/1',
    SIGNING_KEYS_FILE: 'keys.json',
    LOG_LEVEL: 'DEBUG',
    INTROSPECTION: 'nobody',
    IDE: 'ON',
    METRICS_TOKEN: 'sixteen-characters-of-it',
    MAX_DEPTH: '12',
    SOMETHING_ELSE: 'is nobody else’s business',
  });
  expect(config).toMatchObject({
    host: '::1',
    port: 0,
    dataDir: resolve('somewhere'),
    databaseUrl: 'postgres://verbatim@%2Frun%2Fpostgresql:5432/verbatim',
    databaseAdminUrl: 'postgresql:///verbatim?host=/run/postgresql',
    redisUrl: 'rediss://:secret@cache.example:6380/1',
    signingKeysFile: resolve('keys.json'),
    logLevel: 'debug',
    introspection: 'nobody',
    ide: true,
    metricsToken: 'sixteen-characters-of-it',
  });
  expect(config.limits.maxDepth).toBe(12);
});

test('there is an IDE unless nobody may ask for the schema, or somebody has said otherwise', () => {
  expect(loadConfig({ INTROSPECTION: 'everyone' }).ide).toBe(true);
  expect(loadConfig({ INTROSPECTION: 'nobody' }).ide).toBe(false);
  expect(loadConfig({ IDE: 'off' }).ide).toBe(false);
});

describe('a bucket', () => {
  const bucket = { ATTACHMENTS_BUCKET: 'files.example' };

  test('is of Amazon unless an endpoint is named, whose one region it is in', () => {
    const amazon = { bucket: 'files.example', region: null, endpoint: null, pathStyle: false };
    expect(loadConfig(bucket).attachments.s3).toEqual(amazon);
    expect(loadConfig({ ...bucket, S3_REGION: 'eu-central-1' }).attachments.s3).toEqual({
      ...amazon,
      region: 'eu-central-1',
    });
    const own = { ...bucket, S3_ENDPOINT: 'https://minio.example.com/', S3_PATH_STYLE: 'yes' };
    expect(loadConfig(own).attachments.s3).toEqual({
      bucket: 'files.example',
      region: 'us-east-1',
      endpoint: 'https://minio.example.com',
      pathStyle: true,
    });
  });

  test.each([
    [{ ATTACHMENTS_BUCKET: 'Files' }, 'ATTACHMENTS_BUCKET must be the name of a bucket'],
    [{ ...bucket, ATTACHMENTS_DIR: 'files' }, 'ATTACHMENTS_DIR and ATTACHMENTS_BUCKET cannot both be where files are'],
    [{ S3_REGION: 'eu-central-1' }, 'S3_REGION is for the ATTACHMENTS_BUCKET, which is not set'],
    [{ S3_PATH_STYLE: 'no' }, 'S3_PATH_STYLE is for the ATTACHMENTS_BUCKET, which is not set'],
    [
      { ...bucket, S3_ENDPOINT: 'https://me:secret@minio' },
      'S3_ENDPOINT must be an http:// or https:// address without',
    ],
    [
      { ...bucket, MAX_RECORDING_BYTES: '5368709121' },
      'MAX_RECORDING_BYTES must be 5368709120 at most with an ATTACHMENTS_BUCKET',
    ],
  ])('is not %j', (env, mistake) => {
    expect(mistakes(env)).toEqual([expect.stringContaining(mistake)]);
  });
});

test('a variable that is set to nothing is not set', () => {
  expect(loadConfig({ PORT: '', REDIS_URL: ' ', DATABASE_URL: '', DATABASE_ADMIN_URL: '' })).toEqual(loadConfig({}));
});

test('all mistakes are named at once', () => {
  expect(
    mistakes({
      PORT: '65536',
      DATABASE_ADMIN_URL: 'mysql://root:secret@db/verbatim',
      LOG_LEVEL: 'loud',
      MAX_TOKENS: '1e3',
      INTROSPECTION: 'yes',
      IDE: 'true',
    }),
  ).toEqual([
    'PORT must be a whole number from 0 to 65535, not "65536"',
    'DATABASE_ADMIN_URL must be a postgres:// address',
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    'MAX_TOKENS must be a whole number from 10 to 1000000, not "1e3"',
    'INTROSPECTION must be one of signed-in, everyone, nobody, not "yes"',
    'IDE must be one of on, off, not "true"',
    'DATABASE_ADMIN_URL is for the migrations of a DATABASE_URL, which is not set',
  ]);
});

test.each(['-1', '4000.5', '0x10', 'http', '4 000'])('PORT is not %s', (port) => {
  expect(mistakes({ PORT: port })).toEqual([`PORT must be a whole number from 0 to 65535, not "${port}"`]);
});

test('a database address must name a database, and a wrong one is never repeated', () => {
  expect(mistakes({ DATABASE_URL: 'postgres://verbatim:secret@db' })).toEqual([
    'DATABASE_URL must name a database: postgres://user@host/database',
  ]);
  expect(mistakes({ DATABASE_URL: 'db/verbatim:secret' })).toEqual(['DATABASE_URL must be a postgres:// address']);
});

test.each([
  ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
  ['unix:///run/redis.sock', '/run/redis.sock'],
  ['/run/redis.sock?db=2', '/run/redis.sock?db=2'],
  ['redis+cluster://a.example:7000,b.example', 'redis+cluster://a.example:7000,b.example'],
  ['rediss+cluster://me:s%40crt@[::1]:7000', 'rediss+cluster://me:s%40crt@[::1]:7000'],
])('REDIS_URL %s is taken as the client knows it', (text, expected) => {
  expect(loadConfig({ REDIS_URL: text }).redisUrl).toBe(expected);
});

test.each(['127.0.0.1:6379', 'http://cache', 'redis://'])('REDIS_URL is not %s', (text) => {
  expect(mistakes({ REDIS_URL: text })).toHaveLength(1);
});

test('the nodes of a cluster, the account and TLS are read from REDIS_URL', () => {
  expect(clusterAddress('redis+cluster://a.example:7000,b.example/')).toEqual({
    nodes: [
      { host: 'a.example', port: 7000 },
      { host: 'b.example', port: 6379 },
    ],
    redisOptions: {},
  });
  expect(clusterAddress('rediss+cluster://me:s%40cret@[::1]:7000')).toEqual({
    nodes: [{ host: '::1', port: 7000 }],
    redisOptions: { username: 'me', password: 's@cret', tls: {} },
  });
});

test.each([
  'redis+cluster://',
  'redis+cluster://a.example:port',
  'redis+cluster://a.example,',
  'redis+cluster://a.example/1',
  'redis+cluster://a.example?db=1',
  'redis+cluster://me:%zz@a.example',
])('REDIS_URL is no cluster at %s, and what is wrong is said without the password', (text) => {
  expect(mistakes({ REDIS_URL: text })).toEqual([
    'REDIS_URL must name nodes of the cluster, and neither a database nor options: redis+cluster://user:password@host:port,host:port',
  ]);
});

describe('browsers', () => {
  test('may call from the public address and the allowed origins, each once', () => {
    const config = loadConfig({
      PUBLIC_URL: 'https://inbox.example.com/verbatim/',
      ALLOWED_ORIGINS: 'https://app.example.com, HTTPS://APP.example.com:443/,https://inbox.example.com,',
    });
    expect(config.publicUrl).toBe('https://inbox.example.com/verbatim');
    expect(config.allowedOrigins).toEqual(['https://inbox.example.com', 'https://app.example.com']);
  });

  test.each(['*', 'null', 'app.example.com', 'https://app.example.com/path', 'ftp://app.example.com'])(
    '%s is no origin',
    (origin) => {
      expect(mistakes({ ALLOWED_ORIGINS: `https://a.example,${origin}` })).toEqual([
        `ALLOWED_ORIGINS must be origins such as https://app.example.com, separated by commas; "${origin}" is none`,
      ]);
    },
  );

  test.each(['inbox.example.com', 'https://me:secret@inbox.example.com', 'https://inbox.example.com/?a=b'])(
    'PUBLIC_URL is not %s',
    (text) => {
      expect(mistakes({ PUBLIC_URL: text })).toHaveLength(1);
    },
  );
});

test.each([
  ['true', true],
  ['false', false],
  ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
])('TRUST_PROXY %s', (text, expected) => {
  expect(loadConfig({ TRUST_PROXY: text }).trustProxy).toEqual(expected);
});

test.each([
  ['yes', true],
  ['TRUE', true],
  ['no', false],
  ['false', false],
])('OUTGOING_ALLOW_PRIVATE %s', (text, expected) => {
  expect(loadConfig({ OUTGOING_ALLOW_PRIVATE: text }).outgoingAllowPrivate).toBe(expected);
});

test('TRUST_PROXY is neither a name nor a number of proxies, which whoever connects directly could forge', () => {
  expect(mistakes({ TRUST_PROXY: '1' })).toEqual([
    'TRUST_PROXY must be true, false, or the addresses or networks of the proxies; "1" is none',
  ]);
  expect(mistakes({ TRUST_PROXY: 'proxy.internal' })).toEqual([
    'TRUST_PROXY must be true, false, or the addresses or networks of the proxies; "proxy.internal" is none',
  ]);
});

test('e-mail goes to the server of SMTP_URL, from MAIL_FROM or the host of PUBLIC_URL', () => {
  const env = { SMTP_URL: 'smtps://user:secret@mail.example.com', PUBLIC_URL: 'https://inbox.example.com' };
  expect(loadConfig(env)).toMatchObject({ smtpUrl: env.SMTP_URL, mailFrom: 'no-reply@inbox.example.com' });
  expect(loadConfig({ ...env, MAIL_FROM: 'alerts@example.com' }).mailFrom).toBe('alerts@example.com');
  expect(mistakes({ SMTP_URL: 'http://user:secret@mail.example.com', MAIL_FROM: 'nobody' })).toEqual([
    'SMTP_URL must be an smtp:// or smtps:// address: smtp://user:password@host:587',
    'MAIL_FROM must be an e-mail address, not "nobody"',
  ]);
});
