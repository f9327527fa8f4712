import { describe, expect, it } from 'vitest';
import { compileFilterPattern } from '../../../src/lib/sandbox/services/logs/filter-pattern.js';

const matches = (pattern: string, message: string): boolean => compileFilterPattern(pattern)(message);

describe('filter patterns of terms', () => {
  it.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR happened', true],
    ['ERROR', 'an error happened', false],
    ['ERROR timeout', 'ERROR after a timeout', true],
    ['ERROR timeout', 'ERROR', false],
    ['?ERROR ?WARN', 'WARN: slow', true],
    ['?ERROR ?WARN', 'INFO', false],
    ['ERROR -debug', 'ERROR in debug mode', false],
    ['ERROR -debug', 'ERROR', true],
    ['"not found"', 'page not found', true],
    ['"not found"', 'found not', false],
    ['-"health check"', 'GET /health check', false],
    ['"say \\"hi\\""', 'say "hi"', true],
    ['%status=5\\d\\d%', 'status=503', true],
    ['%status=5\\d\\d%', 'status=203', false],
    // `?` is ignored beside other terms.
    ['ERROR ?WARN', 'ERROR', true],
  ])('%s on «%s» is %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  it('refuses special characters outside quotes', () => {
    expect(() => matches('user@example', 'x')).toThrow("Invalid character(s) in term 'user@example'");
  });
});

describe('filter patterns over JSON', () => {
  const line = JSON.stringify({
    level: 'error',
    ms: 120,
    user: null,
    ok: false,
    tags: ['a', 'b'],
    http: { status: 503, path: '/orders/17' },
    'odd.key': 'x',
  });

  it.each([
    ['{ $.level = "error" }', true],
    ['{ $.level = error }', true],
    ['{ $.level = "warn" }', false],
    ['{ $.level != "warn" }', true],
    ['{ $.missing != "warn" }', false],
    ['{ $.http.status >= 500 && $.http.path = "/orders/*" }', true],
    ['{ $.http.status >= 500 && $.ms > 500 }', false],
    ['{ $.ms > 500 || $.http.status = 503 }', true],
    ['{ ($.ms > 500 || $.ms < 200) && $.level = "error" }', true],
    ['{ $.user IS NULL }', true],
    ['{ $.ok IS FALSE }', true],
    ['{ $.ok IS TRUE }', false],
    ['{ $.missing NOT EXISTS }', true],
    ['{ $.level NOT EXISTS }', false],
    ['{ $.tags[1] = "b" }', true],
    ['{ $.tags[*] = "b" }', true],
    ['{ $[\'odd.key\'] = "x" }', true],
    ['{ $.http.path = %/orders/\\d+% }', true],
    ['{ $.constructor = "x" }', false],
  ])('%s is %s', (pattern, expected) => {
    expect(matches(pattern, line)).toBe(expected);
  });

  it('matches no line that is not JSON', () => {
    expect(matches('{ $.level = "error" }', 'level = error')).toBe(false);
  });

  it.each([
    '{ $.a }',
    '{ $.a = }',
    '{ level = "x" }',
    '{ $.a = 1 && }',
    '{ ($.a = 1 }',
    '{ $.a = 1',
  ])('refuses %s', (pattern) => {
    expect(() => matches(pattern, '{}')).toThrow('Invalid filter pattern');
  });
});

describe('space-delimited filter patterns', () => {
  const line = '10.0.0.7 - ada [23/Nov/2026:12:00:00 +0000] "GET /orders HTTP/1.1" 503 1024';

  it.each([
    ['[ip, id, user, time, request, status, bytes]', true],
    ['[ip, id, user, time, request, status = 5*, bytes]', true],
    ['[ip, id, user, time, request, status = 4*, bytes]', false],
    ['[ip, id, user, time, request, status = 404 || status = 503, bytes > 1000]', true],
    ['[ip, id, user, time, request = "GET*", status, bytes]', true],
    ['[..., status = 503, bytes]', true],
    ['[ip = 10.0.0.7, ...]', true],
    ['[ip, id]', false],
  ])('%s is %s', (pattern, expected) => {
    expect(matches(pattern, line)).toBe(expected);
  });
});
