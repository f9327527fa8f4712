import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { LockStatusResult } from '../../lib/locks/lock-status.js';

export default class LockStatus extends BaseCommand<typeof LockStatus, LockStatusResult> {
  static override summary = 'Show who holds an environment, since when, doing what.';
  static override examples = ['<%= config.bin %> lock status', '<%= config.bin %> lock status -e production --json'];
  static override resultSchema = async () => (await import('../../lib/locks/result-schemas.js')).lockStatusSchema;

  protected async execute(ctx: Ctx): Promise<Report<LockStatusResult>> {
    const { lockStatus } = await import('../../lib/locks/lock-status.js');
    const { target } = await this.target(ctx);
    return lockStatus(ctx, target);
  }
}
