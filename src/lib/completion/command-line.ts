/** The line of a shell up to the cursor → its words. Only bash needs it: zsh and fish tell the words themselves. Pure. */

export interface CommandLine {
  /** Whole words after the program's name. */
  readonly words: readonly string[];
  /** The word at the cursor, as far as it is typed; empty after a blank. */
  readonly current: string;
  /** How that word began: bash breaks a bare word at `=` and `:`, and a quoted one nowhere. */
  readonly quoting: 'bare' | 'quoted';
}

interface Word {
  readonly text: string;
  readonly quoting: CommandLine['quoting'];
}

const separators = ';|&()\n';

/** What follows the last separator: the command that the cursor is in. Expansions are not made: they stay as typed. */
const lastCommand = (line: string): readonly Word[] => {
  let words: Word[] = [];
  let word: { text: string; quoting: CommandLine['quoting'] } | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    const open = (): { text: string; quoting: CommandLine['quoting'] } => {
      word ??= { text: '', quoting: 'bare' };
      return word;
    };
    if (quote === "'" ? character !== "'" : quote === '"' && character !== '"' && character !== '\\') {
      open().text += character;
    } else if (character === quote) {
      quote = '';
    } else if (character === '\\') {
      open().text += line.charAt(++at);
    } else if (character === '"' || character === "'") {
      open().quoting = 'quoted';
      quote = character;
    } else if (separators.includes(character)) {
      words = [];
      word = undefined;
    } else if (character === ' ' || character === '\t') {
      if (word) words.push(word);
      word = undefined;
    } else {
      open().text += character;
    }
  }
  return [...words, word ?? { text: '', quoting: 'bare' }];
};

const isAssignment = ({ text }: Word): boolean => /^[A-Za-z_][A-Za-z0-9_]*=/.test(text);

export const parseLine = (line: string): CommandLine => {
  const all = lastCommand(line);
  // `PLATFORM_SANDBOX=1 platform deploy`: the program comes after its variables.
  const program = all.findIndex((word) => !isAssignment(word));
  const words = all.slice(program < 0 ? all.length : program + 1);
  const last = words.at(-1);
  return {
    words: words.slice(0, -1).map(({ text }) => text),
    current: last?.text ?? '',
    quoting: last?.quoting ?? 'bare',
  };
};
