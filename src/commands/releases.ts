import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { ReleasesResult } from '../lib/releases/list-releases.js';

export default class Releases extends BaseCommand<typeof Releases, ReleasesResult> {
  static override summary = 'List what is live, what was, and how each release went.';
  static override examples = ['<%= config.bin %> releases', '<%= config.bin %> releases api --limit 5 --json'];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to list; all when none is named.' }) };
  static override resultSchema = async () => (await import('../lib/releases/result-schema.js')).releasesSchema;
  static override flags = {
    limit: Flags.integer({ summary: 'Newest releases per service.', default: 10, min: 1, max: 100 }),
  };

  protected async execute(ctx: Ctx): Promise<Report<ReleasesResult>> {
    const { listReleases } = await import('../lib/releases/list-releases.js');
    return listReleases(ctx, await this.target(ctx), {
      services: this.words,
      limit: this.flags.limit,
      columns: this.columns(),
    });
  }
}
