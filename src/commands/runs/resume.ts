import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { mutationFlags } from '../../lib/cli/flags.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';

export default class RunsResume extends BaseCommand<typeof RunsResume, unknown> {
  static override summary = 'Go on with a run that was interrupted, paused or killed.';
  static override examples = ['<%= config.bin %> runs resume', '<%= config.bin %> runs resume 7f3k --yes'];
  static override mutates = 'environment' as const;
  static override args = {
    run: Args.string({ description: 'Run id, or the end of one; default the newest that can go on.' }),
  };
  static override flags = {
    ...mutationFlags,
    force: Flags.string({ summary: 'Accept the difference that stopped it, by step id.', multiple: true }),
  };

  protected async execute(ctx: Ctx): Promise<Report<unknown>> {
    const { existingRun, findRun, newestResumable } = await import('../../lib/runs/find-run.js');
    const filter = this.flags.env === undefined ? {} : { environment: this.flags.env };
    const run =
      this.args.run === undefined ? await newestResumable(ctx, filter) : await findRun(ctx, this.args.run, filter);
    this.at(ctx, run.target);
    return this.operateResume(await existingRun(run, this.flags.force), ctx);
  }
}
