/** JSON values ↔ values in the SDK's shape (Date, Uint8Array), for awsJson, restJson and event payloads. */
import {
  badOutput,
  base64ToBytes,
  bytesOf,
  bytesToBase64,
  dateFromSeconds,
  dateFromText,
  dateOf,
  dateToText,
  isObject,
  malformed,
  numberFromText,
  setOwn,
} from './scalars.js';
import type { ListShape, MapShape, ScalarShape, Shape, Slot, StructureShape } from './schema.js';

/** awsJson calls members by their own names, restJson by their jsonName. */
export type JsonNaming = 'member' | 'jsonName';

export interface JsonPlace {
  readonly naming: JsonNaming;
  /** Where we are, for error messages: `containerDefinitions.0.name`. */
  readonly path: string;
}

const wireName = ({ name, traits }: Slot, naming: JsonNaming): string =>
  naming === 'jsonName' ? (traits.jsonName ?? name) : name;

const below = (place: JsonPlace, step: string | number): JsonPlace => ({
  naming: place.naming,
  path: place.path ? `${place.path}.${step}` : String(step),
});

export const readJson = (shape: Shape, value: unknown, place: JsonPlace): unknown => {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readJsonMembers(shape, value, place);
    case 'list':
      return readList(shape, value, place);
    case 'map':
      return readMap(shape, value, place);
    default:
      return readScalar(shape, value, place.path);
  }
};

/** `only` limits it to the members that travel in the body (restJson). */
export const readJsonMembers = (
  shape: StructureShape,
  value: unknown,
  place: JsonPlace & { readonly only?: readonly Slot[] },
): Record<string, unknown> => {
  if (!isObject(value)) throw malformed(place.path, 'is not an object');
  const result: Record<string, unknown> = {};
  for (const member of place.only ?? shape.members) {
    const name = wireName(member, place.naming);
    if (!Object.hasOwn(value, name)) continue;
    const found = value[name];
    if (found === null || found === undefined) continue;
    result[member.name] = readJson(member.shape, found, below(place, name));
  }
  if (shape.kind === 'union' && Object.keys(result).length > 1) {
    throw malformed(place.path, 'has more than one member of a union');
  }
  return result;
};

const readList = ({ element }: ListShape, value: unknown, place: JsonPlace): unknown[] => {
  if (!Array.isArray(value)) throw malformed(place.path, 'is not a list');
  return value.map((item, index) => {
    if (item !== null) return readJson(element.shape, item, below(place, index));
    if (element.traits.sparse || element.shape.kind === 'document') return null;
    throw malformed(`${place.path}.${index}`, 'is null');
  });
};

const readMap = ({ value: slot }: MapShape, value: unknown, place: JsonPlace): Record<string, unknown> => {
  if (!isObject(value)) throw malformed(place.path, 'is not an object');
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === null && !slot.traits.sparse) continue;
    setOwn(result, key, item === null ? null : readJson(slot.shape, item, below(place, key)));
  }
  return result;
};

const readScalar = (shape: ScalarShape, value: unknown, path: string): unknown => {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw malformed(path, 'is not a string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw malformed(path, 'is not a boolean');
      return value;
    case 'number':
      if (typeof value === 'number') return value;
      if (typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value)) return numberFromText(value, path);
      throw malformed(path, 'is not a number');
    case 'bigInteger':
      // JSON.parse has rounded anything larger already: refuse rather than answer with another number.
      if (!Number.isSafeInteger(value)) throw malformed(path, 'is not an integer below 2^53');
      return BigInt(value as number);
    case 'bigDecimal':
      return String(value);
    case 'blob':
      if (typeof value !== 'string') throw malformed(path, 'is not base64');
      return base64ToBytes(value, path);
    case 'timestamp':
      if (typeof value === 'number') return dateFromSeconds(value, path);
      if (typeof value === 'string') return dateFromText(value, path);
      throw malformed(path, 'is not a timestamp');
    case 'document':
      return value;
  }
};

export const writeJson = (shape: Shape, value: unknown, place: JsonPlace): unknown => {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return writeJsonMembers(shape, value, place);
    case 'list':
      if (!Array.isArray(value)) throw badOutput(place.path, 'list');
      return value.map((item, index) =>
        item === null || item === undefined ? null : writeJson(shape.element.shape, item, below(place, index)),
      );
    case 'map':
      return writeMap(shape, value, place);
    default:
      return writeScalar(shape, value, place.path);
  }
};

export const writeJsonMembers = (
  shape: StructureShape,
  value: unknown,
  place: JsonPlace & { readonly only?: readonly Slot[] },
): Record<string, unknown> => {
  if (!isObject(value)) throw badOutput(place.path || shape.name, 'structure');
  const result: Record<string, unknown> = {};
  for (const member of place.only ?? shape.members) {
    const item = value[member.name];
    if (item === undefined || item === null) continue;
    const name = wireName(member, place.naming);
    result[name] = writeJson(member.shape, item, below(place, name));
  }
  return result;
};

const writeMap = (shape: MapShape, value: unknown, place: JsonPlace): Record<string, unknown> => {
  if (!isObject(value)) throw badOutput(place.path, 'map');
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    setOwn(result, key, item === null ? null : writeJson(shape.value.shape, item, below(place, key)));
  }
  return result;
};

const writeScalar = (shape: ScalarShape, value: unknown, path: string): unknown => {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw badOutput(path, 'string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw badOutput(path, 'boolean');
      return value;
    case 'number':
      if (typeof value !== 'number') throw badOutput(path, 'number');
      return Number.isFinite(value) ? value : String(value);
    case 'bigInteger':
    case 'bigDecimal':
      return Number(value);
    case 'blob':
      return bytesToBase64(bytesOf(value, path));
    case 'timestamp': {
      const date = dateOf(value, path);
      const isText = shape.format === 'date-time' || shape.format === 'http-date';
      return isText ? dateToText(date, shape.format) : date.getTime() / 1000;
    }
    case 'document':
      return value;
  }
};
