import { createHash } from 'node:crypto';
import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAwsChunked } from '../../../src/lib/sandbox/wire/aws-chunked.js';
import { decodeBody } from '../../../src/lib/sandbox/wire/body.js';
import { refuseWrongChecksums } from '../../../src/lib/sandbox/wire/checksums.js';
import { textToBytes, type WireRequest } from '../../../src/lib/sandbox/wire/message.js';

const request = (headers: Record<string, string>, body: Uint8Array): WireRequest => ({
  method: 'PUT',
  path: '/bucket/key',
  query: new URLSearchParams(),
  headers,
  body,
  signal: new AbortController().signal,
});

const chunked = (pieces: readonly Uint8Array[], trailers = ''): Uint8Array =>
  new Uint8Array(
    Buffer.concat([
      ...pieces.flatMap((piece) => [
        Buffer.from(`${piece.length.toString(16)};chunk-signature=ab\r\n`),
        piece,
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`0\r\n${trailers}\r\n`),
    ]),
  );

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const crc32Of = (body: Uint8Array): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
};

describe('aws-chunked bodies', () => {
  it('are put together again, whatever bytes and sizes the chunks have', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), (pieces) => {
        const { body } = decodeAwsChunked(chunked(pieces));
        expect(Buffer.from(body)).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  it('bring their checksum in a trailer, which is verified', () => {
    const body = textToBytes('hello');
    const encoded = (checksum: string): Uint8Array => chunked([body], `x-amz-checksum-crc32:${checksum}\r\n`);
    const headers = { 'content-encoding': 'aws-chunked', 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const decoded = decodeBody(request(headers, encoded(crc32Of(body))));
    expect(text(decoded.body)).toBe('hello');
    expect(decoded.headers['x-amz-checksum-crc32']).toBe(crc32Of(body));
    expect(() => decodeBody(request(headers, encoded('AAAAAA==')))).toThrow('CRC32');
  });

  it.each(['5\r\nhel', 'zz\r\nhello\r\n', '', '5', 'fffffffff\r\n'])('that are broken (%j) are refused', (encoded) => {
    expect(() => decodeAwsChunked(textToBytes(encoded))).toThrow('is not valid aws-chunked');
  });
});

describe('checksums', () => {
  const body = textToBytes('123456789');

  it.each([
    ['content-md5', createHash('md5').update(body).digest('base64')],
    ['x-amz-checksum-crc32', crc32Of(body)],
    // The published check value of CRC-32C for "123456789" is e3069283.
    ['x-amz-checksum-crc32c', Buffer.from('e3069283', 'hex').toString('base64')],
    ['x-amz-checksum-sha1', createHash('sha1').update(body).digest('base64')],
    ['x-amz-checksum-sha256', createHash('sha256').update(body).digest('base64')],
  ])('%s is accepted when right and refused when wrong', (header, right) => {
    expect(() => refuseWrongChecksums(body, { [header]: right })).not.toThrow();
    expect(() => refuseWrongChecksums(textToBytes('changed'), { [header]: right })).toThrow('did not match');
  });
});

describe('compressed bodies', () => {
  const headers = { 'content-encoding': 'gzip', 'x-amz-target': 'Service.Operation' };

  it('of RPC calls are decompressed', () => {
    expect(text(decodeBody(request(headers, new Uint8Array(gzipSync('{"a":1}')))).body)).toBe('{"a":1}');
  });

  it('that somebody stores as an object stay as they are', () => {
    const body = new Uint8Array(gzipSync('stored'));
    expect(decodeBody(request({ 'content-encoding': 'gzip' }, body)).body).toEqual(body);
  });

  it('that would unpack to more than the limit are refused', () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(17 * 1024 * 1024)));
    expect(() => decodeBody(request(headers, bomb))).toThrow('cannot be decompressed');
  });
});
