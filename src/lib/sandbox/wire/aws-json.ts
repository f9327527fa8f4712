/** awsJson 1.0 and 1.1: everything in a JSON body, the operation in X-Amz-Target. */
import { readJsonMembers, writeJson, writeJsonMembers, writeJsonText } from './json-values.js';
import {
  bytesToText,
  type EventCodec,
  type Protocol,
  textToBytes,
  type WireError,
  type WriteContext,
} from './message.js';
import { malformed, type Structure } from './scalars.js';
import type { StructureShape } from './schema.js';

const place = { naming: 'member', path: '' } as const;

export const parseJsonBody = (body: Uint8Array): unknown => {
  if (body.length === 0) return {};
  try {
    return JSON.parse(bytesToText(body));
  } catch {
    throw malformed('', 'is not valid JSON');
  }
};

export const jsonEvents: EventCodec = {
  contentType: 'application/json',
  write: (shape, value) => textToBytes(JSON.stringify(writeJson(shape, value, place))),
};

/** `message` keeps the case that the error's shape uses; clients read both. */
export const errorMembers = (shape: StructureShape | undefined, message: string, extra: Structure): Structure => {
  const name = shape?.members.find((member) => member.name.toLowerCase() === 'message')?.name ?? 'message';
  const known = shape ? writeJsonMembers(shape, extra, place) : {};
  return { ...known, [name]: message };
};

/** Services that moved from awsQuery to JSON or CBOR keep their old codes for old clients. */
export const queryErrorHeader = (
  { type, source }: Pick<WireError, 'type' | 'source'>,
  { schema, request }: Pick<WriteContext, 'schema' | 'request'>,
): Readonly<Record<string, string>> => {
  const code = schema.errors.get(source.code)?.traits.awsQueryError?.[0] ?? source.code;
  return request.headers['x-amzn-query-mode'] ? { 'x-amzn-query-error': `${code};${type}` } : {};
};

export const awsJson = (version: '1.0' | '1.1'): Protocol => {
  const contentType = `application/x-amz-json-${version}`;
  return {
    id: version === '1.0' ? 'awsJson1_0' : 'awsJson1_1',
    readInput: ({ operation, request }) => {
      const value = parseJsonBody(request.body);
      return operation.input ? readJsonMembers(operation.input, value, place) : {};
    },
    writeOutput: (output, { operation }) => ({
      status: 200,
      headers: { 'content-type': contentType },
      body: textToBytes(operation.output ? writeJsonText(operation.output, output, place) : '{}'),
    }),
    writeError: ({ code, status, type, source }, { schema, request }) => {
      const shape = schema.errors.get(source.code);
      return {
        status,
        headers: {
          'content-type': contentType,
          ...queryErrorHeader({ type, source }, { schema, request }),
        },
        body: textToBytes(JSON.stringify({ __type: code, ...errorMembers(shape, source.message, source.extra) })),
      };
    },
    events: jsonEvents,
  };
};
