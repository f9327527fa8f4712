import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { durationFlag, outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { StatusResult } from '../lib/environments/status-types.js';

export default class Status extends BaseCommand<typeof Status, StatusResult> {
  static override summary = 'Show the health of an environment on one screen.';
  static override description =
    'Services with release, image, tasks, targets, alarms, the last deployment and who holds the lock; problems first, with what explains them.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status api "work*" --json',
    '<%= config.bin %> status --state degraded --exit-code',
    '<%= config.bin %> status --watch --interval 10s',
  ];
  static override strict = false;
  static override args = {
    service: Args.string({ description: 'Services to look at, * and ? allowed; all when none is named.' }),
  };
  static override resultSchema = async () => (await import('../lib/environments/result-schemas.js')).statusSchema;
  static override flags = {
    ...outputFlags,
    watch: Flags.boolean({ char: 'w', summary: 'Look again and again until Ctrl-C.', exclusive: ['json'] }),
    interval: durationFlag({ summary: 'Time between two looks; default 5s.', dependsOn: ['watch'] }),
    state: Flags.option({
      options: ['healthy', 'deploying', 'degraded', 'asleep', 'missing'] as const,
      multiple: true,
    })({ summary: 'Only services in this state.', default: [] }),
    all: Flags.boolean({ char: 'a', summary: 'List every service, however many there are.' }),
    'exit-code': Flags.boolean({ summary: 'Exit 6 when a service is degraded or missing.', exclusive: ['watch'] }),
  };

  protected async execute(ctx: Ctx): Promise<Report<StatusResult>> {
    const { showStatus } = await import('../lib/environments/show-status.js');
    const { flags, words } = this;
    const at = await this.target(ctx);
    const screen = flags.watch ? await this.screen() : undefined;
    return showStatus(ctx, at, {
      services: words,
      states: flags.state,
      listed: flags.all ? 'all' : 'short',
      columns: this.columns(),
      exit: flags['exit-code'] ? 'verdict' : 'zero',
      emit: (event, text) => this.emit(event, text),
      output: this.streams() ? 'events' : 'report',
      ...(flags.watch && {
        watch: {
          intervalMs: flags.interval ?? 5000,
          signal: this.interrupted(),
          ...(screen && { screen }),
        },
      }),
    });
  }
}
