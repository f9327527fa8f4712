import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { InitResult } from '../lib/scaffold/result-schemas.js';

export default class Init extends BaseCommand<typeof Init, InitResult> {
  static override summary = 'Scaffold a new project: platform.yaml, task definitions, Dockerfiles, sample programs.';
  static override description =
    'On a terminal it asks for the name and the region; elsewhere, and with --yes, it takes the flags and their defaults.';
  static override examples = [
    '<%= config.bin %> init --runtime ecs',
    '<%= config.bin %> init --dir shop --region eu-west-1 --yes',
  ];
  static override flags = {
    runtime: Flags.option({ options: ['ecs'] as const })({ summary: 'Where containers run.', default: 'ecs' as const }),
    project: Flags.string({ summary: "Name of the project; default the folder's.", helpValue: 'NAME' }),
    region: Flags.string({ summary: 'AWS region; default AWS_REGION, else us-east-1.', helpValue: 'REGION' }),
    dir: Flags.string({ summary: 'Folder to write into; made if it is not there.', default: '.', helpValue: 'DIR' }),
    yes: Flags.boolean({ char: 'y', summary: 'Ask nothing.' }),
    force: Flags.boolean({ summary: 'Overwrite files that were edited, after showing the difference.' }),
    'dry-run': Flags.boolean({ summary: 'Say what would be written and write nothing.' }),
  };
  static override mutates = 'workspace' as const;
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../lib/scaffold/result-schemas.js')).initSchema;

  protected async execute(ctx: Ctx): Promise<Report<InitResult>> {
    const [{ initProject }, { scaffoldDefaults }] = await Promise.all([
      import('../lib/scaffold/init.js'),
      import('../lib/scaffold/defaults.js'),
    ]);
    const { flags } = this;
    const standard = scaffoldDefaults({ cwd: ctx.paths.cwd, dir: flags.dir, env: ctx.env });
    const answer = (question: string, fallback: string): Promise<string> =>
      flags.yes ? Promise.resolve(fallback) : this.ask(question, fallback);
    return initProject({
      templates: ctx.paths.templates,
      cwd: ctx.paths.cwd,
      folder: standard.folder,
      runtime: flags.runtime,
      project: flags.project ?? (await answer('Name of the project?', standard.project)),
      region: flags.region ?? (await answer('AWS region?', standard.region)),
      mode: flags['dry-run'] ? 'preview' : 'write',
      edited: flags.force ? 'overwrite' : 'keep',
    });
  }
}
