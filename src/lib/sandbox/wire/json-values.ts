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

/** The path is put together only for an error message: a page of log events has fifty thousand places. */
class InnerPlace implements JsonPlace {
  constructor(
    readonly naming: JsonNaming,
    private readonly outer: JsonPlace,
    private readonly step: string | number,
  ) {}

  get path(): string {
    return this.outer.path ? `${this.outer.path}.${this.step}` : String(this.step);
  }
}

const below = (place: JsonPlace, step: string | number): JsonPlace => new InnerPlace(place.naming, place, step);

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
      return readScalar(shape, value, place);
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

const readScalar = (shape: ScalarShape, value: unknown, place: JsonPlace): unknown => {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw malformed(place.path, 'is not a string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw malformed(place.path, 'is not a boolean');
      return value;
    case 'number':
      if (typeof value === 'number') return value;
      if (typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value)) return numberFromText(value, place.path);
      throw malformed(place.path, 'is not a number');
    case 'bigInteger':
      // JSON.parse has rounded anything larger already: refuse rather than answer with another number.
      if (!Number.isSafeInteger(value)) throw malformed(place.path, 'is not an integer below 2^53');
      return BigInt(value as number);
    case 'bigDecimal':
      return String(value);
    case 'blob':
      if (typeof value !== 'string') throw malformed(place.path, 'is not base64');
      return base64ToBytes(value, place.path);
    case 'timestamp':
      if (typeof value === 'number') return dateFromSeconds(value, place.path);
      if (typeof value === 'string') return dateFromText(value, place.path);
      throw malformed(place.path, 'is not a timestamp');
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
      return writeScalar(shape, value, place);
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

/**
 * Like `JSON.stringify(writeJsonMembers(…))`, without the copy in between: pages of log events have ten thousand structures.
 * Text is put together by the same schemas; scalars go the same way.
 */
export const writeJsonText = (shape: StructureShape, value: unknown, place: JsonPlace): string => {
  if (!isObject(value)) throw badOutput(place.path || shape.name, 'structure');
  let text = '';
  for (const member of shape.members) {
    const item = value[member.name];
    if (item === undefined || item === null) continue;
    text += `${text === '' ? '{' : ','}${quotedName(member, place.naming)}${valueText(member.shape, item, { place, step: member.name })}`;
  }
  return text === '' ? '{}' : `${text}}`;
};

const valueText = (
  shape: Shape,
  value: unknown,
  { place, step }: { readonly place: JsonPlace; readonly step: string | number },
): string => {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return writeJsonText(shape, value, below(place, step));
    case 'list':
      return listText(shape, value, below(place, step));
    case 'string':
      return typeof value === 'string'
        ? JSON.stringify(value)
        : JSON.stringify(writeJson(shape, value, below(place, step)));
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : JSON.stringify(writeJson(shape, value, below(place, step)));
    default:
      return JSON.stringify(writeJson(shape, value, below(place, step)));
  }
};

const listText = (shape: ListShape, value: unknown, place: JsonPlace): string => {
  if (!Array.isArray(value)) throw badOutput(place.path, 'list');
  let text = '';
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    const itemText =
      item === null || item === undefined ? 'null' : valueText(shape.element.shape, item, { place, step: index });
    text += index === 0 ? itemText : `,${itemText}`;
  }
  return `[${text}]`;
};

const names = new WeakMap<Slot, string>();

/** `"name":` */
const quotedName = (slot: Slot, naming: JsonNaming): string => {
  if (naming !== 'member') return `${JSON.stringify(wireName(slot, naming))}:`;
  const known = names.get(slot);
  if (known !== undefined) return known;
  const made = `${JSON.stringify(slot.name)}:`;
  names.set(slot, made);
  return made;
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

const writeScalar = (shape: ScalarShape, value: unknown, place: JsonPlace): unknown => {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw badOutput(place.path, 'string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw badOutput(place.path, 'boolean');
      return value;
    case 'number':
      if (typeof value !== 'number') throw badOutput(place.path, 'number');
      return Number.isFinite(value) ? value : String(value);
    case 'bigInteger':
    case 'bigDecimal':
      return Number(value);
    case 'blob':
      return bytesToBase64(bytesOf(value, place.path));
    case 'timestamp': {
      const date = dateOf(value, place.path);
      const isText = shape.format === 'date-time' || shape.format === 'http-date';
      return isText ? dateToText(date, shape.format) : date.getTime() / 1000;
    }
    case 'document':
      return value;
  }
};
