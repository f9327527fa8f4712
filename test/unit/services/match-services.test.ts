import { describe, expect, it } from 'vitest';
import type { ResolvedService } from '../../../src/lib/config/project.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { matchesPattern, matchServices } from '../../../src/lib/services/match-services.js';

const all = ['api', 'web-eu', 'web-us', 'workers'].map((name) => ({ name }) as ResolvedService);
const matched = (...words: readonly string[]) => matchServices(all, words).map(({ name }) => name);
const refusal = (...words: readonly string[]): unknown => {
  try {
    return matched(...words);
  } catch (error) {
    return isPlatformError(error) ? [error.code, ...error.hints] : error;
  }
};

describe('services by name and pattern', () => {
  it.each([
    [[], ['api', 'web-eu', 'web-us', 'workers']],
    [
      ['workers', 'api'],
      ['api', 'workers'],
    ],
    [['web-*'], ['web-eu', 'web-us']],
    [['*'], ['api', 'web-eu', 'web-us', 'workers']],
    [
      ['w*', 'api', 'web-us'],
      ['api', 'web-eu', 'web-us', 'workers'],
    ],
    [['web-?u'], ['web-eu']],
  ])('%j mean %j', (words, expected) => {
    expect(matched(...words)).toEqual(expected);
  });

  it('refuse a name or pattern that means none, also beside others that do', () => {
    expect(refusal('apx')).toEqual(['E_NOT_FOUND', 'did you mean `api`?']);
    expect(refusal('api', 'q*')).toEqual(['E_NOT_FOUND', 'services: api, web-eu, web-us, workers']);
  });
});

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['a', '', false],
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['*b*b', 'abab', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['**', 'x', true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it('made to be slow is not', () => {
    expect(matchesPattern(`${'a*'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
  });
});
