import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { SandboxEnvResult } from '../../lib/rehearsal/sandbox-env.js';

export default class SandboxEnv extends BaseCommand<typeof SandboxEnv, SandboxEnvResult> {
  static override summary = 'Print what a shell needs so that every AWS tool in it uses the sandbox.';
  static override examples = ['eval "$(<%= config.bin %> sandbox env)"', '<%= config.bin %> sandbox env --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/rehearsal/result-schemas.js')).sandboxEnvSchema;

  protected async execute(ctx: Ctx): Promise<Report<SandboxEnvResult>> {
    const { sandboxEnvironment } = await import('../../lib/rehearsal/sandbox-env.js');
    return sandboxEnvironment(ctx);
  }
}
