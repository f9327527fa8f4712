/** A command of the built CLI that is still running: wait for a line of its output, send it a signal, await its end. */
import type { ChildProcess } from 'node:child_process';
import type { Operator } from './e2e-shop.js';
import type { CliOptions, CliResult } from './run-cli.js';

export interface Following {
  readonly pid: number;
  readonly ended: Promise<CliResult>;
  /** Resolves once stderr or stdout has it; throws when the command ends without it. */
  sees(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

export const follow = (operator: Operator, argv: readonly string[], options: Partial<CliOptions> = {}): Following => {
  let child: ChildProcess | undefined;
  let output = '';
  let wake = (): void => undefined;
  let isOver = false;
  const ended = operator.platform(argv, {
    ...options,
    onStart: (started) => {
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream?.on('data', (text: string) => {
          output += text;
          wake();
        });
      }
    },
  });
  const over = (): void => {
    isOver = true;
    wake();
  };
  ended.then(over, over);
  const pid = child?.pid ?? 0;
  return {
    pid,
    ended,
    sees: async (pattern) => {
      while (!pattern.test(output)) {
        if (isOver) throw new Error(`${argv.join(' ')} ended without ${pattern}: ${output}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    signal: (name) => {
      process.kill(pid, name);
    },
  };
};
