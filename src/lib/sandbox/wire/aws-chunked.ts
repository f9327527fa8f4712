/**
 * The `aws-chunked` content encoding: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailers>\r\n\r\n`.
 * Chunk signatures are not checked: the signature in the header covers the request, and this is one machine.
 */
import { malformed } from './scalars.js';

export interface Unchunked {
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string>>;
}

const lineEnd = (bytes: Buffer, from: number): number => {
  const index = bytes.indexOf('\r\n', from);
  if (index < 0) throw malformed('', 'is not valid aws-chunked');
  return index;
};

export const decodeAwsChunked = (encoded: Uint8Array): Unchunked => {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = lineEnd(bytes, at);
    const size = chunkSize(bytes.toString('latin1', at, end));
    at = end + 2;
    if (size === 0)
      return { body: new Uint8Array(Buffer.concat(chunks)), trailers: readTrailers(bytes.toString('latin1', at)) };
    if (at + size + 2 > bytes.length) throw malformed('', 'is not valid aws-chunked');
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
};

const chunkSize = (line: string): number => {
  const [size = ''] = line.split(';');
  if (!/^[\da-f]{1,8}$/i.test(size)) throw malformed('', 'is not valid aws-chunked');
  return Number.parseInt(size, 16);
};

const readTrailers = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(/\r?\n/)
      .map((line) => /^([^:\s]+):\s*(.*)$/.exec(line))
      .flatMap((match) => (match ? [[(match[1] as string).toLowerCase(), match[2] as string]] : [])),
  );
