import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { ConfigValidateResult } from '../../lib/config/result-schemas.js';
import type { Ctx } from '../../lib/context/context.js';

export default class ConfigValidate extends BaseCommand<typeof ConfigValidate, ConfigValidateResult> {
  static override summary = 'Check platform.yaml and its templates: all errors at once, with file, line and column.';
  static override examples = ['<%= config.bin %> config validate', '<%= config.bin %> config validate --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/config/result-schemas.js')).configValidateSchema;

  protected async execute(ctx: Ctx): Promise<Report<ConfigValidateResult>> {
    const { validateConfig } = await import('../../lib/config/validate.js');
    const { config } = this.flags;
    return validateConfig({ cwd: ctx.paths.cwd, env: ctx.env, ...(config === undefined ? {} : { file: config }) });
  }
}
