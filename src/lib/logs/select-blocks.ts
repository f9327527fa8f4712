/** `--level`, `--grep`, `--trace`: applied to whole blocks, so that a stack trace stays with the line that it belongs to. Pure. */
import { PlatformError } from '../errors/platform-error.js';
import { isAtLeast, type Level } from './levels.js';
import type { Block } from './model.js';
import { type ParsedMessage, parseMessage } from './parse-message.js';
import { mentions, traceForms } from './trace-match.js';

export interface Selection {
  readonly level?: Level | undefined;
  readonly grep?: string | undefined;
  readonly trace?: string | undefined;
}

/** `error` or `/error/i`; anything that is no regular expression is exit 2. */
export const compileGrep = (pattern: string): RegExp => {
  const delimited = /^\/(.+)\/([ims]*)$/s.exec(pattern);
  try {
    return new RegExp(delimited?.[1] ?? pattern, `${delimited?.[2] ?? ''}u`);
  } catch {
    throw new PlatformError('E_USAGE', `--grep ${JSON.stringify(pattern)} is not a regular expression`, {
      hints: ['put a \\ before . * + ? ( ) [ ] { } to mean the character itself'],
    });
  }
};

const textsOf = ({ head, rest }: Block): readonly string[] => [head.message, ...rest.map((event) => event.message)];

/** Undefined when everything is wanted. */
export const blockFilter = (selection: Selection): ((block: Block) => boolean) | undefined => {
  const { level } = selection;
  const grep = selection.grep === undefined ? undefined : compileGrep(selection.grep);
  const forms = selection.trace === undefined ? undefined : traceForms(selection.trace);
  const tests: ((block: Block) => boolean)[] = [
    ...(forms ? [(block: Block) => textsOf(block).some((text) => mentions(text, forms))] : []),
    ...(grep ? [(block: Block) => textsOf(block).some((text) => grep.test(text))] : []),
    ...(level ? [(block: Block) => isOfLevel(parsedHead(block), level, block)] : []),
  ];
  return tests.length === 0 ? undefined : (block) => tests.every((test) => test(block));
};

/** Events of the timeline have no level and are always shown; a line without one counts as info. */
const isOfLevel = (parsed: ParsedMessage, wanted: Level, block: Block): boolean =>
  block.head.kind === 'event' || isAtLeast(parsed.level ?? 'info', wanted);

/** Filter and renderer both ask; a line is parsed once. */
export const parsedHead = (block: Block): ParsedMessage => {
  block.parsed ??= parseMessage(block.head.message);
  return block.parsed;
};
