import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { logFlags, logOptions, refuseEndlessDocument } from '../../lib/cli/log-flags.js';
import { createLogSink } from '../../lib/cli/render/log-sink.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { LogsResult } from '../../lib/logs/report.js';

export default class LogsTail extends BaseCommand<typeof LogsTail, LogsResult> {
  static override summary = 'Show the last log lines of services, and follow them.';
  static override description =
    'All services of the environment unless some are named. Without --follow it ends after the last lines. New tasks and streams are picked up. Times are AWS time, in UTC. Formats, fields and what --live costs: docs/logs.md.';
  static override examples = [
    '<%= config.bin %> logs tail',
    '<%= config.bin %> logs tail api --since 30m --follow',
    '<%= config.bin %> logs tail --follow --with-events --level warn',
    '<%= config.bin %> logs tail api --follow --output ndjson',
  ];
  static override strict = false;
  static override args = { services: Args.string({ description: 'Services; all when absent.' }) };
  static override flags = {
    ...logFlags,
    follow: Flags.boolean({ char: 'f', summary: 'Go on with new lines until Ctrl-C.' }),
    live: Flags.boolean({
      summary: "Follow by CloudWatch's live tail: sooner, billed by the minute, sampled above 500/s.",
    }),
    limit: Flags.integer({
      char: 'n',
      summary: 'The last so many events; default 100, or all since --since.',
      min: 0,
      max: 10_000,
      aliases: ['lines'],
      helpValue: 'N',
    }),
  };
  static override resultSchema = async () => (await import('../../lib/logs/result-schema.js')).logsSchema;

  protected async execute(ctx: Ctx): Promise<Report<LogsResult>> {
    const [{ tailLogs }, { parsedHead }] = await Promise.all([
      import('../../lib/logs/tail-logs.js'),
      import('../../lib/logs/select-blocks.js'),
    ]);
    const { follow, live, limit } = this.flags;
    const how = live ? 'live' : follow ? 'follow' : 'once';
    const stream = this.stream();
    if (how !== 'once') refuseEndlessDocument(stream.mode);
    const sink = createLogSink({ stream, flags: this.flags, parse: parsedHead });
    const report = await tailLogs(ctx, {
      at: await this.target(ctx),
      options: { ...logOptions(this.words, this.flags), limit },
      how,
      io: { write: sink.write, notice: (notice) => this.tell(notice), signal: this.interrupted() },
    });
    return sink.into(report);
  }
}
