import { Args } from '@oclif/core';
import { BaseCommand } from '../../../lib/cli/base-command.js';
import type { Report } from '../../../lib/cli/report.js';
import type { Ctx } from '../../../lib/context/context.js';
import type { FaultClearResult } from '../../../lib/rehearsal/sandbox-faults.js';

export default class SandboxFaultClear extends BaseCommand<typeof SandboxFaultClear, FaultClearResult> {
  static override summary = 'End a fault, or all of them. What the estate has lost does not come back.';
  static override examples = ['<%= config.bin %> sandbox fault clear', '<%= config.bin %> sandbox fault clear f1'];
  static override args = {
    id: Args.string({ description: 'id of the fault; all when absent' }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () =>
    (await import('../../../lib/rehearsal/result-schemas.js')).faultClearSchema;

  protected async execute(ctx: Ctx): Promise<Report<FaultClearResult>> {
    const { clearFaults } = await import('../../../lib/rehearsal/sandbox-faults.js');
    return clearFaults(ctx, this.args.id);
  }
}
