/** A terminal made of buffers; every TTY property is set by the test. */
import type { Terminal } from '../../src/lib/cli/terminal.js';

export interface RecordedTerminal extends Terminal {
  stdout(): string;
  stderr(): string;
}

export const recordedTerminal = (
  options: Partial<Pick<Terminal, 'isStdinTty' | 'isStdoutTty' | 'isStderrTty' | 'isCi' | 'isGithub'>> & {
    readonly width?: number;
  } = {},
): RecordedTerminal => {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out: (text) => void out.push(typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
    err: (text) => void err.push(text),
    isStdinTty: options.isStdinTty ?? false,
    isStdoutTty: options.isStdoutTty ?? false,
    isStderrTty: options.isStderrTty ?? false,
    isCi: options.isCi ?? false,
    isGithub: options.isGithub ?? false,
    columns: () => options.width ?? 80,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
  };
};
