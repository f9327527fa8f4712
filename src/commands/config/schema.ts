import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { JsonSchemaDocument } from '../../lib/config/json-schema.js';

export default class ConfigSchema extends BaseCommand<typeof ConfigSchema, JsonSchemaDocument> {
  static override summary = 'Print the JSON Schema of platform.yaml, for editors.';
  static override examples = [
    '<%= config.bin %> config schema',
    '<%= config.bin %> config schema > platform.schema.json',
  ];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/config/result-schemas.js')).configSchemaSchema;

  protected async execute(): Promise<Report<JsonSchemaDocument>> {
    const { reportSchema } = await import('../../lib/config/json-schema.js');
    return reportSchema();
  }
}
