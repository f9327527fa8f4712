import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { RunShowResult } from '../../lib/runs/show-run.js';

export default class RunsShow extends BaseCommand<typeof RunsShow, RunShowResult> {
  static override summary = 'Show one run: its steps, failure cards and journal.';
  static override examples = ['<%= config.bin %> runs show 7f3k', '<%= config.bin %> runs show 7f3k --json'];
  static override args = {
    run: Args.string({ description: 'Run id, or the end of one.', required: true }),
  };
  static override resultSchema = async () => (await import('../../lib/runs/result-schemas.js')).runShowSchema;

  protected async execute(ctx: Ctx): Promise<Report<RunShowResult>> {
    const [{ findRun }, { showRun }] = await Promise.all([
      import('../../lib/runs/find-run.js'),
      import('../../lib/runs/show-run.js'),
    ]);
    const { env } = this.flags;
    return showRun(await findRun(ctx, this.args.run, env === undefined ? {} : { environment: env }));
  }
}
