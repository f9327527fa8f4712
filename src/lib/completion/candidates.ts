/**
 * Which words may come next. Pure: the program's commands and the typed words in, candidates out; what only a project or
 * this machine knows (environments, services, runs, faults) is asked for by name. Start reading at candidatesFor.
 */
import type { CompletedArg, CompletedCommand, CompletedFlag, CompletedProgram } from './manifest.js';

export interface Candidate {
  readonly value: string;
  readonly about?: string;
}

/** joined: more is typed right behind it (`api=`), so no blank follows. files: the shell's own. */
export type Mode = 'words' | 'joined' | 'files';

export interface Completion {
  readonly mode: Mode;
  readonly candidates: readonly Candidate[];
}

export type LocalKind = 'environments' | 'services' | 'runs' | 'faults' | 'dataStores';

export interface Asked {
  readonly words: readonly string[];
  readonly current: string;
  readonly program: CompletedProgram;
  readonly local: (kind: LocalKind) => Promise<readonly Candidate[]>;
}

const nothing: Completion = { mode: 'words', candidates: [] };
const words = (candidates: readonly Candidate[]): Completion => ({ mode: 'words', candidates });

export const candidatesFor = async (asked: Asked): Promise<Completion> => {
  const found = await (asked.current.startsWith('-') ? flagWords(asked) : plainWords(asked));
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(asked.current)) };
};

/** As far as the words name a command or a topic; the rest are its flags and arguments. */
const commandAt = ({ words: typed, program }: Asked) => {
  const ids = Object.keys(program.commands);
  const isKnown = (id: string): boolean => ids.some((known) => known === id || known.startsWith(`${id}:`));
  let length = 0;
  while (length < typed.length && isKnown(typed.slice(0, length + 1).join(':'))) length += 1;
  const id = typed.slice(0, length).join(':');
  return { id, command: program.commands[id], rest: typed.slice(length) };
};

const flagsOf = (command: CompletedCommand): readonly CompletedFlag[] =>
  Object.values(command.flags).filter((flag) => flag.hidden !== true);

const afterDashes = (rest: readonly string[]): boolean => rest.includes('--');

/** `--env` or `-e` as a whole word; its value is the next one. */
const flagNamed = (command: CompletedCommand, word: string): CompletedFlag | undefined =>
  flagsOf(command).find((flag) => word === `--${flag.name}` || (flag.char !== undefined && word === `-${flag.char}`));

const awaitsValue = (command: CompletedCommand, word: string | undefined): CompletedFlag | undefined => {
  const flag = word === undefined ? undefined : flagNamed(command, word);
  return flag?.type === 'option' ? flag : undefined;
};

const flagWords = async (asked: Asked): Promise<Completion> => {
  const { command, rest } = commandAt(asked);
  const { current } = asked;
  if (command === undefined) return words(asked.words.length === 0 ? rootFlags : []);
  if (afterDashes(rest)) return nothing;
  const attached = attachedValue(command, current);
  if (attached) return prefixed(await valuesOf(asked, { command, flag: attached.flag }), attached.prefix);
  const isFree = (flag: CompletedFlag): boolean =>
    flag.multiple === true || !rest.some((word) => isUseOf(word, flag) && word !== current);
  const free = flagsOf(command).filter(isFree);
  const long = free.map((flag) => ({ value: `--${flag.name}`, about: flag.summary ?? '' }));
  const short = free.flatMap((flag) =>
    flag.char === undefined ? [] : [{ value: `-${flag.char}`, about: flag.summary ?? '' }],
  );
  const help = { value: '--help', about: 'Show help.' };
  return words(current.startsWith('--') ? [...long, help] : [...long, help, ...short]);
};

const rootFlags: readonly Candidate[] = [
  { value: '--help', about: 'Show the overview.' },
  { value: '--version', about: 'Show the version.' },
];

const isUseOf = (word: string, flag: CompletedFlag): boolean =>
  word === `--${flag.name}` ||
  word.startsWith(`--${flag.name}=`) ||
  (flag.char !== undefined && /^-[^-]/.test(word) && word.charAt(1) === flag.char);

/** `--env=st` and `-est`: the value in the same word as its flag. */
const attachedValue = (
  command: CompletedCommand,
  current: string,
): { readonly flag: CompletedFlag; readonly prefix: string } | undefined => {
  const [, long] = /^(--[^=]+)=/.exec(current) ?? [];
  const head = long ?? (/^-[^-]./.test(current) ? current.slice(0, 2) : undefined);
  const flag = awaitsValue(command, head);
  if (head === undefined || flag === undefined) return undefined;
  return { flag, prefix: long === undefined && current.charAt(2) !== '=' ? head : `${head}=` };
};

const prefixed = ({ mode, candidates }: Completion, prefix: string): Completion => ({
  mode,
  candidates: candidates.map((candidate) => ({ ...candidate, value: `${prefix}${candidate.value}` })),
});

const plainWords = async (asked: Asked): Promise<Completion> => {
  const { id, command, rest } = commandAt(asked);
  if (command === undefined) return rest.length === 0 ? words(subCommands(asked.program, id)) : nothing;
  const flag = afterDashes(rest) ? undefined : awaitsValue(command, rest.at(-1));
  if (flag) return valuesOf(asked, { command, flag });
  const positional = positionals(command, rest);
  const here = argAt(command, positional.length);
  // `help`: its argument is the words of a command.
  if (id === 'help') return words(subCommands(asked.program, ['', ...positional].slice(1).join(':'), 'help'));
  const below = rest.length === 0 ? subCommands(asked.program, id) : [];
  const values = here === undefined ? nothing : await argValues(asked, { command, arg: here, positional, rest });
  return { mode: values.mode, candidates: [...below, ...values.candidates] };
};

/** Sub-commands and topics one level below; hidden ones are left out. */
const subCommands = (program: CompletedProgram, id: string, also?: string): readonly Candidate[] => {
  const depth = id === '' ? 0 : id.split(':').length;
  const under = (one: string): readonly CompletedCommand[] =>
    Object.values(program.commands).filter(
      (command) => command.hidden !== true && (one === '' || command.id.startsWith(`${one}:`)),
    );
  const names = new Set(under(id).map((command) => command.id.split(':')[depth] ?? ''));
  const own = [...names].map((name): Candidate => {
    const whole = id === '' ? name : `${id}:${name}`;
    return { value: name, about: program.commands[whole]?.summary ?? program.topics[whole]?.description ?? '' };
  });
  return also === undefined || id !== '' ? own : [...own, ...subCommands(program, also)];
};

/** Words that are neither flags nor their values. */
const positionals = (command: CompletedCommand, rest: readonly string[]): readonly string[] => {
  const dashes = rest.indexOf('--');
  return rest.filter((word, index) => {
    if (dashes >= 0 && index >= dashes) return index > dashes;
    return !word.startsWith('-') && awaitsValue(command, rest[index - 1]) === undefined;
  });
};

/** The last argument of a command that is not strict takes every further word. */
const argAt = (command: CompletedCommand, index: number): CompletedArg | undefined => {
  const all = Object.values(command.args).filter((arg) => arg.hidden !== true);
  const last = all.at(-1);
  return all[index] ?? (command.strict === false || last?.multiple === true ? last : undefined);
};

/** Behind `--` of these stands the command of a container, of which we know nothing. */
const takesForeignCommand = ['run', 'exec'];

const argValues = async (
  asked: Asked,
  at: {
    readonly command: CompletedCommand;
    readonly arg: CompletedArg;
    readonly positional: readonly string[];
    readonly rest: readonly string[];
  },
): Promise<Completion> => {
  const { arg, command, positional, rest } = at;
  if (arg.options) return words(arg.options.map((value) => ({ value })));
  if (takesForeignCommand.includes(command.id) && (afterDashes(rest) || positional.length > 0)) return nothing;
  if (/^services?=/.test(arg.name)) {
    const used = positional.map((word) => word.replace(/=.*$/, '='));
    return { mode: 'joined', candidates: unused(await assignable(asked), used) };
  }
  const kind = localKindOf(arg.name, command.id);
  return kind === undefined ? nothing : words(unused(await asked.local(kind), positional));
};

const unused = (candidates: readonly Candidate[], used: readonly string[]): readonly Candidate[] =>
  candidates.filter(({ value }) => !used.includes(value));

const assignable = async ({ local }: Asked): Promise<readonly Candidate[]> =>
  (await local('services')).map((candidate) => ({ ...candidate, value: `${candidate.value}=` }));

/** By the name of the flag or argument: a new command gets its values by calling things as the others do. */
const localKindOf = (name: string, commandId: string): LocalKind | undefined => {
  if (commandId.startsWith('sandbox:'))
    return commandId === 'sandbox:fault:add' && name === 'kind' ? 'faults' : undefined;
  if (commandId === 'tunnel' && name === 'name') return 'dataStores';
  switch (name) {
    case 'via':
    case 'service':
    case 'services':
      return 'services';
    case 'env':
    case 'environment':
    case 'from':
    case 'confirm':
      return 'environments';
    case 'run':
      return 'runs';
    default:
      return undefined;
  }
};

const fileFlags = ['config', 'dir', 'output-dir', 'state'];

const valuesOf = async (
  asked: Asked,
  at: { readonly command: CompletedCommand; readonly flag: CompletedFlag },
): Promise<Completion> => {
  const { command, flag } = at;
  if (flag.options) return words(flag.options.map((value) => ({ value })));
  if (fileFlags.includes(flag.name)) return { mode: 'files', candidates: [] };
  if (flag.name === 'image') return { mode: 'joined', candidates: await assignable(asked) };
  const kind = flag.helpGroup === 'GLOBAL' && flag.name === 'env' ? 'environments' : localKindOf(flag.name, command.id);
  return kind === undefined ? nothing : words(await asked.local(kind));
};
