import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, mutationFlags, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { DeployResult } from '../lib/deployments/deploy-types.js';

export default class Deploy extends BaseCommand<typeof Deploy, DeployResult> {
  static override summary = 'Ship a release and see how it truly ends.';
  static override description =
    'Resolves the image to a digest, compares with what is live, registers what changed, updates each service once and follows its deployment. A failure is explained and rolled back.';
  static override examples = [
    '<%= config.bin %> deploy --tag v1',
    '<%= config.bin %> deploy api --image api=shop/api:v2 --dry-run',
    '<%= config.bin %> deploy -e production --from staging --confirm production',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to deploy; all when none is named.' }) };
  static override mutates = 'environment' as const;
  static override resultSchema = async () => (await import('../lib/deployments/result-schema.js')).deploySchema;
  static override flags = {
    ...mutationFlags,
    ...outputFlags,
    tag: Flags.string({ summary: "Image tag for every service; default HEAD's short commit.", helpValue: 'TAG' }),
    image: Flags.string({ summary: 'Image of one service.', helpValue: 'SERVICE=REF', multiple: true, default: [] }),
    from: Flags.string({ summary: 'Ship the digests that are proven in this environment.', helpValue: 'ENV' }),
    'config-only': Flags.boolean({ summary: 'Keep the live images; ship configuration only.' }),
    'task-definition': Flags.option({ options: ['file', 'latest', 'live'] as const })({
      summary: 'What the release is built from: your template, the newest revision, or the live one.',
      default: 'file' as const,
    }),
    timeout: durationFlag({ summary: 'Roll back without a healthy task by then (AWS time).' }),
    'on-timeout': Flags.option({ options: ['rollback', 'leave'] as const })({
      summary: 'What happens then.',
      default: 'rollback' as const,
    }),
    atomic: Flags.boolean({ summary: 'When one service fails, roll back the finished ones too.' }),
    attach: Flags.boolean({ summary: 'Follow the deployment that is in progress.', exclusive: ['supersede'] }),
    supersede: Flags.boolean({ summary: "Replace somebody else's deployment that is in progress." }),
  };

  protected async execute(ctx: Ctx): Promise<Report<DeployResult>> {
    const { prepareDeploy } = await import('../lib/deployments/prepare-deploy.js');
    const { flags, words } = this;
    const operation = await prepareDeploy(ctx, await this.target(ctx), {
      services: words,
      ...(flags.tag === undefined ? {} : { tag: flags.tag }),
      images: flags.image,
      ...(flags.from === undefined ? {} : { from: flags.from }),
      image: flags['config-only'] ? 'keep' : 'choose',
      taskDefinition: flags['task-definition'],
      ...(flags.timeout === undefined ? {} : { deadlineMs: flags.timeout }),
      onTimeout: flags['on-timeout'],
      undoScope: flags.atomic ? 'run' : 'chain',
      meeting: flags.attach ? 'attach' : flags.supersede ? 'supersede' : 'refuse',
    });
    return this.operate(operation, ctx);
  }
}
