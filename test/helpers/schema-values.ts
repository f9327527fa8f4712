/** Values of the shape that a JSON Schema describes, for fast-check: what editors would accept, seldom what makes sense. */
import fc from 'fast-check';

export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const anything = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));

const objectOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  const known = Object.entries(schema.properties ?? {});
  const model = Object.fromEntries(known.map(([name, member]) => [name, valuesOf(member)]));
  const required = [...(schema.required ?? [])];
  const members = fc.record(model, { requiredKeys: required as never });
  if (typeof schema.additionalProperties !== 'object') return members;
  const names = schema.propertyNames ? (valuesOf(schema.propertyNames) as fc.Arbitrary<string>) : fc.string();
  return fc
    .tuple(members, fc.dictionary(names, valuesOf(schema.additionalProperties), { maxKeys: 2 }))
    .map(([own, more]) => ({ ...more, ...own }));
};

const stringOf = ({ pattern, minLength = 0 }: JsonSchema): fc.Arbitrary<unknown> =>
  pattern === undefined ? fc.string({ minLength, maxLength: minLength + 8 }) : fc.stringMatching(new RegExp(pattern));

export const valuesOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(valuesOf));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: schema.maxItems ?? 3,
      });
    case 'string':
      return stringOf(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 70_000, 70_000) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -10, max: schema.maximum ?? 70_000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return anything;
  }
};
