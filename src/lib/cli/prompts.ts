/** Questions on the terminal, asked on stderr so that stdout stays the result's. Loaded only when a question is asked. */
import type { Prompts } from './consent.js';

export const terminalPrompts = (signal: AbortSignal): Prompts => ({
  confirm: async (message) => {
    const { default: confirm } = await import('@inquirer/confirm');
    return confirm({ message, default: false }, { output: process.stderr, signal });
  },
  input: async (message) => {
    const { default: input } = await import('@inquirer/input');
    return input({ message }, { output: process.stderr, signal });
  },
  select: async (message, choices) => {
    const { default: select } = await import('@inquirer/select');
    return select({ message, choices: choices.map((value) => ({ value })) }, { output: process.stderr, signal });
  },
});
