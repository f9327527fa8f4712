/** `platform completion SHELL`: the script that a shell sources. The scripts are files under their own names: templates/completion/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CompletionScript {
  readonly shell: Shell;
  /** What to type once. */
  readonly install: string;
  readonly script: string;
}

const installs: Readonly<Record<Shell, string>> = {
  bash: `echo 'source <(platform completion bash)' >> ~/.bashrc`,
  zsh: `echo 'source <(platform completion zsh)' >> ~/.zshrc`,
  fish: 'platform completion fish > ~/.config/fish/completions/platform.fish',
};

export const completionScript = (ctx: Pick<Ctx, 'paths'>, shell: Shell): Report<CompletionScript> => {
  const script = readFileSync(join(ctx.paths.templates, 'completion', `platform.${shell}`), 'utf8');
  return {
    result: { shell, install: installs[shell], script },
    // In the script itself, last: who reads it on a terminal sees it, and who sources it is told nothing at every start.
    lines: [...script.trimEnd().split('\n'), '', `# To install: ${installs[shell]}`],
  };
};
