// docs/schemas/: a JSON Schema per command result, the envelope's, and the one of platform.yaml.
import { join } from 'node:path';
import { z } from 'zod';

const text = (schema) => `${JSON.stringify(schema, null, 2)}\n`;

const toSchema = (schema, id) => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  return { $schema, $id: id, ...rest };
};

export const schemas = async ({ root, commands }) => {
  const files = [];
  for (const [id, command] of commands) {
    const schema = await command.resultSchema?.();
    if (schema === undefined) continue;
    const name = `platform.${id.replaceAll(':', '.')}`;
    files.push([`${name}.json`, text(toSchema(schema, `${name}/1`))]);
  }
  const { envelopeSchema } = await import(join(root, 'dist/lib/cli/result-schemas.js'));
  files.push(['envelope.json', text(toSchema(envelopeSchema, 'platform.envelope/1'))]);
  const { platformSchemaText } = await import(join(root, 'dist/lib/config/json-schema.js'));
  files.push(['platform.v1.schema.json', platformSchemaText()]);
  return files;
};
