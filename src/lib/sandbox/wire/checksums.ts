/** Verifies the checksums that S3 clients send, by header or trailer. CRC64NVME is stored but not verified. */
import { createHash } from 'node:crypto';
import { AwsError } from '../service.js';

const digest = (algorithm: string, body: Uint8Array): string => createHash(algorithm).update(body).digest('base64');

const bigEndian = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
};

/** Reflected polynomials of CRC-32 and CRC-32C. */
const tableOf = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });

const crcWith = (polynomial: number) => {
  let table: Uint32Array | undefined;
  return (body: Uint8Array): string => {
    table ??= tableOf(polynomial);
    let crc = 0xff_ff_ff_ff;
    for (const byte of body) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
    return bigEndian(crc ^ 0xff_ff_ff_ff);
  };
};

const algorithms: Readonly<Record<string, (body: Uint8Array) => string>> = {
  'x-amz-checksum-crc32': crcWith(0xed_b8_83_20),
  'x-amz-checksum-crc32c': crcWith(0x82_f6_3b_78),
  'x-amz-checksum-sha1': (body) => digest('sha1', body),
  'x-amz-checksum-sha256': (body) => digest('sha256', body),
};

export const refuseWrongChecksums = (body: Uint8Array, headers: Readonly<Record<string, string>>): void => {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== digest('md5', body)) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  for (const [header, checksum] of Object.entries(algorithms)) {
    const given = headers[header];
    if (given === undefined || given.includes('-') || given === checksum(body)) continue;
    const name = header.slice('x-amz-checksum-'.length).toUpperCase();
    throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
};
