import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { outputFlags } from '../../lib/cli/flags.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { TimelineResult } from '../../lib/rehearsal/sandbox-timeline.js';

export default class SandboxTimeline extends BaseCommand<typeof SandboxTimeline, TimelineResult> {
  static override summary = 'Show every call, event and change of state in order, and who caused it.';
  static override examples = [
    '<%= config.bin %> sandbox timeline --mutating',
    '<%= config.bin %> sandbox timeline --follow',
    '<%= config.bin %> sandbox timeline --service ecs --json',
  ];
  static override flags = {
    ...outputFlags,
    follow: Flags.boolean({ char: 'f', summary: 'Go on as things happen, until Ctrl-C.' }),
    mutating: Flags.boolean({ summary: 'Only calls that change something.' }),
    service: Flags.string({ summary: 'Only calls of this service.', helpValue: 'ecs|elbv2|logs|…' }),
    since: Flags.integer({ summary: 'Only what came after this sequence number.', min: 0, helpValue: 'SEQ' }),
    limit: Flags.integer({ summary: 'Only the newest N.', min: 1, helpValue: 'N' }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/rehearsal/result-schemas.js')).timelineSchema;

  protected async execute(ctx: Ctx): Promise<Report<TimelineResult>> {
    const { followTimeline, readTimeline } = await import('../../lib/rehearsal/sandbox-timeline.js');
    const { since, limit, service, mutating, follow } = this.flags;
    const options = {
      which: mutating ? ('mutating' as const) : ('all' as const),
      ...(since !== undefined && { since }),
      ...(limit !== undefined && { limit }),
      ...(service !== undefined && { service }),
    };
    if (!follow) return readTimeline(ctx, options);
    return followTimeline(ctx, {
      ...options,
      signal: this.interrupted(),
      emit: (event, text) => this.emit(event, text),
    });
  }
}
