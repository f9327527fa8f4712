/** What a command needs from the process around it. Tests pass their own to BaseCommand.using. */

import type { Ctx } from '../context/context.js';
import type { ContextOptions, CreatedContext } from '../context/create-context.js';
import type { Engine } from '../engine/api.js';
import type { ExitCode } from '../errors/codes.js';
import type { EndedRun } from '../notices/notice.js';
import type { NotifyOptions } from '../notices/notify.js';
import type { Prompts } from './consent.js';
import type { Warning } from './report.js';
import { type Interrupt, listenForSignals, type SignalName } from './signals.js';
import { processTerminal, type Terminal } from './terminal.js';

export interface CommandPorts {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly createContext: (options: ContextOptions) => Promise<CreatedContext>;
  readonly loadEngine: () => Promise<Engine>;
  /** Sends what `notify:` asks for. Never throws; what was not sent is a warning. */
  readonly notify: (ctx: Ctx, ended: EndedRun, options: NotifyOptions) => Promise<readonly Warning[]>;
  readonly prompts: (signal: AbortSignal) => Prompts;
  readonly listenForSignals: (onFirst: (name: SignalName) => void) => Interrupt;
  readonly setExitCode: (code: number) => void;
  readonly exit: (code: ExitCode) => void;
}

/** Everything heavy is imported when it is used: context, engine, questions. */
export const processPorts: CommandPorts = {
  terminal: processTerminal(),
  env: process.env,
  createContext: async (options) => (await import('../context/create-context.js')).createContext(options),
  loadEngine: async () => (await import('../engine/engine.js')).createEngine(),
  notify: async (ctx, ended, options) => (await import('../notices/notify.js')).notifyEnd(ctx, ended, options),
  prompts: (signal) => lazyPrompts(signal),
  listenForSignals,
  setExitCode: (code) => {
    process.exitCode = code;
  },
  exit: (code) => process.exit(code),
};

const lazyPrompts = (signal: AbortSignal): Prompts => {
  const load = async (): Promise<Prompts> => (await import('./prompts.js')).terminalPrompts(signal);
  return {
    confirm: async (question) => (await load()).confirm(question),
    input: async (question) => (await load()).input(question),
    select: async (question, choices) => (await load()).select(question, choices),
  };
};
