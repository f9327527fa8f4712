/**
 * A YAML (or JSON) file as plain data with a position for every path. Everything hostile ends here: size, depth, number
 * of nodes, aliases, tags, duplicate keys and `__proto__` are checked before or while the data is made, so a bomb costs
 * neither time nor memory. Imports yaml only.
 */
import { readFileSync, statSync } from 'node:fs';
import { Lexer, parseDocument } from 'yaml';
import { type Path, pathKey } from './diagnostics.js';
import { type Place, plainData } from './plain-data.js';
import type { Diagnostic, Position } from './project.js';

export const limits = {
  bytes: 1024 * 1024,
  depth: 100,
  aliases: 100,
  /**
   * Lexical tokens and values (aliases expanded): what fits into 150 MB and a second, and 500 adopted services with
   * their comments. Blanks, line ends and comments are cheap: eight of them count as one.
   */
  tokens: 30_000,
  nodes: 30_000,
} as const;

export interface YamlSource {
  /** As shown in messages: relative to the project. */
  readonly file: string;
  /** Plain data; `undefined` when the text could not be read at all. */
  readonly data: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Of the value at the path, or of its nearest parent that exists. */
  positionOf(path: Path): Position;
  /** Of the key, where there is one: for unknown keys and missing members. */
  keyPositionOf(path: Path): Position;
  has(path: Path): boolean;
}

type ToPosition = (offset: number) => { readonly line: number; readonly column: number };

/** Line starts once, then a binary search: a file full of errors asks often. */
const positions = (text: string): ToPosition => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

// The lexer yields zero-width control tokens besides the text itself.
const isVirtual = (token: string): boolean => token === '\u0002' || token === '\u001f' || token === '\u0018';

const isCheap = /^[ \t\r\n]+$|^#/;

/** Reads tokens one by one, and stops at the first that would make parsing dear. Depth is an upper estimate. */
const scan = (text: string): Problem | undefined => {
  let offset = 0;
  let tokens = 0;
  let flow = 0;
  let inLine = 0;
  let aliases = 0;
  let isLineStart = true;
  const indents: number[] = [];
  for (const token of new Lexer().lex(text)) {
    if (isVirtual(token)) continue;
    tokens += isCheap.test(token) ? 1 / 8 : 1;
    if (tokens > limits.tokens) return { offset, message: `more than ${limits.tokens} tokens` };
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (token === '-' || token === '?') inLine += 1;
    else if (token.startsWith('*')) aliases += 1;
    if (aliases > limits.aliases) return { offset, message: `more than ${limits.aliases} aliases` };
    if (isLineStart && flow === 0 && token !== '\n') {
      const indent = /^ +$/.test(token) ? token.length : 0;
      while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
      indents.push(indent);
    }
    isLineStart = token.endsWith('\n');
    if (isLineStart) inLine = 0;
    if (flow + inLine + indents.length > 2 * limits.depth)
      return { offset, message: `nested deeper than ${limits.depth} levels` };
    offset += token.length;
  }
  return undefined;
};

interface Parsed {
  readonly data: unknown;
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

const nothing = (problem: Problem): Parsed => ({ data: undefined, places: new Map(), problems: [problem] });

const parse = (text: string): Parsed => {
  const tooDear = scan(text);
  if (tooDear !== undefined) return nothing(tooDear);
  const document = parseDocument(text, {
    prettyErrors: false,
    schema: 'core',
    strict: true,
    // Checked by plain-data in linear time; the library compares all pairs.
    uniqueKeys: false,
    logLevel: 'error',
  });
  const syntax = document.errors.map(({ message, pos }) => syntaxProblem(text, { offset: pos[0], message }));
  if (syntax.length > 0) return { data: undefined, places: new Map(), problems: syntax };
  return plainData(document, limits);
};

/** The commonest mistake has braces of its own: `{ port: ${{ … }} }`. */
const syntaxProblem = (text: string, error: Problem): Problem => {
  const lineStart = text.lastIndexOf('\n', error.offset - 1) + 1;
  const line = text.slice(lineStart, error.offset + 200).split('\n')[0] ?? '';
  const hint = line.includes('${{') ? { hint: 'inside { } and [ ], ${{ … }} needs quotes' } : {};
  return { offset: error.offset, message: firstLine(error.message), ...hint };
};

const firstLine = (message: string): string => (message.split('\n')[0] ?? message).trim();

/** Text of a parser's surprise (a stack overflow, say): still an error of the file, at its first character. */
const parseSafely = (text: string): Parsed => {
  try {
    return parse(text);
  } catch (error) {
    return nothing({ offset: 0, message: `cannot be parsed: ${firstLine(String((error as Error).message))}` });
  }
};

export const parseYaml = (options: { readonly text: string; readonly file: string }): YamlSource => {
  const { text, file } = options;
  const parsed = parseSafely(text);
  const toPosition = positions(text);
  const at = (offset: number): Position => ({ file, ...toPosition(Math.min(offset, text.length)) });
  const nearest = (path: Path): Place => {
    for (let length = path.length; length >= 0; length--) {
      const place = parsed.places.get(pathKey(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { key: 0, value: 0 };
  };
  return {
    file,
    data: parsed.data,
    diagnostics: parsed.problems.map(({ offset, message, hint }) => ({
      severity: 'error',
      message,
      at: at(offset),
      ...(hint === undefined ? {} : { hint }),
    })),
    positionOf: (path) => at(nearest(path).value),
    keyPositionOf: (path) => at(nearest(path).key),
    has: (path) => parsed.places.has(pathKey(path)),
  };
};

const unreadable = (options: { file: string; message: string; line?: number; column?: number }): YamlSource => {
  const { file, message, line = 1, column = 1 } = options;
  const at = { file, line, column };
  return {
    file,
    data: undefined,
    diagnostics: [{ severity: 'error', message, at }],
    positionOf: () => at,
    keyPositionOf: () => at,
    has: () => false,
  };
};

/** Offset of the first byte that is not UTF-8, or -1. */
const firstBadByte = (bytes: Buffer, text: string): number => {
  const again = Buffer.from(text, 'utf8');
  if (again.equals(bytes)) return -1;
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === again[offset]) offset += 1;
  return offset;
};

/** Reads a regular file of at most 1 MiB. A missing or unreadable one is a diagnostic too. */
export const readYaml = (options: { readonly absolute: string; readonly file: string }): YamlSource => {
  const { absolute, file } = options;
  try {
    const stat = statSync(absolute);
    if (!stat.isFile()) return unreadable({ file, message: 'is not a regular file' });
    if (stat.size > limits.bytes) return unreadable({ file, message: 'is larger than 1 MiB' });
    const bytes = readFileSync(absolute);
    const text = bytes.toString('utf8');
    const bad = firstBadByte(bytes, text);
    if (bad >= 0) {
      const where = positions(text)(bytes.subarray(0, bad).toString('utf8').length);
      return unreadable({ file, message: 'is not UTF-8 text', ...where });
    }
    return parseYaml({ text: text.replace(/^\uFEFF/, ''), file });
  } catch (error) {
    return unreadable({ file, message: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}` });
  }
};
