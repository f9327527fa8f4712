/**
 * A typed view over the API schemas that every `@aws-sdk/client-*` exports at run time: arrays `[9, …]` are operations,
 * `[3, …]` structures, `[4, …]` unions, `[-3, …]` errors. Nothing else in the sandbox touches the SDK's schema objects, so
 * a change of their layout is felt here only. The protocols (aws-json.ts, query.ts, …) walk Shapes and Slots.
 * Structures may contain themselves: members are resolved at first use and then kept.
 */
import { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaRef } from '@smithy/types';

/** The traits that a server needs. Flags are 1 when set. */
export interface Traits {
  readonly http?: readonly [method: string, uri: string, status: number];
  readonly httpLabel?: 1;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly httpError?: number;
  readonly error?: string;
  readonly awsQueryError?: readonly [code: string, status: number];
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: readonly [prefix: string, uri: string];
  readonly ec2QueryName?: string;
  readonly jsonName?: string;
  readonly sparse?: 1;
  readonly idempotencyToken?: 1;
  readonly streaming?: 1;
  readonly eventHeader?: 1;
  readonly eventPayload?: 1;
}

export type TimestampFormat = 'default' | 'date-time' | 'http-date' | 'epoch-seconds';

/** A shape where it is used: a member of a structure, the element of a list, the key or value of a map. */
export interface Slot {
  readonly name: string;
  readonly shape: Shape;
  /** Traits of the target shape, overridden by those of this use. */
  readonly traits: Traits;
  /** Traits of this use alone; XML names bodies by these. */
  readonly ownTraits: Traits;
}

export interface StructureShape {
  readonly kind: 'structure' | 'union';
  readonly name: string;
  readonly traits: Traits;
  readonly members: readonly Slot[];
  /** Names of members without which AWS refuses the request. */
  readonly required: readonly string[];
}
export interface ListShape {
  readonly kind: 'list';
  readonly element: Slot;
}
export interface MapShape {
  readonly kind: 'map';
  readonly key: Slot;
  readonly value: Slot;
}
export type ScalarShape =
  | { readonly kind: 'string' | 'boolean' | 'number' | 'bigInteger' | 'bigDecimal' | 'document' }
  | { readonly kind: 'blob'; readonly isStreaming: boolean }
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat };
export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

export interface Operation {
  readonly name: string;
  /** Absent when the operation takes, or answers, nothing. */
  readonly input?: StructureShape;
  readonly output?: StructureShape;
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number };
}

export interface ServiceSchema {
  readonly operations: ReadonlyMap<string, Operation>;
  /** By shape name. */
  readonly errors: ReadonlyMap<string, StructureShape>;
}

type SchemaArray = readonly [kind: number, namespace: string, name: string, ...rest: readonly unknown[]];

const isSchemaArray = (value: unknown): value is SchemaArray =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[2] === 'string';

/** Reads what a client module exports. Cheap: shapes are resolved when an operation is first used. */
export const readServiceSchema = (clientModule: Readonly<Record<string, unknown>>): ServiceSchema => {
  const operations = new Map<string, Operation>();
  const errors = new Map<string, StructureShape>();
  for (const value of Object.values(clientModule)) {
    if (!isSchemaArray(value)) continue;
    if (value[0] === 9) operations.set(value[2], operationOf(value));
    else if (value[0] === -3) errors.set(value[2], structureOf(NormalizedSchema.of(value as unknown as SchemaRef)));
  }
  return { operations, errors };
};

const operationOf = (schema: SchemaArray): Operation => {
  const traits = typeof schema[3] === 'object' && schema[3] !== null ? (schema[3] as Traits) : {};
  let resolved: { input?: StructureShape; output?: StructureShape } | undefined;
  const resolve = () => {
    resolved ??= { ...payloadOf('input', schema[4]), ...payloadOf('output', schema[5]) };
    return resolved;
  };
  return {
    name: schema[2],
    get input() {
      return resolve().input as StructureShape;
    },
    get output() {
      return resolve().output as StructureShape;
    },
    ...(traits.http && { http: { method: traits.http[0], uri: traits.http[1], status: traits.http[2] } }),
  };
};

const payloadOf = (key: 'input' | 'output', ref: unknown): { [K in 'input' | 'output']?: StructureShape } => {
  const schema = NormalizedSchema.of(dereference(ref));
  return schema.isStructSchema() ? { [key]: structureOf(schema) } : {};
};

const dereference = (ref: unknown): SchemaRef =>
  typeof ref === 'function' ? (ref() as SchemaRef) : (ref as SchemaRef);

// Keyed by the SDK's own array, which is one object per shape.
const structures = new WeakMap<object, StructureShape>();

const structureOf = (schema: NormalizedSchema): StructureShape => {
  const source = schema.getSchema() as unknown as SchemaArray;
  const known = structures.get(source);
  if (known) return known;
  let members: readonly Slot[] | undefined;
  const shape: StructureShape = {
    kind: source[0] === 4 ? 'union' : 'structure',
    name: source[2],
    traits: schema.getOwnTraits() as Traits,
    get members() {
      members ??= [...schema.structIterator()].map(([name, member]) => slotOf(name, member));
      return members;
    },
    required: requiredOf(source),
  };
  structures.set(source, shape);
  return shape;
};

/** Required members come first; the schema tells how many they are. */
const requiredOf = (source: SchemaArray): readonly string[] =>
  source[0] === 3 && typeof source[6] === 'number' ? (source[4] as readonly string[]).slice(0, source[6]) : [];

const slotOf = (name: string, schema: NormalizedSchema): Slot => {
  let shape: Shape | undefined;
  return {
    name,
    get shape() {
      shape ??= shapeOf(schema);
      return shape;
    },
    traits: schema.getMergedTraits() as Traits,
    ownTraits: schema.getMemberTraits() as Traits,
  };
};

const shapeOf = (schema: NormalizedSchema): Shape => {
  if (schema.isStructSchema()) return structureOf(schema);
  if (schema.isListSchema()) return { kind: 'list', element: slotOf('member', schema.getValueSchema()) };
  if (schema.isMapSchema()) {
    return { kind: 'map', key: slotOf('key', schema.getKeySchema()), value: slotOf('value', schema.getValueSchema()) };
  }
  if (schema.isTimestampSchema()) return { kind: 'timestamp', format: timestampFormatOf(schema) };
  if (schema.isBlobSchema()) return { kind: 'blob', isStreaming: schema.isStreaming() };
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.isBigIntegerSchema()) return { kind: 'bigInteger' };
  if (schema.isBigDecimalSchema()) return { kind: 'bigDecimal' };
  if (schema.isNumericSchema()) return { kind: 'number' };
  if (schema.isDocumentSchema()) return { kind: 'document' };
  return { kind: 'string' };
};

const timestampFormatOf = (schema: NormalizedSchema): TimestampFormat => {
  switch (schema.getSchema() as unknown) {
    case 5:
      return 'date-time';
    case 6:
      return 'http-date';
    case 7:
      return 'epoch-seconds';
    default:
      return 'default';
  }
};

/** The member that carries an event stream or a raw body, if any. */
export const streamMember = (shape: StructureShape | undefined): Slot | undefined =>
  shape?.members.find(
    ({ shape: target, traits }) =>
      (target.kind === 'union' && traits.streaming === 1) || (target.kind === 'blob' && target.isStreaming),
  );
