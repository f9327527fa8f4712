import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { DiffResult } from '../lib/deployments/show-diff.js';

export default class Diff extends BaseCommand<typeof Diff, DiffResult> {
  static override summary = 'Show what a deploy would change, and what others changed.';
  static override description =
    'Compares what these flags would ship with what is live: every member of the task definition, images by digest, variables by name and hash, secrets by name; and says where the live service is not what platform.yaml says. Changes nothing.';
  static override examples = [
    '<%= config.bin %> diff --tag v1',
    '<%= config.bin %> diff api --config-only --exit-code',
    '<%= config.bin %> diff -e production --from staging --json',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to compare; all when none is named.' }) };
  static override resultSchema = async () => (await import('../lib/deployments/diff-result-schema.js')).diffSchema;
  static override flags = {
    tag: Flags.string({ summary: "Image tag for every service; default HEAD's short commit.", helpValue: 'TAG' }),
    image: Flags.string({ summary: 'Image of one service.', helpValue: 'SERVICE=REF', multiple: true, default: [] }),
    from: Flags.string({ summary: 'The digests that are proven in this environment.', helpValue: 'ENV' }),
    'config-only': Flags.boolean({ summary: 'Keep the live images; compare configuration only.' }),
    'task-definition': Flags.option({ options: ['file', 'latest', 'live'] as const })({
      summary: 'What the release would be built from: your template, the newest revision, or the live one.',
      default: 'file' as const,
    }),
    'show-values': Flags.boolean({ summary: 'Show plain values of variables, but none that looks like a secret.' }),
    'exit-code': Flags.boolean({ summary: 'Exit 11 when anything differs.' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<DiffResult>> {
    const { showDiff } = await import('../lib/deployments/show-diff.js');
    const { flags, words } = this;
    return showDiff(ctx, await this.target(ctx), {
      services: words,
      ...(flags.tag === undefined ? {} : { tag: flags.tag }),
      images: flags.image,
      ...(flags.from === undefined ? {} : { from: flags.from }),
      image: flags['config-only'] ? 'keep' : 'choose',
      taskDefinition: flags['task-definition'],
      values: flags['show-values'] ? 'shown' : 'hashed',
      columns: this.columns(),
      exit: flags['exit-code'] ? 'changes' : 'zero',
    });
  }
}
