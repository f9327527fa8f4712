/** Response event streams: each event of the handler's async iterable becomes one framed message. */
import { EventStreamCodec, Int64, type MessageHeaders } from '@smithy/core/event-streams';
import { AwsError } from '../service.js';
import type { EventCodec } from './message.js';
import { badOutput, bytesOf, isObject, type Structure } from './scalars.js';
import type { Slot, StructureShape } from './schema.js';

const codec = new EventStreamCodec(
  (input) => (typeof input === 'string' ? input : new TextDecoder().decode(input)),
  (text) => new TextEncoder().encode(text),
);

export const eventStreamContentType = 'application/vnd.amazon.eventstream';

export interface EventStream {
  readonly union: StructureShape;
  readonly events: AsyncIterable<unknown>;
  readonly codec: EventCodec;
  /** The output's other members, sent as `initial-response` by RPC protocols; REST sends them as headers. */
  readonly initial?: Uint8Array;
  readonly signal: AbortSignal;
}

export async function* encodeEventStream(stream: EventStream): AsyncGenerator<Uint8Array> {
  if (stream.initial) yield message('initial-response', stream.codec.contentType, stream.initial);
  const iterator = stream.events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done || stream.signal.aborted) return;
      yield encodeEvent(stream, next.value);
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    yield encodeException(stream, error);
  } finally {
    await iterator.return?.();
  }
}

const message = (type: string, contentType: string, body: Uint8Array, headers: MessageHeaders = {}): Uint8Array =>
  codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: contentType },
      ...headers,
    },
    body,
  });

const encodeEvent = (stream: EventStream, event: unknown): Uint8Array => {
  const [name, value] = isObject(event) ? (Object.entries(event)[0] ?? []) : [];
  const member = stream.union.members.find((candidate) => candidate.name === name);
  if (member?.shape.kind !== 'structure' || !isObject(value)) throw badOutput(String(name), stream.union.name);
  const headers: Record<string, MessageHeaders[string]> = {};
  for (const field of member.shape.members) {
    const item = value[field.name];
    if (field.traits.eventHeader && item !== undefined) headers[field.name] = headerOf(field, item);
  }
  const payload = member.shape.members.find((field) => field.traits.eventPayload);
  if (payload) return explicitPayload(stream, { name: member.name, payload, value, headers });
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !(key in headers)));
  return message(member.name, stream.codec.contentType, stream.codec.write(member.shape, rest), headers);
};

const explicitPayload = (
  { codec: events }: EventStream,
  { name, payload, value, headers }: { name: string; payload: Slot; value: Structure; headers: MessageHeaders },
): Uint8Array => {
  // An event without its payload is an empty one.
  const item = value[payload.name] ?? (isRaw(payload) ? '' : {});
  if (payload.shape.kind === 'blob')
    return message(name, 'application/octet-stream', bytesOf(item, payload.name), headers);
  if (payload.shape.kind === 'string') return message(name, 'text/plain', bytesOf(item, payload.name), headers);
  return message(name, events.contentType, events.write(payload.shape, item), headers);
};

const isRaw = ({ shape }: Slot): boolean => shape.kind === 'blob' || shape.kind === 'string';

const headerOf = ({ name, shape }: Slot, value: unknown): MessageHeaders[string] => {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (value instanceof Date) return { type: 'timestamp', value };
  if (value instanceof Uint8Array) return { type: 'binary', value };
  if (typeof value !== 'number') throw badOutput(name, shape.kind);
  const isInteger32 = value >= -(2 ** 31) && value < 2 ** 31;
  return isInteger32 ? { type: 'integer', value } : { type: 'long', value: Int64.fromNumber(value) };
};

/** A modelled error ends the stream as an exception event, which clients raise as that error. */
const encodeException = (stream: EventStream, error: AwsError): Uint8Array => {
  const member = stream.union.members.find(
    ({ name, shape }) => name === error.code || (shape.kind === 'structure' && shape.name === error.code),
  );
  const value = { message: error.message, ...error.extra };
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'exception' },
      ':exception-type': { type: 'string', value: member?.name ?? error.code },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: new TextEncoder().encode(JSON.stringify(value)),
  });
};
