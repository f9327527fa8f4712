import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { RunVerifyResult } from '../../lib/runs/verify-run.js';

export default class RunsVerify extends BaseCommand<typeof RunsVerify, RunVerifyResult> {
  static override summary = "Check that a run's journal is whole and unaltered.";
  static override examples = ['<%= config.bin %> runs verify 7f3k', '<%= config.bin %> runs verify 7f3k --json'];
  static override args = {
    run: Args.string({ description: 'Run id, or the end of one.', required: true }),
  };
  static override resultSchema = async () => (await import('../../lib/runs/result-schemas.js')).runVerifySchema;

  protected async execute(ctx: Ctx): Promise<Report<RunVerifyResult>> {
    const [{ findRun }, { verifyRun }] = await Promise.all([
      import('../../lib/runs/find-run.js'),
      import('../../lib/runs/verify-run.js'),
    ]);
    const { env } = this.flags;
    return verifyRun(await findRun(ctx, this.args.run, env === undefined ? {} : { environment: env }));
  }
}
