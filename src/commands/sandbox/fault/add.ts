import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../lib/cli/base-command.js';
import { durationFlag } from '../../../lib/cli/flags.js';
import type { Report } from '../../../lib/cli/report.js';
import type { Ctx } from '../../../lib/context/context.js';
import type { FaultAddResult } from '../../../lib/rehearsal/sandbox-faults.js';

export default class SandboxFaultAdd extends BaseCommand<typeof SandboxFaultAdd, FaultAddResult> {
  static override summary = 'Break something on purpose: calls, or a part of the estate.';
  static override examples = [
    '<%= config.bin %> sandbox fault add throttle ecs:DescribeServices --percent 20',
    '<%= config.bin %> sandbox fault add lose-answer ecs:UpdateService --count 1',
    '<%= config.bin %> sandbox fault add delete-log-group /ecs/shop-staging-api',
  ];
  static override args = {
    kind: Args.string({ description: 'what goes wrong; `sandbox fault list` names the kinds', required: true }),
    subject: Args.string({ description: 'operation (`ecs:UpdateService`, `ecs:*`), or what the estate loses' }),
  };
  static override flags = {
    percent: Flags.integer({
      summary: 'So many of a hundred calls; default all.',
      min: 1,
      max: 100,
      helpValue: '1..100',
    }),
    count: Flags.integer({ summary: 'So many times; default until it is cleared.', min: 1, helpValue: 'N' }),
    delay: durationFlag({ summary: 'For delay: how late the answer comes, in AWS time.' }),
    region: Flags.string({ summary: 'Only in this region.', helpValue: 'REGION' }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../../lib/rehearsal/result-schemas.js')).faultAddSchema;

  protected async execute(ctx: Ctx): Promise<Report<FaultAddResult>> {
    const { addFault } = await import('../../../lib/rehearsal/sandbox-faults.js');
    const { percent, count, delay, region } = this.flags;
    return addFault(ctx, {
      kind: this.args.kind,
      ...(this.args.subject !== undefined && { subject: this.args.subject }),
      ...(percent !== undefined && { percent }),
      ...(count !== undefined && { count }),
      ...(delay !== undefined && { delayMs: delay }),
      ...(region !== undefined && { region }),
    });
  }
}
