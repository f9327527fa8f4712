/** Comparisons that JSON and space-delimited filter patterns share: numbers, strings with `*`, regular expressions. */
import { AwsError } from '../../service.js';

export type Operator = '=' | '!=' | '<' | '>' | '<=' | '>=';

const bad = (): AwsError => new AwsError('InvalidParameterException', 'Invalid filter pattern');

/** A test of one value; `undefined` means that the field is not there. */
export type ValueTest = (value: unknown) => boolean;

/** `literal` is as written: `"text*"`, `200`, `4*`, `%regex%`. */
export const comparison = (operator: Operator, literal: string): ValueTest => {
  if (literal.startsWith('%') && literal.endsWith('%') && literal.length > 2)
    return equality(operator, regexTest(literal));
  const text = literal.startsWith('"') ? literal.slice(1, -1).replace(/\\(.)/g, '$1') : literal;
  const number = literal.startsWith('"') ? Number.NaN : Number(text);
  if (Number.isNaN(number)) return equality(operator, textTest(text));
  return (value) => {
    const actual =
      typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
    if (Number.isNaN(actual)) return false;
    return compareNumbers(operator, actual, number);
  };
};

const compareNumbers = (operator: Operator, actual: number, wanted: number): boolean => {
  switch (operator) {
    case '=':
      return actual === wanted;
    case '!=':
      return actual !== wanted;
    case '<':
      return actual < wanted;
    case '>':
      return actual > wanted;
    case '<=':
      return actual <= wanted;
    case '>=':
      return actual >= wanted;
  }
};

const equality = (operator: Operator, test: (text: string) => boolean): ValueTest => {
  if (operator !== '=' && operator !== '!=') throw bad();
  return (value) => {
    if (value === undefined || value === null || typeof value === 'object') return false;
    return test(String(value)) === (operator === '=');
  };
};

const textTest = (pattern: string): ((text: string) => boolean) => {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const expression = new RegExp(`^${pattern.split('*').map(escapeRegex).join('.*')}$`, 's');
  return (text) => expression.test(text);
};

const regexTest = (literal: string): ((text: string) => boolean) => {
  try {
    const expression = new RegExp(literal.slice(1, -1), 'u');
    return (text) => expression.test(text);
  } catch {
    throw bad();
  }
};

const escapeRegex = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/** `||` binds weaker than `&&`; parentheses group. Reads operands with `operand`. */
export interface Cursor {
  readonly tokens: readonly string[];
  at: number;
}

export const parseBoolean = <T>(
  cursor: Cursor,
  operand: (cursor: Cursor) => (subject: T) => boolean,
): ((subject: T) => boolean) => {
  const parsePrimary = (): ((subject: T) => boolean) => {
    if (cursor.tokens[cursor.at] !== '(') return operand(cursor);
    cursor.at += 1;
    const inner = parseOr();
    if (cursor.tokens[cursor.at++] !== ')') throw bad();
    return inner;
  };
  const parseAnd = (): ((subject: T) => boolean) => {
    const parts = [parsePrimary()];
    while (cursor.tokens[cursor.at] === '&&') {
      cursor.at += 1;
      parts.push(parsePrimary());
    }
    return (subject) => parts.every((part) => part(subject));
  };
  const parseOr = (): ((subject: T) => boolean) => {
    const parts = [parseAnd()];
    while (cursor.tokens[cursor.at] === '||') {
      cursor.at += 1;
      parts.push(parseAnd());
    }
    return (subject) => parts.some((part) => part(subject));
  };
  return parseOr();
};
