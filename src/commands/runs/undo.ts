import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { mutationFlags } from '../../lib/cli/flags.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';

export default class RunsUndo extends BaseCommand<typeof RunsUndo, unknown> {
  static override summary = 'Take back what a run did, newest step first.';
  static override examples = ['<%= config.bin %> runs undo 7f3k', '<%= config.bin %> runs undo 7f3k --yes --json'];
  static override mutates = 'environment' as const;
  static override args = {
    run: Args.string({ description: 'Run id, or the end of one.', required: true }),
  };
  static override flags = {
    ...mutationFlags,
    force: Flags.string({ summary: 'Accept that this step was changed by others since, by step id.', multiple: true }),
  };

  protected async execute(ctx: Ctx): Promise<Report<unknown>> {
    const { existingRun, findRun } = await import('../../lib/runs/find-run.js');
    const run = await findRun(ctx, this.args.run, this.flags.env === undefined ? {} : { environment: this.flags.env });
    this.at(ctx, run.target);
    return this.operateUndo(await existingRun(run, this.flags.force), ctx);
  }
}
