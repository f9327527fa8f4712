/** `{ $.level = "error" && ($.ms > 100 || $.user IS NULL) }` over messages that are JSON objects. */
import { AwsError } from '../../service.js';
import { type Cursor, comparison, type Operator, parseBoolean } from './condition.js';

type Select = (root: unknown) => readonly unknown[];

const bad = (): AwsError => new AwsError('InvalidParameterException', 'Invalid filter pattern');

export const compileJsonPattern = (text: string): ((message: string) => boolean) => {
  if (!text.endsWith('}')) throw bad();
  const cursor: Cursor = { tokens: tokenize(text.slice(1, -1)), at: 0 };
  const test = parseBoolean<unknown>(cursor, readCondition);
  if (cursor.at !== cursor.tokens.length) throw bad();
  return (message) => {
    const start = message.trimStart();
    if (!start.startsWith('{') && !start.startsWith('[')) return false;
    try {
      return test(JSON.parse(message));
    } catch {
      return false;
    }
  };
};

const tokenPattern =
  /\s*(\$(?:\.[\p{L}\p{N}_@*-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\])+|&&|\|\||!=|<=|>=|[=<>()]|"(?:[^"\\]|\\.)*"|%[^%]+%|[^\s()=<>!&|]+)\s*/guy;

const tokenize = (text: string): readonly string[] => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    tokenPattern.lastIndex = at;
    const found = tokenPattern.exec(text);
    if (!found) {
      if (text.slice(at).trim() === '') break;
      throw bad();
    }
    tokens.push(found[1] ?? '');
    at = tokenPattern.lastIndex;
  }
  return tokens;
};

const readCondition = (cursor: Cursor): ((root: unknown) => boolean) => {
  const selector = cursor.tokens[cursor.at++];
  if (!selector?.startsWith('$')) throw bad();
  const select = compileSelector(selector);
  const word = (cursor.tokens[cursor.at++] ?? '').toUpperCase();
  if (word === 'IS') return isCondition(select, (cursor.tokens[cursor.at++] ?? '').toUpperCase());
  if (word === 'NOT') {
    if ((cursor.tokens[cursor.at++] ?? '').toUpperCase() !== 'EXISTS') throw bad();
    return (root) => select(root).length === 0;
  }
  if (!['=', '!=', '<', '>', '<=', '>='].includes(word)) throw bad();
  const literal = cursor.tokens[cursor.at++];
  if (literal === undefined) throw bad();
  const test = comparison(word as Operator, literal);
  return (root) => select(root).some(test);
};

const isCondition = (select: Select, what: string): ((root: unknown) => boolean) => {
  const wanted = what === 'NULL' ? null : what === 'TRUE' ? true : what === 'FALSE' ? false : undefined;
  if (wanted === undefined) throw bad();
  return (root) => select(root).some((value) => value === wanted);
};

/** `$.a.b[0].*`, `$['a.b']` → the values found. Own properties only. */
const compileSelector = (text: string): Select => {
  const keys = [...text.matchAll(/\.([\p{L}\p{N}_@*-]+)|\[(\d+|\*)\]|\["([^"]*)"\]|\['([^']*)'\]/gu)].map(
    ([, dotted, index, double, single]) => dotted ?? index ?? double ?? single ?? '',
  );
  return (root) =>
    keys.reduce<readonly unknown[]>((values, key) => values.flatMap((value) => step(value, key)), [root]);
};

const step = (value: unknown, key: string): readonly unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (key === '*') return Object.values(value);
  return Object.hasOwn(value, key) ? [(value as Record<string, unknown>)[key]] : [];
};
