import { BaseCommand } from '../../lib/cli/base-command.js';
import type { ExitCodeRow } from '../../lib/cli/exit-code-table.js';
import type { Report } from '../../lib/cli/report.js';

export default class HelpExitCodes extends BaseCommand<
  typeof HelpExitCodes,
  { readonly exitCodes: readonly ExitCodeRow[] }
> {
  static override summary = 'Print the exit codes and what they mean.';
  static override examples = ['<%= config.bin %> help exit-codes', '<%= config.bin %> help exit-codes --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/cli/result-schemas.js')).helpExitCodes;

  protected override async execute(): Promise<Report<{ readonly exitCodes: readonly ExitCodeRow[] }>> {
    const { exitCodeRows, exitCodeLines } = await import('../../lib/cli/exit-code-table.js');
    return { result: { exitCodes: exitCodeRows() }, lines: exitCodeLines() };
  }
}
