import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { LockBreakResult } from '../../lib/locks/break-lock.js';

export default class LockBreak extends BaseCommand<typeof LockBreak, LockBreakResult> {
  static override summary = 'Take the lock away from a run that will not give it back.';
  static override examples = [
    '<%= config.bin %> lock break --run 7f3k',
    '<%= config.bin %> lock break --run 7f3k --yes --json',
  ];
  static override mutates = 'run' as const;
  static override flags = {
    run: Flags.string({ summary: 'The run that holds it (lock status names it).', required: true, helpValue: 'ID' }),
    yes: Flags.boolean({ char: 'y', summary: 'Consent without being asked.' }),
    confirm: Flags.string({ summary: 'Consent for a protected environment: its name.', helpValue: 'NAME' }),
  };
  static override resultSchema = async () => (await import('../../lib/locks/result-schemas.js')).lockBreakSchema;

  protected async execute(ctx: Ctx): Promise<Report<LockBreakResult>> {
    const [{ locateRun }, { assertBreakable, breakLock }] = await Promise.all([
      import('../../lib/runs/find-run.js'),
      import('../../lib/locks/break-lock.js'),
    ]);
    const { env, run: input } = this.flags;
    const run = await locateRun(ctx, input, env === undefined ? {} : { environment: env });
    this.at(ctx, run.target);
    const { isProtected } = await assertBreakable(ctx, run);
    await this.consent({
      danger: 'confirm',
      isProtected,
      environment: run.target.environment,
      what: `take the lock from run ${run.runId}`,
    });
    return breakLock(ctx, run);
  }
}
