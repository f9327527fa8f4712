import { BaseCommand } from '../../../lib/cli/base-command.js';
import type { Report } from '../../../lib/cli/report.js';
import type { Ctx } from '../../../lib/context/context.js';
import type { FaultListResult } from '../../../lib/rehearsal/sandbox-faults.js';

export default class SandboxFaultList extends BaseCommand<typeof SandboxFaultList, FaultListResult> {
  static override summary = 'Show the active faults, and the kinds that there are.';
  static override examples = ['<%= config.bin %> sandbox fault list', '<%= config.bin %> sandbox fault list --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../../lib/rehearsal/result-schemas.js')).faultListSchema;

  protected async execute(ctx: Ctx): Promise<Report<FaultListResult>> {
    const { listFaults } = await import('../../../lib/rehearsal/sandbox-faults.js');
    return listFaults(ctx);
  }
}
