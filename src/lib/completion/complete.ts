/**
 * `platform --complete SHELL …`, which the completion scripts call at every TAB. bin/run.js comes here before anything
 * else is loaded: no oclif, no zod, no AWS. What is printed is data, one candidate a line behind a line with the mode; the
 * scripts never evaluate it. Every failure is an empty answer: an error in the middle of a half-typed line helps nobody.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Candidate, type Completion, candidatesFor } from './candidates.js';
import { parseLine } from './command-line.js';
import { localValues } from './local-values.js';
import type { CompletedProgram } from './manifest.js';

export interface CompletionProcess {
  /** Folder of package.json. */
  readonly root: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** zsh and fish: the words behind the program's name, the last one as far as it is typed. bash: the line, and its COMP_WORDBREAKS. */
export const complete = async (argv: readonly string[], here: CompletionProcess): Promise<string> => {
  const [shell = '', ...rest] = argv;
  try {
    switch (shell) {
      case 'bash':
        return printed(await forBash({ line: rest[0] ?? '', breaks: rest[1] ?? '' }, here));
      case 'zsh':
        return printed(await candidates({ words: rest.slice(0, -1), current: rest.at(-1) ?? '' }, here));
      case 'fish':
        // The last word comes as it is typed, with its quotes.
        return printed(
          await candidates(
            { words: rest.slice(0, -1), current: parseLine(`platform ${rest.at(-1) ?? ''}`).current },
            here,
          ),
        );
      default:
        return printed(none);
    }
  } catch {
    return printed(none);
  }
};

const none: Completion = { mode: 'words', candidates: [] };

const candidates = (
  { words, current }: { readonly words: readonly string[]; readonly current: string },
  here: CompletionProcess,
): Promise<Completion> =>
  candidatesFor({
    words,
    current,
    program: programAt(here.root),
    local: (kind) => localValues(kind, { words, current: ownPart(current), cwd: here.cwd, env: here.env }),
  });

/** Of `--run=7f` the value. */
const ownPart = (current: string): string => current.replace(/^--[^=]+=/, '');

/** bash replaces only what follows the last `=` or `:` of a bare word, so that is all it may be given. */
const forBash = async (
  { line, breaks }: { readonly line: string; readonly breaks: string },
  here: CompletionProcess,
): Promise<Completion> => {
  const { words, current, quoting } = parseLine(line);
  const found = await candidates({ words, current }, here);
  const breaking = quoting === 'bare' ? [...'=:'].filter((character) => breaks.includes(character)) : [];
  const kept = Math.max(0, ...breaking.map((character) => current.lastIndexOf(character) + 1));
  return {
    ...found,
    candidates: found.candidates.map((candidate) => ({ ...candidate, value: candidate.value.slice(kept) })),
  };
};

const programAt = (root: string): CompletedProgram => {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const { commands } = json('oclif.manifest.json') as Pick<CompletedProgram, 'commands'>;
  const { oclif } = json('package.json') as { readonly oclif: { readonly topics?: CompletedProgram['topics'] } };
  return { commands, topics: oclif.topics ?? {} };
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: a line of the answer holds none of them.
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const lineOf = ({ value, about = '' }: Candidate): string => {
  const [sentence = ''] = about.split('\n');
  return control.test(value) ? '' : `${value}\t${control.test(sentence) ? '' : sentence}\n`;
};

const printed = ({ mode, candidates: all }: Completion): string => `${mode}\n${all.map(lineOf).join('')}`;
