import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, mutationFlags, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { DeployResult } from '../lib/deployments/deploy-types.js';

export default class Rollback extends BaseCommand<typeof Rollback, DeployResult> {
  static override summary = 'Go back to the last release that worked.';
  static override description =
    'Shows what changes, asks, and makes the newest earlier release that worked live again. While a deployment is in progress it aborts that one.';
  static override examples = [
    '<%= config.bin %> rollback api --yes',
    '<%= config.bin %> rollback api --to 12 --dry-run',
    '<%= config.bin %> rollback -e production --confirm production',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to roll back; all when none is named.' }) };
  static override mutates = 'environment' as const;
  static override resultSchema = async () => (await import('../lib/deployments/result-schema.js')).deploySchema;
  static override flags = {
    ...mutationFlags,
    ...outputFlags,
    to: Flags.integer({ summary: 'Release to go to; needs exactly one service.', helpValue: 'N', min: 1 }),
    timeout: durationFlag({ summary: 'Give up without a healthy task by then (AWS time).' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<DeployResult>> {
    const { prepareRollback } = await import('../lib/deployments/prepare-rollback.js');
    const { flags, words } = this;
    const operation = await prepareRollback(ctx, await this.target(ctx), {
      services: words,
      ...(flags.to === undefined ? {} : { to: flags.to }),
      ...(flags.timeout === undefined ? {} : { deadlineMs: flags.timeout }),
    });
    return this.operate(operation, ctx);
  }
}
