import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { SandboxStatusResult } from '../../lib/rehearsal/sandbox-status.js';

export default class SandboxStatusCommand extends BaseCommand<typeof SandboxStatusCommand, SandboxStatusResult> {
  static override summary = 'Show the running sandboxes: endpoint, AWS time, ports of the load balancers.';
  static override examples = ['<%= config.bin %> sandbox status', '<%= config.bin %> sandbox status --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () =>
    (await import('../../lib/rehearsal/result-schemas.js')).sandboxStatusSchema;

  protected async execute(ctx: Ctx): Promise<Report<SandboxStatusResult>> {
    const { sandboxStatus } = await import('../../lib/rehearsal/sandbox-status.js');
    return sandboxStatus(ctx);
  }
}
