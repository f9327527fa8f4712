import { Args, Flags } from '@oclif/core';
import type { ScaleResult } from '../lib/capacity/scale-types.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, mutationFlags, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';

export default class Scale extends BaseCommand<typeof Scale, ScaleResult> {
  static override summary = 'Change how many tasks services run.';
  static override description =
    "Waits until as many healthy tasks run as were asked for. When they do not come, says why and goes back to the count of before. Autoscaling's range is respected, or moved along with --move-bounds.";
  static override examples = [
    '<%= config.bin %> scale api=4',
    '<%= config.bin %> scale api=4 workers=2 --timeout 5m',
    '<%= config.bin %> scale workers=0 --yes',
    '<%= config.bin %> scale api=12 --move-bounds --dry-run',
  ];
  static override strict = false;
  static override args = { 'service=count': Args.string({ description: 'Service and number of tasks: api=4.' }) };
  static override mutates = 'environment' as const;
  static override resultSchema = async () => (await import('../lib/capacity/result-schema.js')).scaleSchema;
  static override flags = {
    ...mutationFlags,
    ...outputFlags,
    timeout: durationFlag({ summary: 'Go back without as many healthy tasks by then (AWS time).' }),
    'on-timeout': Flags.option({ options: ['undo', 'leave'] as const })({
      summary: 'What happens then.',
      default: 'undo' as const,
    }),
    'move-bounds': Flags.boolean({ summary: "Move autoscaling's minimum or maximum when the count lies outside." }),
    force: Flags.string({
      summary: 'Accept that this image, secret, parameter or log group is missing.',
      helpValue: 'NAME',
      multiple: true,
      default: [],
    }),
  };

  protected async execute(ctx: Ctx): Promise<Report<ScaleResult>> {
    const { prepareScale } = await import('../lib/capacity/prepare-scale.js');
    const { flags, words } = this;
    const operation = await prepareScale(ctx, await this.target(ctx), {
      counts: words,
      ...(flags.timeout === undefined ? {} : { deadlineMs: flags.timeout }),
      onTimeout: flags['on-timeout'],
      bounds: flags['move-bounds'] ? 'move' : 'refuse',
      force: flags.force,
    });
    return this.operate(operation, ctx);
  }
}
