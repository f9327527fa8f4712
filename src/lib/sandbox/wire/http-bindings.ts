/** REST: which members travel in path, query, headers or status, and how. Shared by restJson1 and restXml. */
import { splitHeaderList } from './header-list.js';
import type { ReadContext } from './message.js';
import {
  badOutput,
  base64ToBytes,
  bytesOf,
  bytesToBase64,
  isObject,
  scalarFromText,
  scalarToText,
  setOwn,
} from './scalars.js';
import type { Shape, Slot, StructureShape } from './schema.js';

export interface Bindings {
  /** Members that make up the body's document. */
  readonly body: readonly Slot[];
  /** The one member that is the whole body. */
  readonly payload?: Slot;
  readonly bound: readonly Slot[];
}

const known = new WeakMap<StructureShape, Bindings>();

export const bindingsOf = (shape: StructureShape): Bindings => {
  const found = known.get(shape);
  if (found) return found;
  const isBound = ({ traits }: Slot): boolean =>
    traits.httpLabel === 1 ||
    traits.httpQuery !== undefined ||
    traits.httpQueryParams === 1 ||
    traits.httpHeader !== undefined ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpResponseCode === 1;
  const isPayload = ({ traits, shape: target }: Slot): boolean =>
    traits.httpPayload === 1 || traits.streaming === 1 || (target.kind === 'blob' && target.isStreaming);
  const payload = shape.members.find(isPayload);
  const bindings = {
    bound: shape.members.filter(isBound),
    body: payload ? [] : shape.members.filter((member) => !isBound(member)),
    ...(payload && { payload }),
  };
  known.set(shape, bindings);
  return bindings;
};

/** The members outside the body. */
export const readBound = (shape: StructureShape, { request, labels }: ReadContext): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  const taken = new Set(shape.members.map((member) => member.traits.httpQuery));
  for (const member of bindingsOf(shape).bound) {
    const value = readOne(member, { request, labels, taken });
    if (value !== undefined) result[member.name] = value;
  }
  return result;
};

const readOne = (
  member: Slot,
  {
    request,
    labels,
    taken,
  }: Pick<ReadContext, 'request' | 'labels'> & { readonly taken: ReadonlySet<string | undefined> },
): unknown => {
  const { traits, shape, name } = member;
  if (traits.httpLabel) return readText(shape, labels[name]);
  if (traits.httpQuery !== undefined) return readQueryValues(shape, request.query.getAll(traits.httpQuery), name);
  if (traits.httpQueryParams) return readQueryMap(shape, request.query, taken);
  if (traits.httpHeader !== undefined) {
    return readHeader(member, request.headers[traits.httpHeader.toLowerCase()]);
  }
  if (traits.httpPrefixHeaders !== undefined) return readPrefixed(traits.httpPrefixHeaders, request.headers);
  return undefined;
};

const readText = (shape: Shape, text: string | undefined): unknown =>
  text === undefined || !isScalar(shape) ? undefined : scalarFromText(shape, text, '');

const isScalar = (shape: Shape): shape is Exclude<Shape, { kind: 'structure' | 'union' | 'list' | 'map' }> =>
  !['structure', 'union', 'list', 'map'].includes(shape.kind);

const readQueryValues = (shape: Shape, values: readonly string[], path: string): unknown => {
  if (values.length === 0) return undefined;
  if (shape.kind === 'list') return values.map((value) => readText(shape.element.shape, value));
  return isScalar(shape) ? scalarFromText(shape, values[0] as string, path) : undefined;
};

const readQueryMap = (shape: Shape, query: URLSearchParams, taken: ReadonlySet<string | undefined>): unknown => {
  if (shape.kind !== 'map') return undefined;
  const result: Record<string, unknown> = {};
  for (const key of new Set(query.keys())) {
    if (!taken.has(key)) setOwn(result, key, readQueryValues(shape.value.shape, query.getAll(key), key));
  }
  return Object.keys(result).length > 0 ? result : undefined;
};

const readHeader = ({ shape, name }: Slot, text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  if (shape.kind === 'list') {
    const isHttpDate = shape.element.shape.kind === 'timestamp' && /^[A-Z][a-z]{2},/.test(text);
    return splitHeaderList(text, isHttpDate ? 2 : 1).map((item) => readText(shape.element.shape, item));
  }
  // Structured strings (mediaType) travel in base64; a client's plain string does not decode to itself.
  if (shape.kind === 'blob') return base64ToBytes(text, name);
  return isScalar(shape) ? scalarFromText(shape, text, name) : undefined;
};

const readPrefixed = (prefix: string, headers: Readonly<Record<string, string>>): unknown => {
  const start = prefix.toLowerCase();
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(start)) setOwn(result, name.slice(start.length), value);
  }
  return Object.keys(result).length > 0 ? result : undefined;
};

export interface BoundOutput {
  readonly headers: Record<string, string>;
  readonly status?: number;
}

export const writeBound = (shape: StructureShape, output: Readonly<Record<string, unknown>>): BoundOutput => {
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const { name, traits, shape: target } of bindingsOf(shape).bound) {
    const value = output[name];
    if (value === undefined || value === null) continue;
    if (traits.httpHeader !== undefined) headers[traits.httpHeader.toLowerCase()] = headerText(target, value, name);
    else if (traits.httpPrefixHeaders !== undefined)
      Object.assign(headers, prefixedHeaders(traits.httpPrefixHeaders, value));
    else if (traits.httpResponseCode && typeof value === 'number') status = value;
  }
  return { headers, ...(status !== undefined && { status }) };
};

const headerText = (shape: Shape, value: unknown, path: string): string => {
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) throw badOutput(path, 'list');
    const items = value.map((item) => headerText(shape.element.shape, item, path));
    return items
      .map((item) => (/[",]/.test(item) && shape.element.shape.kind === 'string' ? JSON.stringify(item) : item))
      .join(', ');
  }
  if (!isScalar(shape)) throw badOutput(path, 'scalar');
  if (shape.kind === 'blob') return bytesToBase64(bytesOf(value, path));
  return scalarToText(shape, value, { path, timestamps: 'http-date' });
};

const prefixedHeaders = (prefix: string, value: unknown): Record<string, string> => {
  if (!isObject(value)) throw badOutput(prefix, 'map');
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [`${prefix}${key}`.toLowerCase(), String(item)]),
  );
};
