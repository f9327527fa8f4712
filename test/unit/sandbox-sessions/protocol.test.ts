import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Channel, createChannel } from '../../../src/lib/sandbox/sessions/channel.js';
import {
  acknowledgedSequence,
  acknowledgement,
  type ChannelMessage,
  decodeMessage,
  encodeMessage,
  idText,
  MalformedMessage,
  payloadTypes,
} from '../../../src/lib/sandbox/sessions/message.js';
import { dataFrames, encodeFrame, frameReader, muxCommands } from '../../../src/lib/sandbox/sessions/mux.js';

const id = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const message = (over: Partial<ChannelMessage> = {}): ChannelMessage => ({
  type: 'input_stream_data',
  createdAt: 1_700_000_000_000,
  sequence: 0,
  flags: 0,
  id,
  payloadType: payloadTypes.output,
  payload: Buffer.from('hello'),
  ...over,
});

describe('a message of the data channel', () => {
  it('has the layout that the client reads: offsets, byte order, padding, swapped id, digest', () => {
    const bytes = encodeMessage(message({ sequence: 258, flags: 1 }));
    expect(bytes.readUInt32BE(0)).toBe(116);
    expect(bytes.toString('latin1', 4, 36)).toBe('input_stream_data'.padEnd(32));
    expect(bytes.readUInt32BE(36)).toBe(1);
    expect(bytes.toString('hex', 40, 48)).toBe('0000018bcfe56800');
    expect(bytes.toString('hex', 48, 56)).toBe('0000000000000102');
    expect(bytes.toString('hex', 56, 64)).toBe('0000000000000001');
    expect(bytes.toString('hex', 64, 80)).toBe('8899aabbccddeeff0011223344556677');
    expect(bytes.toString('hex', 80, 112)).toBe(createHash('sha256').update('hello').digest('hex'));
    expect(bytes.readUInt32BE(112)).toBe(1);
    expect(bytes.readUInt32BE(116)).toBe(5);
    expect(bytes.toString('latin1', 120)).toBe('hello');
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(
        fc.record({
          type: fc.constantFrom('input_stream_data', 'acknowledge', 'channel_closed'),
          createdAt: fc.nat({ max: 4_000_000_000_000 }),
          sequence: fc.nat(),
          flags: fc.nat({ max: 3 }),
          id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
          payloadType: fc.nat({ max: 12 }),
          payload: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
        }),
        (given) => {
          expect(decodeMessage(encodeMessage(given))).toEqual(given);
        },
      ),
    );
  });

  it('is refused when it is cut, too long, or not what its digest says', () => {
    const bytes = encodeMessage(message());
    const changed = Buffer.from(bytes);
    changed.writeUInt8(0x48, 120);
    for (const bad of [
      bytes.subarray(0, 60),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, id]),
      changed,
      Buffer.alloc(0),
    ])
      expect(() => decodeMessage(bad)).toThrow(MalformedMessage);
  });

  it('is acknowledged by its type, id and number', () => {
    const answer = decodeMessage(acknowledgement(message({ sequence: 7 })));
    expect(answer.type).toBe('acknowledge');
    expect(acknowledgedSequence(answer)).toBe(7);
    expect(JSON.parse(answer.payload.toString())).toMatchObject({
      AcknowledgedMessageType: 'input_stream_data',
      AcknowledgedMessageId: idText(id),
    });
    expect(idText(id)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });
});

describe('frames of a port session', () => {
  it('are read whole from pieces of any size', () => {
    const sent = [
      { command: muxCommands.open, stream: 3, data: Buffer.alloc(0) },
      { command: muxCommands.data, stream: 3, data: Buffer.from('abc') },
      { command: muxCommands.end, stream: 3, data: Buffer.alloc(0) },
    ];
    const bytes = Buffer.concat(sent.map(encodeFrame));
    expect(bytes.toString('hex', 0, 16)).toBe('01000000030000000102030003000000');
    for (let size = 1; size <= bytes.length; size += 1) {
      const read = frameReader();
      const got = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...read(bytes.subarray(at, at + size)));
      expect(got).toEqual(sent);
    }
  });

  it('hold at most 32 KiB each', () => {
    const frames = dataFrames(1, Buffer.alloc(70_000, 1));
    expect(frames.map(({ length }) => length - 8)).toEqual([32_768, 32_768, 4_464]);
  });

  it('of another version are refused', () => {
    expect(() => frameReader()(Buffer.from('0200000003000000', 'hex'))).toThrow(/version 2/);
  });
});

describe('the agent’s side of a channel', () => {
  const open = (): { channel: Channel; sent: ChannelMessage[]; input: string[]; ready: () => number } => {
    const sent: ChannelMessage[] = [];
    const input: string[] = [];
    let ready = 0;
    const channel = createChannel({
      sessionId: 'session-1',
      kind: { type: 'InteractiveCommands', properties: {} },
      send: (bytes) => void sent.push(decodeMessage(bytes)),
      onReady: () => {
        ready += 1;
      },
      onInput: (bytes) => void input.push(bytes.toString()),
      onTerminate: () => undefined,
    });
    channel.start();
    return { channel, sent, input, ready: () => ready };
  };
  const from = (sequence: number, over: Partial<ChannelMessage>): Buffer =>
    encodeMessage(message({ sequence, ...over }));
  const acknowledge = (channel: Channel, sequence: number): void =>
    channel.receive(acknowledgement(message({ type: 'output_stream_data', sequence })));
  const handshake = { payloadType: payloadTypes.handshakeResponse, payload: Buffer.from('{"Errors":null}') };

  it('is ready after the handshake, takes input in order and once, and acknowledges what comes twice', () => {
    const { channel, sent, input, ready } = open();
    expect(sent[0]).toMatchObject({ sequence: 0, flags: 1, payloadType: payloadTypes.handshakeRequest });
    acknowledge(channel, 0);
    channel.receive(from(1, { payload: Buffer.from('too early') }));
    expect(ready()).toBe(0);
    channel.receive(from(0, handshake));
    expect(ready()).toBe(1);
    for (const sequence of [1, 1, 2]) channel.receive(from(sequence, { payload: Buffer.from(`line ${sequence}`) }));
    expect(input).toEqual(['line 1', 'line 2']);
    const acknowledged = sent.filter(({ type }) => type === 'acknowledge').map(acknowledgedSequence);
    expect(acknowledged).toEqual([0, 1, 1, 2]);
    channel.drop();
  });

  it('closes only when everything it sent is acknowledged', async () => {
    const { channel, sent } = open();
    acknowledge(channel, 0);
    channel.receive(from(0, handshake));
    acknowledge(channel, 1);
    channel.write(Buffer.alloc(3_000, 'x'));
    const closed = channel.close('over');
    for (const sequence of [2, 3]) acknowledge(channel, sequence);
    await Promise.resolve();
    expect(sent.some(({ type }) => type === 'channel_closed')).toBe(false);
    acknowledge(channel, 4);
    await closed;
    expect(JSON.parse(sent.at(-1)?.payload.toString() ?? '')).toMatchObject({ SessionId: 'session-1', Output: 'over' });
  });

  it('keeps a window: a client that acknowledges nothing is not flooded', () => {
    const { channel, sent } = open();
    channel.write(Buffer.alloc(1_000_000, 'x'));
    expect(sent.length).toBeLessThanOrEqual(256);
    channel.drop();
  });
});
