import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, mutationFlags, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { RunTaskResult } from '../lib/tasks/run-types.js';

export default class Run extends BaseCommand<typeof Run, RunTaskResult> {
  static override summary = 'Run a command once in a task of a service.';
  static override description =
    "The task has the service's image, roles, secrets and network. The command's log is streamed to stdout, and its exit code is ours. Ctrl-C detaches: the task goes on, and runs resume follows it to its end. The command stands in the plan for others to read: secrets belong under secrets in platform.yaml.";
  static override examples = [
    '<%= config.bin %> run api -- node migrate.js',
    '<%= config.bin %> run workers --set LOG_LEVEL=debug --memory 1024 -- node replay.js --since 2h',
    '<%= config.bin %> run api --detach -- node reindex.js',
    '<%= config.bin %> run api --dry-run -- node migrate.js',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Service, then -- and the command.' }) };
  static override mutates = 'environment' as const;
  static override resultSchema = async () => (await import('../lib/tasks/result-schema.js')).runTaskSchema;
  static override flags = {
    ...mutationFlags,
    ...outputFlags,
    container: Flags.string({ summary: "Container to run it in; default the service's own.", helpValue: 'NAME' }),
    set: Flags.string({
      summary: 'Plain environment variable of the container.',
      helpValue: 'NAME=VALUE',
      multiple: true,
      default: [],
    }),
    cpu: Flags.integer({ summary: 'CPU units of the task (256 is a quarter of one).', min: 1 }),
    memory: Flags.integer({ summary: 'Memory of the task in MiB.', min: 1 }),
    'task-definition': Flags.option({ options: ['live', 'latest'] as const })({
      summary: 'The release that is live, or the newest revision.',
      default: 'live' as const,
    }),
    timeout: durationFlag({ summary: 'Stop waiting by then (AWS time); the task goes on.', default: 3_600_000 }),
    detach: Flags.boolean({ summary: 'Leave as soon as the task has been accepted.' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<RunTaskResult>> {
    const { prepareRun } = await import('../lib/tasks/prepare-run.js');
    const { flags, words } = this;
    const operation = await prepareRun(ctx, await this.target(ctx), {
      words,
      taskDefinition: flags['task-definition'],
      ...(flags.container === undefined ? {} : { container: flags.container }),
      variables: flags.set,
      ...(flags.cpu === undefined ? {} : { cpu: flags.cpu }),
      ...(flags.memory === undefined ? {} : { memory: flags.memory }),
      deadlineMs: flags.timeout,
      wait: flags.detach ? 'detach' : 'to-the-end',
    });
    return this.operate(operation, ctx);
  }
}
