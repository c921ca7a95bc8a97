import { Readable } from 'node:stream';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { Disk } from 'flydrive';
import type { S3Place } from '../../config.js';
import { FileStore } from './file-store.js';

/** How long a connection may take, how long nothing may pass over it, and how long a look at the bucket may take. */
const CONNECT_MS = 3_000;
const SILENCE_MS = 60_000;
const CHECK_MS = 5_000;
/** Connections to the bucket: one for each file that is on its way, so that slow readers keep nobody else from theirs. */
const SOCKETS = 1_000;
/** What talks to S3; large, and wanted by few: it is loaded only where a bucket is named. */
const PACKAGES = ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'];
const VERSION = '3.1162.0';

/**
 * Files in a bucket of S3, or of what speaks like it. Credentials come as the SDK finds them: its variables, its files, the
 * machine's own.
 * @throws Error when the packages that this needs are not installed.
 */
export async function openS3Store(place: S3Place): Promise<FileStore> {
  const { sdk, S3Driver } = await packages();
  const options: S3ClientConfig = {
    // Only what is asked for, since some that speak S3 know no checksums at the end of a body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: place.pathStyle,
    // What goes wrong is said by who asked, in the log of this process and not on its console.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: { maxSockets: SOCKETS, keepAlive: true },
      httpsAgent: { maxSockets: SOCKETS, keepAlive: true },
    },
    ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
    ...(place.region === null ? {} : { region: place.region }),
  };
  const client = ended(new sdk.S3Client(options));
  const driver = new S3Driver({
    client,
    bucket: place.bucket,
    visibility: 'private',
    // Buckets have none unless somebody has wanted it, and others than Amazon's know none.
    supportsACL: false,
  });
  return new FileStore(new Disk(driver), {
    check: async () => {
      try {
        const command = new sdk.HeadBucketCommand({ Bucket: place.bucket });
        await client.send(command, { abortSignal: AbortSignal.timeout(CHECK_MS) });
      } catch (error) {
        throw new Error(`The bucket "${place.bucket}" of ATTACHMENTS_BUCKET cannot be used: ${reason(error)}`, {
          cause: error,
        });
      }
    },
  });
}

async function packages() {
  try {
    const [sdk, { S3Driver }] = await Promise.all([import('@aws-sdk/client-s3'), import('flydrive/drivers/s3')]);
    return { sdk, S3Driver };
  } catch (error) {
    const wanted = PACKAGES.map((name) => `${name}@${VERSION}`).join(' ');
    throw new Error(`ATTACHMENTS_BUCKET needs packages that are not installed. Run: npm install --no-save ${wanted}`, {
      cause: error,
    });
  }
}

/** The same client, which ends a request whose body has failed: the SDK would go on waiting for the rest of it. */
function ended(client: S3Client): S3Client {
  const send = client.send.bind(client) as (command: Sent, options?: object) => Promise<unknown>;
  const sendEnded = (command: Sent, options?: object): Promise<unknown> => {
    const body = command.input?.Body;
    if (!(body instanceof Readable)) return send(command, options);
    const ending = new AbortController();
    body.once('error', () => ending.abort()).once('close', () => body.readableEnded || ending.abort());
    return send(command, { ...options, abortSignal: ending.signal });
  };
  return Object.assign(client, { send: sendEnded as S3Client['send'] });
}

interface Sent {
  input?: { Body?: unknown };
}

const ignore = (): void => {};

/** What an operator can do about it. */
function reason(error: unknown): string {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === 404) return 'there is no such bucket.';
  if (status === 403) return 'the credentials are refused, or may not list it (s3:ListBucket).';
  if (status === 301 || status === 400) return 'it is in another region, or wants another endpoint: set S3_REGION.';
  if (status !== undefined) return `it was answered with ${status}.`;
  if (name === 'CredentialsProviderError')
    return 'there are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.';
  return `it is out of reach (${message || name}).`;
}
