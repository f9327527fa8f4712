/** rpcv2Cbor: `POST /service/X/operation/Y`, everything in a CBOR body. */
import { cbor, tag } from '@smithy/core/cbor';
import { errorMembers, queryErrorHeader } from './aws-json.js';
import type { Protocol } from './message.js';
import { badOutput, bytesOf, dateFromSeconds, dateOf, isObject, malformed, setOwn } from './scalars.js';
import type { Shape, StructureShape } from './schema.js';

const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' } as const;
const timestampTag = 1;

export const rpcv2Cbor: Protocol = {
  id: 'rpcv2Cbor',
  readInput: ({ operation, request }) => {
    if (!operation.input || request.body.length === 0) return {};
    return readMembers(operation.input, decode(request.body), '');
  },
  writeOutput: (output, { operation }) => ({
    status: 200,
    headers: operation.output ? headers : { 'smithy-protocol': 'rpc-v2-cbor' },
    body: operation.output ? cbor.serialize(writeValue(operation.output, output, '')) : new Uint8Array(),
  }),
  writeError: ({ code, status, type, source }, { schema, request }) => {
    const shape = schema.errors.get(source.code);
    return {
      status,
      headers: { ...headers, ...queryErrorHeader({ type, source }, { schema, request }) },
      body: cbor.serialize({ __type: code, ...errorMembers(shape, source.message, source.extra) }),
    };
  },
  events: { contentType: 'application/cbor', write: (shape, value) => cbor.serialize(writeValue(shape, value, '')) },
};

const decode = (body: Uint8Array): unknown => {
  try {
    return cbor.deserialize(body);
  } catch {
    throw malformed('', 'is not valid CBOR');
  }
};

const readMembers = (shape: StructureShape, value: unknown, path: string): Record<string, unknown> => {
  if (!isObject(value)) throw malformed(path, 'is not an object');
  const result: Record<string, unknown> = {};
  for (const { name, shape: target } of shape.members) {
    const item = Object.hasOwn(value, name) ? value[name] : undefined;
    if (item !== undefined && item !== null) result[name] = readValue(target, item, path ? `${path}.${name}` : name);
  }
  return result;
};

const readValue = (shape: Shape, value: unknown, path: string): unknown => {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readMembers(shape, value, path);
    case 'list':
      if (!Array.isArray(value)) throw malformed(path, 'is not a list');
      return value.map((item, index) =>
        item === null ? null : readValue(shape.element.shape, item, `${path}.${index}`),
      );
    case 'map': {
      if (!isObject(value)) throw malformed(path, 'is not an object');
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        setOwn(result, key, item === null ? null : readValue(shape.value.shape, item, `${path}.${key}`));
      }
      return result;
    }
    case 'timestamp':
      return readTimestamp(value, path);
    case 'string':
      if (typeof value !== 'string') throw malformed(path, 'is not a string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw malformed(path, 'is not a boolean');
      return value;
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw malformed(path, 'is not a number');
      return Number(value);
    case 'blob':
      if (!(value instanceof Uint8Array)) throw malformed(path, 'is not a byte string');
      return value;
    default:
      return value;
  }
};

const readTimestamp = (value: unknown, path: string): Date => {
  if (value instanceof Date) return value;
  const seconds = isObject(value) && value['tag'] === timestampTag ? value['value'] : value;
  return dateFromSeconds(Number(seconds), path);
};

const writeValue = (shape: Shape, value: unknown, path: string): unknown => {
  switch (shape.kind) {
    case 'structure':
    case 'union': {
      if (!isObject(value)) throw badOutput(path, 'structure');
      const result: Record<string, unknown> = {};
      for (const { name, shape: target } of shape.members) {
        const item = value[name];
        if (item !== undefined && item !== null)
          result[name] = writeValue(target, item, path ? `${path}.${name}` : name);
      }
      return result;
    }
    case 'list':
      if (!Array.isArray(value)) throw badOutput(path, 'list');
      return value.map((item, index) =>
        item === null ? null : writeValue(shape.element.shape, item, `${path}.${index}`),
      );
    case 'map': {
      if (!isObject(value)) throw badOutput(path, 'map');
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        setOwn(result, key, item === null ? null : writeValue(shape.value.shape, item, `${path}.${key}`));
      }
      return result;
    }
    case 'timestamp':
      return tag({ tag: timestampTag, value: dateOf(value, path).getTime() / 1000 });
    case 'blob':
      return bytesOf(value, path);
    default:
      return value;
  }
};
