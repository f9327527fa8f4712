import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipJson, containsSecretShape, redactJson, redactText } from '../../../src/lib/engine/redact.js';

const accessKey = 'AKIAIOSFODNN7EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7b1\nzzz\n-----END RSA PRIVATE KEY-----';

const leaks: readonly (readonly [string, string, string])[] = [
  ['a URL password', 'cannot reach postgres://shop:hunter22@db:5432/shop', 'hunter22'],
  ['a URL password with an at sign', 'redis://:p@ss-w0rd@cache:6379', 'ss-w0rd'],
  ['an encoded URL password', 'url=postgres%3A%2F%2Fshop%3Ahunter22%40db', 'hunter22'],
  ['an escaped URL in JSON', JSON.stringify({ url: 'postgres:\\/\\/shop:hunter22@db' }), 'hunter22'],
  ['an access key', `key ${accessKey} was refused`, accessKey],
  ['a bare secret key', `got ${secretKey} instead`, secretKey],
  ['a bearer token', 'Authorization: Bearer abcdef1234567890', 'abcdef1234567890'],
  ['basic credentials', 'authorization: Basic c2hvcDpodW50ZXIyMg==', 'c2hvcDpodW50ZXIyMg'],
  ['a JSON web token', `token was ${jwt} yesterday`, jwt],
  ['a PEM block', `config: ${pem} end`, 'MIIEpAIBAAKCAQEA7b1'],
  ['a PEM block cut off', pem.slice(0, 50), 'MIIEpAIBAA'],
  ['a password pair', 'login failed: password=hunter22, retrying', 'hunter22'],
  ['a token in a query', 'GET /x?access_token=abc123def&y=1', 'abc123def'],
  ['a secret under a longer name', 'DB_PASSWORD: hunter22', 'hunter22'],
  ['a pair inside escaped JSON', JSON.stringify(JSON.stringify({ password: 'hunter22' })), 'hunter22'],
  ['a URL-encoded pair', 'body=secret%3Dhunter22', 'hunter22'],
  [
    'base64 of a pair',
    Buffer.from('password=hunter22!').toString('base64'),
    Buffer.from('hunter22!').toString('base64').slice(0, 8),
  ],
];

describe('the redactor', () => {
  for (const [what, text, secret] of leaks) {
    it(`hides ${what}`, () => {
      expect(redactText(text)).not.toContain(secret);
      expect(redactText(text)).toContain('«redacted»');
      expect(containsSecretShape(text)).toBe(true);
    });
  }

  it('leaves what is no secret as it is', () => {
    for (const text of [
      'CannotPullContainerError: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:v2-bad not found',
      'arn:aws:ecs:eu-west-1:123456789012:service/shop-staging/api',
      `sha256:${'a1b2c3d4'.repeat(8)}`,
      'ResourceInitializationError: failed to fetch secret arn:aws:ssm:eu-west-1:123456789012:parameter/shop/DATABASE_URL',
      'http://127.0.0.1:8080/health answered 500',
      'Error: DATABASE_URL is not set',
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    ]) {
      expect(redactText(text)).toBe(text);
      expect(containsSecretShape(text)).toBe(false);
    }
  });

  it('hides what stands under a telling name in JSON, at any depth, and keeps the rest', () => {
    const seen = redactJson({
      lines: [{ text: 'ok' }],
      env: { DB_PASSWORD: 'x', apiKey: 'yyy', count: 3, token: null },
    });
    expect(seen).toEqual({
      lines: [{ text: 'ok' }],
      env: { DB_PASSWORD: '«redacted»', apiKey: '«redacted»', count: 3, token: null },
    });
  });

  it('changes nothing when it is applied twice', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaks), fc.string(), ([, text], around) => {
        const once = redactText(`${around} ${text}`);
        expect(redactText(once)).toBe(once);
      }),
    );
  });

  it('is quick on long hostile text', () => {
    const begunAt = performance.now();
    for (const text of [
      'a'.repeat(100_000),
      'password'.repeat(10_000),
      '-----BEGIN '.repeat(5_000),
      'a_'.repeat(50_000),
      '://a:'.repeat(20_000),
    ])
      redactText(text);
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  });
});

describe('clipping evidence', () => {
  it('keeps small evidence as it is, and big evidence in shape, newest entries first to stay', () => {
    expect(clipJson({ a: 1 }, 8_192)).toEqual({ a: 1 });
    const lines = Array.from({ length: 500 }, (_, index) => ({ text: `${index} ${'x'.repeat(500)}` }));
    const clipped = clipJson({ service: 'api', lines }, 8_192) as { service: string; lines: { text: string }[] };
    expect(Buffer.byteLength(JSON.stringify(clipped))).toBeLessThanOrEqual(8_192);
    expect(clipped.service).toBe('api');
    expect(clipped.lines.at(-1)?.text).toMatch(/^499 /);
  });

  it('never exceeds the limit', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(Buffer.byteLength(JSON.stringify(clipJson(json as never, 600)))).toBeLessThanOrEqual(600);
      }),
    );
  });
});
