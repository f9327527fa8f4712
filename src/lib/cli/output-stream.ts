/**
 * Lines of a stream, with back-pressure: a write resolves when there is room for more, so that whoever produces waits for
 * whoever reads. A signal ends the waiting: Ctrl-C must work while the reader of a pipe is asleep.
 */
import type { CommandOutput, OutputMode } from './command-output.js';
import type { Terminal } from './terminal.js';

export interface OutputStream {
  readonly mode: OutputMode;
  readonly colours: 'colour' | 'plain';
  /** Lines must not look like workflow commands. */
  readonly isGithub: boolean;
  /** Whole lines, each with its line break. */
  write(text: string): Promise<void>;
}

export const outputStream = (options: {
  readonly output: Pick<CommandOutput, 'mode' | 'colours'>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}): OutputStream => {
  const { output, terminal, signal } = options;
  return {
    mode: output.mode,
    colours: output.colours,
    isGithub: terminal.isGithub,
    write: async (text) => {
      const room = terminal.outWithRoom?.(text);
      if (terminal.outWithRoom === undefined) terminal.out(text);
      if (room === undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener('abort', go);
          resolve();
        };
        signal.addEventListener('abort', go, { once: true });
        void room.then(go);
      });
    },
  };
};
