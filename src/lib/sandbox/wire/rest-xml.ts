/** restXml (S3): members in path, query, headers and prefixed headers; bodies are XML documents or raw bytes. */
import { bindingsOf, readBound, writeBound } from './http-bindings.js';
import { bytesToText, type Protocol, textToBytes, type WireResponse } from './message.js';
import { bytesOf, isObject, malformed, type Structure } from './scalars.js';
import type { Slot, StructureShape } from './schema.js';
import { parseXml, readXmlMembers, type XmlElement } from './xml-read.js';
import { escapeXml, writeXml, writeXmlMembers } from './xml-write.js';

const xml = { 'content-type': 'application/xml' } as const;
const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';

const parseBody = (body: Uint8Array): XmlElement => {
  try {
    return parseXml(bytesToText(body));
  } catch (error) {
    throw error instanceof TypeError ? malformed('', 'is not UTF-8') : error;
  }
};

const readBody = (shape: StructureShape, body: Uint8Array): Record<string, unknown> => {
  const { payload, body: members } = bindingsOf(shape);
  // An empty object is an object; an empty document is none.
  const isObjectBody = payload?.shape.kind === 'blob' && payload.shape.isStreaming;
  if (body.length === 0 && !isObjectBody) return {};
  if (payload) return { [payload.name]: readPayload(payload, body) };
  return members.length === 0 ? {} : readXmlMembers(shape, parseBody(body), members);
};

const readPayload = ({ shape }: Slot, body: Uint8Array): unknown => {
  if (shape.kind === 'structure' || shape.kind === 'union') return readXmlMembers(shape, parseBody(body));
  return shape.kind === 'string' ? bytesToText(body) : body;
};

const isStream = (value: unknown): value is AsyncIterable<Uint8Array> =>
  isObject(value) && Symbol.asyncIterator in value && !(value instanceof Uint8Array);

const writeBody = (name: string, shape: StructureShape, output: Structure): Pick<WireResponse, 'headers' | 'body'> => {
  const { payload, body: members } = bindingsOf(shape);
  if (!payload) {
    if (members.length === 0) return { headers: {}, body: new Uint8Array() };
    const tag = shape.traits.xmlName ?? (shape.name || `${name}Response`);
    const content = writeXmlMembers(shape, output, { path: '', only: members });
    return { headers: xml, body: textToBytes(`${prolog}<${tag}>${content}</${tag}>`) };
  }
  const value = output[payload.name];
  if (value === undefined) return { headers: {}, body: new Uint8Array() };
  if (isStream(value)) return { headers: {}, body: value };
  if (payload.shape.kind === 'structure' || payload.shape.kind === 'union') {
    const tag = payload.traits.xmlName ?? payload.shape.name;
    return { headers: xml, body: textToBytes(prolog + writeXml(payload, value, { tag, path: payload.name })) };
  }
  return { headers: {}, body: bytesOf(value, payload.name) };
};

export const restXml: Protocol = {
  id: 'restXml',
  readInput: (context) => {
    const { input } = context.operation;
    return input ? { ...readBody(input, context.request.body), ...readBound(input, context) } : {};
  },
  writeOutput: (output, { operation, requestId }) => {
    const status = operation.http?.status ?? 200;
    const common = { 'x-amz-request-id': requestId };
    if (!operation.output) return { status, headers: common, body: new Uint8Array() };
    const bound = writeBound(operation.output, output);
    const { headers, body } = writeBody(operation.name, operation.output, output);
    return { status: bound.status ?? status, headers: { ...common, ...headers, ...bound.headers }, body };
  },
  writeError: ({ code, status, source }, { requestId, request }) => {
    const extra = Object.entries(source.extra).map(([key, value]) => `<${key}>${escapeXml(String(value))}</${key}>`);
    const error = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(source.message)}</Message>${extra.join('')}`;
    const document = `${prolog}<Error>${error}<RequestId>${requestId}</RequestId></Error>`;
    return {
      status,
      headers: { ...xml, 'x-amz-request-id': requestId },
      body: request.method === 'HEAD' ? new Uint8Array() : textToBytes(document),
    };
  },
  events: {
    contentType: 'application/xml',
    write: (shape, value) => {
      if (shape.kind !== 'structure') throw new Error('an event is a structure');
      return textToBytes(`<${shape.name}>${writeXmlMembers(shape, value, { path: '' })}</${shape.name}>`);
    },
  },
};
