import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { ConfigShowResult } from '../../lib/config/result-schemas.js';
import type { Ctx } from '../../lib/context/context.js';

export default class ConfigShow extends BaseCommand<typeof ConfigShow, ConfigShowResult> {
  static override summary = 'Show every value of an environment, defaults included.';
  static override examples = ['<%= config.bin %> config show', '<%= config.bin %> config show -e production --origin'];
  static override flags = { origin: Flags.boolean({ summary: 'Say where each value comes from.' }) };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/config/result-schemas.js')).configShowSchema;

  protected async execute(ctx: Ctx): Promise<Report<ConfigShowResult>> {
    const [{ loadProject }, { resolveEnvironment }, { chooseEnvironment }, { showConfig }] = await Promise.all([
      import('../../lib/config/load.js'),
      import('../../lib/config/resolve.js'),
      import('../../lib/context/resolve-target.js'),
      import('../../lib/config/show.js'),
    ]);
    const { config, env, origin } = this.flags;
    const project = loadProject({
      cwd: ctx.paths.cwd,
      env: ctx.env,
      ...(config === undefined ? {} : { file: config }),
    });
    const name = await chooseEnvironment(ctx.env, { project, ...(env === undefined ? {} : { environment: env }) });
    const environment = resolveEnvironment(project, name, { env: ctx.env });
    return showConfig(project, environment, { columns: origin ? 'origins' : 'values' });
  }
}
