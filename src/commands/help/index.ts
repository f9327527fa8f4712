import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';

export default class Help extends BaseCommand<typeof Help, { readonly help: string }> {
  static override summary = 'Show help for a command or a topic.';
  static override examples = ['<%= config.bin %> help', '<%= config.bin %> help runs', '<%= config.bin %> help deploy'];
  static override args = { command: Args.string({ description: 'Words of the command.', multiple: true }) };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/cli/result-schemas.js')).help;

  protected override async execute(): Promise<Report<{ readonly help: string }>> {
    const { helpText } = await import('../../lib/cli/help.js');
    const text = await helpText(this.config, this.args.command ?? []);
    return { result: { help: text }, lines: text.split('\n') };
  }
}
