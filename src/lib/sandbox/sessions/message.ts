/**
 * One message of a Session Manager data channel, as bytes: a fixed header in big-endian numbers, then the payload. The
 * agent sends `output_stream_data`, `acknowledge` and `channel_closed`; the client `input_stream_data` and `acknowledge`.
 * Pure. channel.ts says what is sent when.
 */
import { createHash, randomBytes } from 'node:crypto';

export const payloadTypes = {
  output: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
} as const;

/** What a flag payload says: four bytes. */
export const flags = { disconnectToPort: 1, terminateSession: 2, connectToPortError: 3 } as const;

export interface ChannelMessage {
  readonly type: string;
  /** Milliseconds since epoch. */
  readonly createdAt: number;
  readonly sequence: number;
  /** Bit 0: the first of a sequence; bit 1: the last. */
  readonly flags: number;
  /** Sixteen bytes. */
  readonly id: Buffer;
  readonly payloadType: number;
  readonly payload: Buffer;
}

const at = {
  type: 4,
  schema: 36,
  createdAt: 40,
  sequence: 48,
  flags: 56,
  id: 64,
  digest: 80,
  payloadType: 112,
  payloadLength: 116,
  payload: 120,
} as const;

const typeBytes = 32;
const digestOf = (payload: Buffer): Buffer => createHash('sha256').update(payload).digest();

/** The id travels with its halves swapped. */
const swapped = (id: Buffer): Buffer => Buffer.concat([id.subarray(8, 16), id.subarray(0, 8)]);

export const newMessageId = (): Buffer => randomBytes(16);

export const idText = (id: Buffer): string => {
  const hex = id.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

export const encodeMessage = (message: ChannelMessage): Buffer => {
  const header = Buffer.alloc(at.payload);
  header.writeUInt32BE(at.payloadLength, 0);
  header.fill(' ', at.type, at.type + typeBytes);
  header.write(message.type, at.type, typeBytes, 'utf8');
  header.writeUInt32BE(1, at.schema);
  header.writeBigUInt64BE(BigInt(message.createdAt), at.createdAt);
  header.writeBigInt64BE(BigInt(message.sequence), at.sequence);
  header.writeBigUInt64BE(BigInt(message.flags), at.flags);
  swapped(message.id).copy(header, at.id);
  digestOf(message.payload).copy(header, at.digest);
  header.writeUInt32BE(message.payloadType, at.payloadType);
  header.writeUInt32BE(message.payload.length, at.payloadLength);
  return Buffer.concat([header, message.payload]);
};

export class MalformedMessage extends Error {}

/** Throws MalformedMessage for what is too short, lies about its length, or whose digest is another payload's. */
export const decodeMessage = (bytes: Buffer): ChannelMessage => {
  if (bytes.length < at.payload) throw new MalformedMessage(`a message of ${bytes.length} bytes`);
  const headerLength = bytes.readUInt32BE(0);
  if (headerLength !== at.payloadLength) throw new MalformedMessage(`a header of ${headerLength} bytes`);
  const length = bytes.readUInt32BE(at.payloadLength);
  const payload = bytes.subarray(at.payload);
  if (payload.length !== length) throw new MalformedMessage(`${payload.length} bytes of payload instead of ${length}`);
  const digest = bytes.subarray(at.digest, at.digest + 32);
  if (length > 0 && !digest.equals(digestOf(payload))) throw new MalformedMessage('the digest is of another payload');
  return {
    type: bytes.toString('utf8', at.type, at.type + typeBytes).replace(/[\0\s]+$/, ''),
    createdAt: Number(bytes.readBigUInt64BE(at.createdAt)),
    sequence: Number(bytes.readBigInt64BE(at.sequence)),
    flags: Number(bytes.readBigUInt64BE(at.flags)),
    id: swapped(bytes.subarray(at.id, at.id + 16)),
    payloadType: bytes.readUInt32BE(at.payloadType),
    payload: Buffer.from(payload),
  };
};

const jsonMessage = (type: string, body: object): Buffer =>
  encodeMessage({
    type,
    createdAt: Date.now(),
    sequence: 0,
    flags: 3,
    id: newMessageId(),
    payloadType: 0,
    payload: Buffer.from(JSON.stringify(body)),
  });

/** "I have it": sent for every message of a sequence, also for one that comes again. */
export const acknowledgement = (message: ChannelMessage): Buffer =>
  jsonMessage('acknowledge', {
    AcknowledgedMessageType: message.type,
    AcknowledgedMessageId: idText(message.id),
    AcknowledgedMessageSequenceNumber: message.sequence,
    IsSequentialMessage: true,
  });

export const acknowledgedSequence = (message: ChannelMessage): number | undefined => {
  const value = parseObject(message.payload)['AcknowledgedMessageSequenceNumber'];
  return typeof value === 'number' ? value : undefined;
};

/** The end of a session; `output` is shown to whoever sits at the other end. */
export const channelClosed = (sessionId: string, output: string): Buffer => {
  const id = newMessageId();
  return jsonMessage('channel_closed', {
    MessageId: idText(id),
    CreatedDate: new Date().toISOString(),
    DestinationId: sessionId,
    SessionId: sessionId,
    MessageType: 'channel_closed',
    SchemaVersion: 1,
    Output: output,
  });
};

export const parseObject = (bytes: Buffer): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};
