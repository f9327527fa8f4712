/**
 * From argv to a command: bin/run.js calls main. oclif holds the commands and parses their flags; which command is meant,
 * help, unknown commands and the last line of defence are ours, because every ending owes a right exit code and, under
 * --json, exactly one document on stdout.
 */
import { Config } from '@oclif/core';
import type { ExitCode } from '../errors/codes.js';
import { PlatformError } from '../errors/platform-error.js';
import type { BaseCommand } from './base-command.js';
import { errorEnvelope, reportEnvelope } from './envelope.js';
import { findCommand } from './find-command.js';
import { jsonText } from './foreign-text.js';
import { presentError } from './present-error.js';
import { printError, printerFor } from './print-report.js';
import { endQuietlyOnClosedPipe } from './signals.js';
import { processTerminal, wantsColor } from './terminal.js';

export interface MainOptions {
  /** Folder of package.json. */
  readonly root: string;
  readonly argv: readonly string[];
}

/** Resolves when everything is said; process.exitCode is set. Never rejects. */
export const main = async (options: MainOptions): Promise<void> => {
  endQuietlyOnClosedPipe();
  const argv = options.argv;
  try {
    const config = await Config.load({ root: options.root, userPlugins: false, devPlugins: false });
    await dispatch(config, argv);
  } catch (error) {
    await fail(error, argv);
  }
};

const dispatch = async (config: Config, argv: readonly string[]): Promise<void> => {
  const found = findCommand(argv, config.commandIDs);
  switch (found.kind) {
    case 'version':
      return say(argv, config.version);
    case 'root':
    case 'root-help':
      return say(argv, await help(config, []));
    case 'command':
      if (found.wantsHelp) return say(argv, await help(config, found.id.split(':')));
      return run(config, found);
    case 'topic':
      if (found.wantsHelp) return say(argv, await help(config, found.topic.split(':')));
      return incomplete(config, { topic: found.topic, argv });
    case 'flag-first':
      throw new PlatformError('E_USAGE', `${found.flag} comes before the command; flags go behind it`, {
        hints: [`platform COMMAND ${found.flag}`],
      });
    case 'unknown': {
      const { unknownCommand } = await import('./help.js');
      throw unknownCommand(found, found.words);
    }
  }
};

type CommandConstructor = new (argv: string[], config: Config) => BaseCommand<never, unknown>;

const run = async (config: Config, found: { readonly id: string; readonly argv: readonly string[] }): Promise<void> => {
  const CommandClass = (await config.findCommand(found.id, { must: true }).load()) as unknown as CommandConstructor;
  const command = new CommandClass([...found.argv], config);
  await command.run();
};

const help = async (config: Config, words: readonly string[]): Promise<string> =>
  (await import('./help.js')).helpText(config, words);

const isJson = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json');

const document = (envelope: object): void => processTerminal().out(`${jsonText(envelope, 2)}\n`);

const say = (argv: readonly string[], text: string): void => {
  if (isJson(argv)) document(reportEnvelope({ result: { text }, lines: [] }, { command: '', warnings: [] }));
  else processTerminal().out(`${text}\n`);
};

/** A topic is no command: its help goes to stderr, exit 2. */
const incomplete = async (
  config: Config,
  at: { readonly topic: string; readonly argv: readonly string[] },
): Promise<void> => {
  const words = at.topic.replaceAll(':', ' ');
  if (isJson(at.argv)) {
    throw new PlatformError('E_USAGE', `${words} needs a sub-command`, { hints: [`platform ${words} --help`] });
  }
  processTerminal().err(`${await help(config, at.topic.split(':'))}\n`);
  process.exitCode = 2 satisfies ExitCode;
};

const fail = async (error: unknown, argv: readonly string[]): Promise<void> => {
  const presented = await presentError(error, { command: '' });
  process.exitCode = presented.exitCode;
  if (isJson(argv)) return document(errorEnvelope(presented, { command: '', warnings: [] }));
  const terminal = processTerminal();
  const colour = !argv.includes('--no-color') && wantsColor(process.env, terminal.isStderrTty);
  printError(printerFor(terminal, { out: false, err: colour }), presented);
  if (argv.includes('--verbose') && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`);
};
