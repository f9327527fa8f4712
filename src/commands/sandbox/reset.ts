import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { SandboxResetResult } from '../../lib/rehearsal/reset-sandbox.js';

export default class SandboxReset extends BaseCommand<typeof SandboxReset, SandboxResetResult> {
  static override summary = 'Empty the sandbox, give it a new id, and seed it again from the project here.';
  static override examples = ['<%= config.bin %> sandbox reset', '<%= config.bin %> sandbox reset -e staging --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/rehearsal/result-schemas.js')).sandboxResetSchema;

  protected async execute(ctx: Ctx): Promise<Report<SandboxResetResult>> {
    const { resetSandbox } = await import('../../lib/rehearsal/reset-sandbox.js');
    const { env, config } = this.flags;
    return resetSandbox(ctx, {
      ...(env !== undefined && { environment: env }),
      ...(config !== undefined && { config }),
    });
  }
}
