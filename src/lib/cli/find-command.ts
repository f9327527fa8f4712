/** argv → the command that is meant. Command words come first, then flags and arguments. Pure. */
import { nearest } from '../config/diagnostics.js';

export type FoundCommand =
  | { readonly kind: 'root' }
  | { readonly kind: 'root-help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly id: string; readonly argv: readonly string[]; readonly wantsHelp: boolean }
  /** A topic without its sub-command. `wantsHelp` when it was asked for, else it is a usage error. */
  | { readonly kind: 'topic'; readonly topic: string; readonly wantsHelp: boolean }
  | { readonly kind: 'flag-first'; readonly flag: string }
  | { readonly kind: 'unknown'; readonly words: string; readonly suggestion?: string };

const isHelpFlag = (arg: string): boolean => arg === '--help' || arg === '-h';
const isVersionFlag = (arg: string | undefined): boolean => arg === '--version' || arg === '-v';
/** With --json alone the root help is still help; the document says so. */
const isRootFlag = (arg: string): boolean => arg === '--json' || arg === '--no-color';

export const findCommand = (argv: readonly string[], ids: readonly string[]): FoundCommand => {
  const own = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);
  const wantsHelp = own.some(isHelpFlag);
  const [first] = argv;
  if (isVersionFlag(first)) return { kind: 'version' };
  if (argv.every((arg) => isRootFlag(arg))) return { kind: 'root' };
  const firstFlag = argv.findIndex((arg) => arg.startsWith('-'));
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag);
  if (words.length === 0) return wantsHelp ? { kind: 'root-help' } : { kind: 'flag-first', flag: first ?? '' };
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    if (ids.includes(id))
      return {
        kind: 'command',
        id,
        argv: argv.slice(length).filter((arg) => !isHelpFlag(arg) || !wantsHelp),
        wantsHelp,
      };
    if (length === words.length && isTopic(id, ids)) return { kind: 'topic', topic: id, wantsHelp };
  }
  return { kind: 'unknown', words: words.join(' '), ...suggestionFor(words, ids) };
};

const isTopic = (id: string, ids: readonly string[]): boolean => ids.some((known) => known.startsWith(`${id}:`));

/** `rolback` → rollback; `runs lst` → runs list; `sandbox falt add` → sandbox fault add; the longer the match the better. */
const suggestionFor = (words: readonly string[], ids: readonly string[]): { suggestion?: string } => {
  for (const length of [3, 2, 1]) {
    if (words.length < length) continue;
    const known = [...new Set(ids.map((id) => id.split(':').slice(0, length).join(' ')))];
    const near = nearest(words.slice(0, length).join(' '), known);
    if (near !== undefined) return { suggestion: near };
  }
  return {};
};
