import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { OpenResult } from '../lib/environments/console-page.js';

export default class Open extends BaseCommand<typeof Open, OpenResult> {
  static override summary = 'Open the AWS console at a service, its logs or its cluster.';
  static override description =
    'Prints the address, and opens it in a browser when you are at a terminal with a screen. A sandbox has no console.';
  static override examples = ['<%= config.bin %> open api', '<%= config.bin %> open api --what logs --print'];
  static override args = {
    service: Args.string({ description: 'Service to look at; the cluster when none is named.' }),
  };
  static override resultSchema = async () => (await import('../lib/environments/result-schemas.js')).openSchema;
  static override flags = {
    what: Flags.option({ options: ['service', 'logs', 'cluster', 'alarms'] as const })({ summary: 'Which page.' }),
    print: Flags.boolean({ summary: 'Print the address and open nothing.' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<OpenResult>> {
    const { consolePage, reportPage } = await import('../lib/environments/console-page.js');
    const { what } = this.flags;
    const { service } = this.args;
    const page = consolePage(await this.target(ctx), {
      ...(service === undefined ? {} : { service }),
      ...(what === undefined ? {} : { what }),
    });
    const isQuiet = this.flags.print || ctx.place.kind === 'sandbox';
    return reportPage(page, { place: ctx.place, browsing: isQuiet ? 'not-here' : await this.browse(page.url) });
  }
}
