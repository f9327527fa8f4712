/** restJson1 (EKS, Lambda, Scheduler): members in path, query, headers, and the rest in a JSON body. */
import { errorMembers, jsonEvents, parseJsonBody } from './aws-json.js';
import { bindingsOf, readBound, writeBound } from './http-bindings.js';
import { readJson, readJsonMembers, writeJson, writeJsonMembers } from './json-values.js';
import { bytesToText, type Protocol, textToBytes } from './message.js';
import { bytesOf, type Structure } from './scalars.js';
import type { Slot, StructureShape } from './schema.js';

const place = { naming: 'jsonName', path: '' } as const;
const json = { 'content-type': 'application/json' } as const;

const readBody = (shape: StructureShape, body: Uint8Array): Record<string, unknown> => {
  const { payload, body: members } = bindingsOf(shape);
  if (payload) return body.length === 0 ? {} : { [payload.name]: readPayload(payload, body) };
  return members.length === 0 ? {} : readJsonMembers(shape, parseJsonBody(body), { ...place, only: members });
};

const readPayload = ({ shape }: Slot, body: Uint8Array): unknown => {
  if (shape.kind === 'blob') return body;
  if (shape.kind === 'string') return bytesToText(body);
  return readJson(shape, parseJsonBody(body), place);
};

const writeBody = (shape: StructureShape, output: Structure): { headers: Record<string, string>; body: Uint8Array } => {
  const { payload, body: members } = bindingsOf(shape);
  if (!payload)
    return {
      headers: json,
      body: textToBytes(JSON.stringify(writeJsonMembers(shape, output, { ...place, only: members }))),
    };
  const value = output[payload.name];
  if (value === undefined) return { headers: {}, body: new Uint8Array() };
  if (payload.shape.kind === 'blob')
    return { headers: { 'content-type': 'application/octet-stream' }, body: bytesOf(value, payload.name) };
  if (payload.shape.kind === 'string')
    return { headers: { 'content-type': 'text/plain' }, body: bytesOf(value, payload.name) };
  return { headers: json, body: textToBytes(JSON.stringify(writeJson(payload.shape, value, place))) };
};

export const restJson1: Protocol = {
  id: 'restJson1',
  readInput: (context) => {
    const { input } = context.operation;
    return input ? { ...readBody(input, context.request.body), ...readBound(input, context) } : {};
  },
  writeOutput: (output, { operation }) => {
    const status = operation.http?.status ?? 200;
    if (!operation.output) return { status, headers: json, body: textToBytes('{}') };
    const bound = writeBound(operation.output, output);
    const { headers, body } = writeBody(operation.output, output);
    return { status: bound.status ?? status, headers: { ...headers, ...bound.headers }, body };
  },
  writeError: ({ code, status, source }, { schema }) => {
    const shape = schema.errors.get(source.code);
    return {
      status,
      headers: { ...json, 'x-amzn-errortype': code, ...(shape && writeBound(shape, source.extra).headers) },
      body: textToBytes(JSON.stringify({ ...errorMembers(shape, source.message, source.extra), code })),
    };
  },
  events: jsonEvents,
};
