import { Flags } from '@oclif/core';
import type { AdoptResult } from '../lib/adoption/result-schema.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';

export default class Adopt extends BaseCommand<typeof Adopt, AdoptResult> {
  static override summary = 'Write platform.yaml for services that run in an ECS cluster already.';
  static override description =
    'Only reads from AWS. Each value says where it comes from; what only a person can answer is listed as a question. ' +
    'Project and environment (-e) are guessed from names unless they are given.';
  static override examples = [
    '<%= config.bin %> adopt --cluster shop-staging',
    '<%= config.bin %> adopt --cluster shop-staging -e staging --service api --output-dir adopted --dry-run',
    '<%= config.bin %> adopt --cluster shop-staging --project shop --output-dir adopted --json',
  ];
  static override flags = {
    cluster: Flags.string({ summary: 'ECS cluster; the only one when there is only one.', helpValue: 'NAME' }),
    service: Flags.string({ summary: 'Only this service; can be repeated.', multiple: true, helpValue: 'NAME' }),
    project: Flags.string({ summary: 'Name of the project; guessed from names.', helpValue: 'NAME' }),
    region: Flags.string({ summary: "AWS region; default AWS_REGION, else the profile's.", helpValue: 'REGION' }),
    profile: Flags.string({ summary: 'Profile of ~/.aws/config; written into platform.yaml.', helpValue: 'NAME' }),
    'output-dir': Flags.string({ summary: 'Folder to write into; made if absent.', default: '.', helpValue: 'DIR' }),
    force: Flags.boolean({ summary: 'Overwrite files that were edited, after showing the difference.' }),
    'dry-run': Flags.boolean({ summary: 'Print what would be written and write nothing.' }),
  };
  static override mutates = 'workspace' as const;
  static override resultSchema = async () => (await import('../lib/adoption/result-schema.js')).adoptSchema;

  protected async execute(ctx: Ctx): Promise<Report<AdoptResult>> {
    const { adoptCluster } = await import('../lib/adoption/adopt.js');
    const { flags } = this;
    const account = await this.account(ctx, { region: flags.region, profile: flags.profile });
    return adoptCluster(ctx, account, {
      cluster: flags.cluster,
      choose: this.chooser('Which cluster?'),
      project: flags.project,
      environment: flags.env,
      services: flags.service ?? [],
      outputDir: flags['output-dir'],
      mode: flags['dry-run'] ? 'preview' : 'write',
      edited: flags.force ? 'overwrite' : 'keep',
    });
  }
}
