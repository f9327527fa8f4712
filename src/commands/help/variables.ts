import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { VariableRow } from '../../lib/cli/variables-table.js';

export default class HelpVariables extends BaseCommand<
  typeof HelpVariables,
  { readonly variables: readonly VariableRow[] }
> {
  static override summary = 'List the environment variables that are read, and what they do.';
  static override examples = ['<%= config.bin %> help variables', '<%= config.bin %> help variables --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/cli/result-schemas.js')).helpVariables;

  protected override async execute(): Promise<Report<{ readonly variables: readonly VariableRow[] }>> {
    const { shownVariables, variableLines } = await import('../../lib/cli/variables-table.js');
    return { result: { variables: shownVariables() }, lines: variableLines() };
  }
}
