import { describe, expect, it } from 'vitest';
import { looksLikeSecret } from '../../../src/lib/config/secret-shape.js';

describe('a plain environment value', () => {
  it.each([
    ['DB_PASSWORD', 'hunter2'],
    ['DATABASE_URL', 'postgres://shop:hunter2@db/shop'],
    ['ANYTHING', 'AKIAIOSFODNN7EXAMPLE'],
    ['ANYTHING', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db password=hunter2'],
    ['ANYTHING', 'see arn:aws:secretsmanager:eu-west-1:123456789012:secret:database'],
  ])('%s=%s looks like a secret', (name, value) => {
    expect(looksLikeSecret(name, value)).toBe(true);
  });

  it.each([
    ['LOG_LEVEL', 'info'],
    ['DB_PASSWORD', ''],
    ['DB_PASSWORD', '/shop/prod/DB_PASSWORD'],
    ['DB_SECRET_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf'],
    ['DB_SECRET_ARN', 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf:password::'],
    ['TOKEN', 'arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token'],
  ])('%s=%s only says where one is, or is none', (name, value) => {
    expect(looksLikeSecret(name, value)).toBe(false);
  });
});
