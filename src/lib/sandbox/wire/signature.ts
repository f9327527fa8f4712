/** Verifies a request's SigV4 signature against one key. Dates are not checked: sandbox time is not wall time. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Checksum, SourceData } from '@smithy/types';
import type { WireRequest } from './message.js';

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

class Sha256 implements Checksum {
  private readonly hash;

  constructor(secret?: SourceData) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBuffer(secret));
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.hash.digest());
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

const toBuffer = (data: SourceData): Buffer => {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
};

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/;

/** Presigned URLs are not accepted: no client that the sandbox serves with a key of its own needs them. */
export const isSignedBy = async (request: WireRequest, key: SigningKey): Promise<boolean> => {
  const match = authorization.exec(request.headers['authorization'] ?? '');
  if (!match || match[1] !== key.accessKeyId) return false;
  const [, , , region = '', service = '', signedHeaders = '', signature = ''] = match;
  const signingDate = dateOf(request.headers['x-amz-date']);
  if (!signingDate || !bodyMatches(request)) return false;
  const expected = await signatureOf(request, {
    key,
    region,
    service,
    signedHeaders: signedHeaders.split(';'),
    signingDate,
  });
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
};

const dateOf = (text: string | undefined): Date | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!match) return undefined;
  const date = new Date(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

/** The signature covers this header instead of the body, so the header must be true. */
const bodyMatches = ({ headers, body }: WireRequest): boolean => {
  const declared = headers['x-amz-content-sha256'];
  if (declared === undefined || !/^[\da-f]{64}$/.test(declared)) return true;
  return createHash('sha256').update(body).digest('hex') === declared;
};

interface Signing {
  readonly key: SigningKey;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signingDate: Date;
}

const signatureOf = async (request: WireRequest, signing: Signing): Promise<string> => {
  const { key, region, service, signedHeaders, signingDate } = signing;
  const signer = new SignatureV4({
    credentials: key,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  });
  const headers = Object.fromEntries(
    signedHeaders.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const query: Record<string, string[]> = {};
  for (const name of new Set(request.query.keys())) query[name] = request.query.getAll(name);
  const signed = await signer.sign(
    { method: request.method, protocol: 'http:', hostname: '', path: request.path, query, headers, body: request.body },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  return /Signature=([\da-f]+)/.exec(signed.headers['authorization'] ?? '')?.[1] ?? ''.padEnd(64);
};
