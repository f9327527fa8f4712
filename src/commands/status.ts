import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { StatusResult } from '../lib/environments/observe-status.js';

export default class Status extends BaseCommand<typeof Status, StatusResult> {
  static override summary = 'Show the health of an environment on one screen.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status -e production --json'];
  static override resultSchema = async () => (await import('../lib/environments/result-schemas.js')).statusSchema;

  protected async execute(ctx: Ctx): Promise<Report<StatusResult>> {
    const [{ observeStatus }, { reportStatus }] = await Promise.all([
      import('../lib/environments/observe-status.js'),
      import('../lib/environments/report-status.js'),
    ]);
    return reportStatus(await observeStatus(ctx, await this.target(ctx)));
  }
}
