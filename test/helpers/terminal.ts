/** A terminal made of buffers; every TTY property is set by the test. */
import type { Terminal } from '../../src/lib/cli/terminal.js';

export interface RecordedTerminal extends Terminal {
  stdout(): string;
  stderr(): string;
  /** As the window manager does. */
  resize(size: { readonly width?: number; readonly height?: number }): void;
}

export const recordedTerminal = (
  options: Partial<Pick<Terminal, 'isStdinTty' | 'isStdoutTty' | 'isStderrTty' | 'isCi' | 'isGithub'>> & {
    width?: number;
    height?: number;
  } = {},
): RecordedTerminal => {
  const out: string[] = [];
  const err: string[] = [];
  const listeners = new Set<() => void>();
  return {
    out: (text) => void out.push(typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
    err: (text) => void err.push(text),
    isStdinTty: options.isStdinTty ?? false,
    isStdoutTty: options.isStdoutTty ?? false,
    isStderrTty: options.isStderrTty ?? false,
    isCi: options.isCi ?? false,
    isGithub: options.isGithub ?? false,
    columns: () => options.width ?? 80,
    outColumns: () => options.width ?? 500,
    rows: () => options.height ?? 24,
    onResize: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    resize: (size) => {
      Object.assign(options, size);
      for (const listener of listeners) listener();
    },
    stdout: () => out.join(''),
    stderr: () => err.join(''),
  };
};
