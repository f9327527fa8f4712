import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { logFlags, logOptions } from '../../lib/cli/log-flags.js';
import { createLogSink } from '../../lib/cli/render/log-sink.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { LogsResult } from '../../lib/logs/report.js';

export default class LogsSearch extends BaseCommand<typeof LogsSearch, LogsResult> {
  static override summary = 'Search the logs of services in a window of time, in one pass.';
  static override description =
    'All services of the environment unless some are named. Times are AWS time, in UTC. Formats, fields and where lines come from: docs/logs.md.';
  static override examples = [
    '<%= config.bin %> logs search --since 30m --level error',
    '<%= config.bin %> logs search api workers --trace 4bf92f3577b34da6a3ce929d0e0e4736',
    "<%= config.bin %> logs search api --filter '{ $.status >= 500 }' --output ndjson",
    '<%= config.bin %> logs search --since 2h --until 1h --grep timeout --order newest --limit 20',
  ];
  static override strict = false;
  static override args = { services: Args.string({ description: 'Services; all when absent.' }) };
  static override flags = {
    ...logFlags,
    until: Flags.string({ summary: 'Until when, exclusive; default now.', helpValue: 'WHEN' }),
    order: Flags.option({ options: ['oldest', 'newest'] as const })({
      summary: 'Which come first.',
      default: 'oldest',
    }),
    limit: Flags.integer({ char: 'n', summary: 'At most so many events.', min: 1, aliases: ['lines'], helpValue: 'N' }),
  };
  static override resultSchema = async () => (await import('../../lib/logs/result-schema.js')).logsSchema;

  protected async execute(ctx: Ctx): Promise<Report<LogsResult>> {
    const [{ searchLogs }, { parsedHead }] = await Promise.all([
      import('../../lib/logs/search-logs.js'),
      import('../../lib/logs/select-blocks.js'),
    ]);
    const { until, order, limit } = this.flags;
    const sink = createLogSink({ stream: this.stream(), flags: this.flags, parse: parsedHead });
    const report = await searchLogs(ctx, {
      at: await this.target(ctx),
      options: { ...logOptions(this.words, this.flags), until, limit, order: `${order}-first` },
      io: { write: sink.write, notice: (notice) => this.tell(notice), signal: this.interrupted() },
    });
    return sink.into(report);
  }
}
