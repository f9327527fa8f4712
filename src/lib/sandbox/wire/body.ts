/** Undoes what clients do to a body on its way: gzip, aws-chunked with trailers, and checks the checksums they send. */
import { gunzipSync } from 'node:zlib';
import { decodeAwsChunked } from './aws-chunked.js';
import { refuseWrongChecksums } from './checksums.js';
import type { WireRequest } from './message.js';
import { malformed } from './scalars.js';

/** No RPC body of AWS is near this; it keeps a gzip bomb small. */
const maxUnzippedBytes = 16 * 1024 * 1024;

export const decodeBody = (request: WireRequest): WireRequest => {
  const { headers } = request;
  const isChunked =
    headers['content-encoding']?.includes('aws-chunked') === true ||
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;
  const { body, trailers } = isChunked ? decodeAwsChunked(request.body) : { body: request.body, trailers: {} };
  refuseWrongChecksums(body, { ...headers, ...trailers });
  const isGzip = /(^|,\s*)gzip\b/.test(headers['content-encoding'] ?? '') && looksGzipped(body) && isRpc(request);
  return { ...request, headers: { ...headers, ...trailers }, body: isGzip ? gunzip(body) : body };
};

// An object that somebody stores with Content-Encoding: gzip stays as it is; only RPC bodies are compressed for the trip.
const isRpc = ({ headers, path }: WireRequest): boolean =>
  headers['x-amz-target'] !== undefined ||
  path.startsWith('/service/') ||
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;

const looksGzipped = (body: Uint8Array): boolean => body[0] === 0x1f && body[1] === 0x8b;

const gunzip = (body: Uint8Array): Uint8Array => {
  try {
    return new Uint8Array(gunzipSync(body, { maxOutputLength: maxUnzippedBytes }));
  } catch {
    throw malformed('', 'cannot be decompressed');
  }
};
