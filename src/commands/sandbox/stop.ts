import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { SandboxStopResult } from '../../lib/rehearsal/stop-sandbox.js';

export default class SandboxStop extends BaseCommand<typeof SandboxStop, SandboxStopResult> {
  static override summary = 'Stop the running sandbox and every process that it started.';
  static override examples = ['<%= config.bin %> sandbox stop', '<%= config.bin %> sandbox stop --all'];
  static override flags = {
    all: Flags.boolean({ summary: 'Every sandbox of this user.' }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/rehearsal/result-schemas.js')).sandboxStopSchema;

  protected async execute(ctx: Ctx): Promise<Report<SandboxStopResult>> {
    const { stopSandbox } = await import('../../lib/rehearsal/stop-sandbox.js');
    return stopSandbox(ctx, { which: this.flags.all ? 'all' : 'one' });
  }
}
