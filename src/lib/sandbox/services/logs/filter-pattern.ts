/**
 * CloudWatch Logs filter patterns → a predicate over messages. Three languages: terms (`ERROR -debug`, `?a ?b`,
 * `"a phrase"`, `%regex%`), JSON (`{ $.level = "error" && $.ms > 100 }`, json-pattern.ts) and space-delimited
 * (`[ip, user, status = 5*, ...]`, space-pattern.ts). Everything is case-sensitive, as on AWS.
 */
import { AwsError } from '../../service.js';
import { compileJsonPattern } from './json-pattern.js';
import { compileSpacePattern } from './space-pattern.js';

export type Matches = (message: string) => boolean;

export const invalidPattern = (): AwsError => new AwsError('InvalidParameterException', 'Invalid filter pattern');

export const compileFilterPattern = (pattern: string | undefined): Matches => {
  const text = pattern?.trim() ?? '';
  if (text === '') return () => true;
  if (text.length > 1024)
    throw new AwsError(
      'InvalidParameterException',
      "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024",
    );
  if (text.startsWith('{')) return compileJsonPattern(text);
  if (text.startsWith('[')) return compileSpacePattern(text);
  return compileTerms(text);
};

interface Term {
  readonly sign: 'must' | 'may' | 'not';
  readonly matches: Matches;
}

const compileTerms = (text: string): Matches => {
  const terms = readTerms(text);
  const must = terms.filter((term) => term.sign === 'must');
  const not = terms.filter((term) => term.sign === 'not');
  const may = terms.filter((term) => term.sign === 'may');
  // AWS ignores `?term` beside other terms.
  const isAlternative = must.length === 0 && not.length === 0;
  return (message) =>
    isAlternative
      ? may.some((term) => term.matches(message))
      : must.every((term) => term.matches(message)) && !not.some((term) => term.matches(message));
};

const readTerms = (text: string): readonly Term[] => {
  const expression = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))(\s+|$)/gy;
  const terms: Term[] = [];
  let at = 0;
  while (at < text.length) {
    expression.lastIndex = at;
    const found = expression.exec(text);
    if (!found) throw invalidPattern();
    at = expression.lastIndex;
    const sign = found[1] === '?' ? 'may' : found[1] === '-' ? 'not' : 'must';
    terms.push({ sign, matches: termMatcher(found) });
  }
  return terms;
};

const termMatcher = ([, , quoted, regex, plain]: RegExpExecArray): Matches => {
  if (quoted !== undefined) return contains(quoted.replace(/\\(.)/g, '$1'));
  if (regex !== undefined) return regexMatcher(regex);
  const word = plain ?? '';
  // Other characters have to be inside double quotes.
  if (!/^[\p{L}\p{N}_]+$/u.test(word))
    throw new AwsError('InvalidParameterException', `Invalid character(s) in term '${word}'`);
  return contains(word);
};

const contains =
  (word: string): Matches =>
  (message) =>
    message.includes(word);

/** AWS allows a small regex language (no groups or back references); anything else is refused. */
export const regexMatcher = (source: string): Matches => {
  if (/[(){}]/.test(source.replace(/\\./g, '').replace(/\{\d*,?\d*\}/g, ''))) throw invalidPattern();
  try {
    const expression = new RegExp(source, 'u');
    return (message) => expression.test(message);
  } catch {
    throw invalidPattern();
  }
};
