import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, mutationFlags, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { DeployResult } from '../lib/deployments/deploy-types.js';

export default class Restart extends BaseCommand<typeof Restart, DeployResult> {
  static override summary = 'Replace the tasks of the live release with new ones.';
  static override description = 'A forced new deployment of the same release: new tasks read secrets again.';
  static override examples = ['<%= config.bin %> restart api', '<%= config.bin %> restart --dry-run'];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to restart; all when none is named.' }) };
  static override mutates = 'environment' as const;
  static override resultSchema = async () => (await import('../lib/deployments/result-schema.js')).deploySchema;
  static override flags = {
    ...mutationFlags,
    ...outputFlags,
    timeout: durationFlag({ summary: 'Give up without a healthy task by then (AWS time).' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<DeployResult>> {
    const { prepareRestart } = await import('../lib/deployments/prepare-restart.js');
    const { flags, words } = this;
    const operation = await prepareRestart(ctx, await this.target(ctx), {
      services: words,
      ...(flags.timeout === undefined ? {} : { deadlineMs: flags.timeout }),
    });
    return this.operate(operation, ctx);
  }
}
