/** The JSON Schema (draft-07) of platform.yaml, for editors: `platform config schema` and docs/schemas. */
import { z } from 'zod';
import type { Report } from '../cli/report.js';
import { configSchema } from './schema.js';

export type JsonSchemaDocument = Readonly<Record<string, unknown>>;

const reference = '^[^$]*\\$\\{\\{.*\\}\\}.*$';

/** Where a number, a boolean or a formatted text may stand, `${{ … }}` may stand too; an editor must not underline it. */
const orReference = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(orReference);
  if (node === null || typeof node !== 'object') return node;
  const schema = node as Readonly<Record<string, unknown>>;
  const isScalar = ['integer', 'number', 'boolean'].includes(String(schema['type']));
  const isFormatted = schema['type'] === 'string' && schema['pattern'] !== undefined;
  if (isScalar || isFormatted) {
    const { description, default: standard, ...rest } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      ...(standard === undefined ? {} : { default: standard }),
      anyOf: [rest, { type: 'string', pattern: reference }],
    };
  }
  const kept = new Set(['propertyNames', 'enum', 'const', 'default', 'required']);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, kept.has(key) ? value : orReference(value)]),
  );
};

export const platformJsonSchema = (): JsonSchemaDocument => {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchemaDocument;
  const { $schema, ...rest } = schema;
  return {
    $schema,
    $id: 'platform.v1.schema.json',
    title: 'platform.yaml, version 1',
    ...(orReference(rest) as JsonSchemaDocument),
  };
};

export const platformSchemaText = (): string => `${JSON.stringify(platformJsonSchema(), null, 2)}\n`;

export const reportSchema = (): Report<JsonSchemaDocument> => ({
  result: platformJsonSchema(),
  lines: platformSchemaText().trimEnd().split('\n'),
});
