/** Help texts: oclif formats a command or a topic, root-help.ts the overview. */
import { type Config, Help } from '@oclif/core';
import { nearest } from '../config/diagnostics.js';
import { PlatformError } from '../errors/platform-error.js';
import { type FoundCommand, findCommand } from './find-command.js';
import { type HelpEntry, rootHelp } from './root-help.js';

/** oclif's help, collected instead of printed. */
class CollectedHelp extends Help {
  readonly lines: string[] = [];
  protected override log(...args: string[]): void {
    this.lines.push(args.join(' '));
  }
}

/** Top-level commands and topics with one line about each. */
export const helpEntries = (config: Config): readonly HelpEntry[] => {
  const names = new Set(config.commands.filter((command) => !command.hidden).map(({ id }) => id.split(':')[0] ?? id));
  return [...names].map((name) => {
    const own = config.findCommand(name);
    const topic = config.findTopic(name);
    return { name, summary: (own?.summary ?? topic?.description ?? '').replace(/\.$/, '') };
  });
};

export const rootHelpText = (config: Config): string =>
  rootHelp({ version: config.version, entries: helpEntries(config) });

/** As wide as the terminal, within reason; where there is none, as wide as anybody wants to read. */
const helpColumns = (): number => Math.min(90, Math.max(60, process.stdout.columns ?? 90));

const collect = async (config: Config, words: readonly string[]): Promise<string> => {
  const help = new CollectedHelp(config, { ...config.pjson.oclif.helpOptions, maxWidth: helpColumns() });
  await help.showHelp([...words]);
  return help.lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd();
};

/** Help for the words of a command or topic; the overview without words; E_UNKNOWN_COMMAND when there is no such thing. */
export const helpText = async (config: Config, words: readonly string[]): Promise<string> => {
  if (words.length === 0) return rootHelpText(config).trimEnd();
  const found = findCommand(words, config.commandIDs);
  if (found.kind === 'command') return collect(config, found.id.split(':'));
  if (found.kind === 'topic') return collect(config, found.topic.split(':'));
  // `help exit-code`: a page of help, not a command.
  const pages = config.commandIDs.flatMap((id) => (id.startsWith('help:') ? [id.slice('help:'.length)] : []));
  const page = nearest(words.join(' '), pages);
  if (page !== undefined) {
    throw unknownCommand({ kind: 'unknown', words: words.join(' '), suggestion: `help ${page}` }, words.join(' '));
  }
  throw unknownCommand(found, words.join(' '));
};

export const unknownCommand = (found: FoundCommand, words: string): PlatformError => {
  const suggestion = found.kind === 'unknown' ? found.suggestion : undefined;
  return new PlatformError('E_UNKNOWN_COMMAND', `there is no command \`${words}\``, {
    hints: suggestion === undefined ? ['platform --help'] : [`platform ${suggestion}`, 'platform --help'],
    details: { words, ...(suggestion === undefined ? {} : { suggestion }) },
  });
};
