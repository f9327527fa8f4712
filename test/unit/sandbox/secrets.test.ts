import { describe, expect, it } from 'vitest';
import { secretsManagerModule } from '../../../src/lib/sandbox/services/secretsmanager/module.js';
import { readSecret } from '../../../src/lib/sandbox/services/secretsmanager/store.js';
import { callIn, refusal, worldOf } from '../../helpers/service-world.js';

const region = 'eu-west-1';

const start = async (SecretString = '{"user":"ada","port":5432}') => {
  const world = worldOf(secretsManagerModule());
  const call = callIn(world, 'secretsmanager');
  const created = await call('CreateSecret', { Name: 'shop/db', SecretString });
  return { world, call, created };
};

describe('the simulated Secrets Manager', () => {
  it('gives a secret an ARN that ends in six random characters', async () => {
    const { created } = await start();
    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop\/db-[A-Za-z0-9]{6}$/);
  });

  it('finds a secret by name, ARN and ARN without its ending', async () => {
    const { call, created } = await start('v');
    for (const SecretId of ['shop/db', created.ARN, created.ARN.slice(0, -7)])
      expect((await call('GetSecretValue', { SecretId })).SecretString).toBe('v');
    expect(await refusal(call('GetSecretValue', { SecretId: 'nope' }))).toBe(
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
  });

  it('moves AWSCURRENT to a new version and leaves AWSPREVIOUS behind', async () => {
    const { call } = await start('one');
    await call('PutSecretValue', { SecretId: 'shop/db', SecretString: 'two' });
    await call('PutSecretValue', { SecretId: 'shop/db', SecretString: 'three' });
    const read = async (VersionStage: string) =>
      (await call('GetSecretValue', { SecretId: 'shop/db', VersionStage })).SecretString;
    expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['three', 'two']);
    const listed = await call('ListSecretVersionIds', { SecretId: 'shop/db' });
    expect(listed.Versions).toHaveLength(2);
    expect(
      (await call('ListSecretVersionIds', { SecretId: 'shop/db', IncludeDeprecated: true })).Versions,
    ).toHaveLength(3);
  });

  it('takes the same ClientRequestToken twice only with the same value', async () => {
    const { call } = await start();
    const put = (SecretString: string) =>
      call('PutSecretValue', { SecretId: 'shop/db', SecretString, ClientRequestToken: 'token-1' });
    const first = await put('a');
    expect(await put('a')).toEqual(first);
    expect(await refusal(put('b'))).toContain('ResourceExistsException');
  });

  it('keeps a pending version from being current until its label is moved', async () => {
    const { call } = await start('old');
    const before = await call('GetSecretValue', { SecretId: 'shop/db' });
    const pending = await call('PutSecretValue', {
      SecretId: 'shop/db',
      SecretString: 'new',
      VersionStages: ['AWSPENDING'],
    });
    expect((await call('GetSecretValue', { SecretId: 'shop/db' })).SecretString).toBe('old');
    const move = { SecretId: 'shop/db', VersionStage: 'AWSCURRENT', MoveToVersionId: pending.VersionId };
    expect(await refusal(call('UpdateSecretVersionStage', move))).toContain("RemoveFromVersionId can't be empty");
    await call('UpdateSecretVersionStage', { ...move, RemoveFromVersionId: before.VersionId });
    expect((await call('GetSecretValue', { SecretId: 'shop/db' })).SecretString).toBe('new');
  });

  it('marks a secret for deletion, refuses to read it, and restores it', async () => {
    const { world, call } = await start('v');
    await call('DeleteSecret', { SecretId: 'shop/db', RecoveryWindowInDays: 7 });
    expect(await refusal(call('GetSecretValue', { SecretId: 'shop/db' }))).toContain('marked for deletion');
    expect(await refusal(call('CreateSecret', { Name: 'shop/db', SecretString: 'x' }))).toContain(
      'already scheduled for deletion',
    );
    await call('RestoreSecret', { SecretId: 'shop/db' });
    expect((await call('GetSecretValue', { SecretId: 'shop/db' })).SecretString).toBe('v');
    await call('DeleteSecret', { SecretId: 'shop/db', RecoveryWindowInDays: 7 });
    world.advance(7 * 86_400_000);
    expect(await refusal(call('DescribeSecret', { SecretId: 'shop/db' }))).toContain('ResourceNotFoundException');
  });

  it('lists by name prefix and leaves out what is planned for deletion', async () => {
    const { call } = await start();
    await call('CreateSecret', { Name: 'other', SecretString: 'x' });
    const list = async (input: object) =>
      (await call('ListSecrets', input)).SecretList.map(({ Name }: { Name: string }) => Name);
    expect(await list({ Filters: [{ Key: 'name', Values: ['shop'] }] })).toEqual(['shop/db']);
    await call('DeleteSecret', { SecretId: 'other' });
    expect(await list({})).toEqual(['shop/db']);
  });

  it('gives a container the whole value, one JSON key, or nothing when it is not there', async () => {
    const { world, created } = await start();
    const read = (reference: string) => readSecret(world, region, reference);
    expect(read(created.ARN)).toBe('{"user":"ada","port":5432}');
    expect(read(`${created.ARN}:user::`)).toBe('ada');
    expect(read(`${created.ARN}:port:AWSCURRENT:`)).toBe('5432');
    expect([read(`${created.ARN}:nope::`), read(`${created.ARN}:user:AWSPENDING:`), read('missing')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
