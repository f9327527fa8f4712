import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { RunsListResult } from '../../lib/runs/list-runs.js';

export default class RunsList extends BaseCommand<typeof RunsList, RunsListResult> {
  static override summary = 'List runs: every change that platform made, newest first.';
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list -e staging --limit 5 --json'];
  static override flags = {
    limit: Flags.integer({ summary: 'At most this many.', default: 20, min: 1, max: 10_000 }),
  };
  static override resultSchema = async () => (await import('../../lib/runs/result-schemas.js')).runsListSchema;

  protected async execute(ctx: Ctx): Promise<Report<RunsListResult>> {
    const { listRuns } = await import('../../lib/runs/list-runs.js');
    const { env, limit } = this.flags;
    return listRuns(ctx, { limit, ...(env === undefined ? {} : { environment: env }) });
  }
}
