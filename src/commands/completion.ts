import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { CompletionScript } from '../lib/completion/script.js';
import type { Ctx } from '../lib/context/context.js';

export default class Completion extends BaseCommand<typeof Completion, CompletionScript> {
  static override summary = 'Print the script that completes commands, services and runs in your shell.';
  static override description =
    'Source it from the start-up file of your shell; its last line says how. Completion reads local files only.';
  static override examples = [
    '<%= config.bin %> completion bash > platform-completion.bash',
    '<%= config.bin %> completion zsh',
    '<%= config.bin %> completion fish',
  ];
  static override args = {
    shell: Args.string({ description: 'bash, zsh or fish.', options: ['bash', 'zsh', 'fish'], required: true }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../lib/cli/result-schemas.js')).completion;

  protected override async execute(ctx: Ctx): Promise<Report<CompletionScript>> {
    const { completionScript } = await import('../lib/completion/script.js');
    return completionScript(ctx, this.args.shell as CompletionScript['shell']);
  }
}
