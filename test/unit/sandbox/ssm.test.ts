import { describe, expect, it } from 'vitest';
import { ssmModule } from '../../../src/lib/sandbox/services/ssm/module.js';
import { readParameter } from '../../../src/lib/sandbox/services/ssm/store.js';
import { stsModule } from '../../../src/lib/sandbox/services/sts/module.js';
import { type Answer, callIn, refusal, worldOf } from '../../helpers/service-world.js';

const start = () => {
  const world = worldOf(ssmModule(), stsModule());
  const call = callIn(world, 'ssm');
  const put = (Name: string, Value: string, extra: object = {}) =>
    call('PutParameter', { Name, Value, Type: 'String', ...extra });
  return { world, call, put };
};

const names = (parameters: readonly Answer[]): readonly string[] => parameters.map(({ Name }) => Name);

describe('the simulated Parameter Store', () => {
  it('counts versions and refuses to overwrite without being told to', async () => {
    const { put } = start();
    expect(await put('/shop/a', '1')).toEqual({ Version: 1, Tier: 'Standard' });
    expect(await refusal(put('/shop/a', '2'))).toContain('ParameterAlreadyExists: The parameter already exists.');
    expect(await put('/shop/a', '2', { Overwrite: true })).toEqual({ Version: 2, Tier: 'Standard' });
  });

  it('shows a SecureString only when asked to decrypt, and nothing of it otherwise', async () => {
    const { call, put } = start();
    await put('/shop/secret', 'hunter2', { Type: 'SecureString' });
    const hidden = await call('GetParameter', { Name: '/shop/secret' });
    expect(Buffer.from(hidden.Parameter.Value, 'base64').toString()).not.toContain('hunter2');
    const shown = await call('GetParameter', { Name: '/shop/secret', WithDecryption: true });
    expect(shown.Parameter).toMatchObject({ Value: 'hunter2', Type: 'SecureString', Version: 1 });
  });

  it('answers ParameterNotFound without a text, as AWS does', async () => {
    expect(await refusal(start().call('GetParameter', { Name: '/nope' }))).toBe('ParameterNotFound: ');
  });

  it('takes at most ten names and lists the ones that are missing', async () => {
    const { call, put } = start();
    await put('/shop/a', '1');
    expect(await call('GetParameters', { Names: ['/shop/a', '/shop/b'] })).toMatchObject({
      Parameters: [{ Name: '/shop/a' }],
      InvalidParameters: ['/shop/b'],
    });
    const eleven = Array.from({ length: 11 }, (_, index) => `/n${index}`);
    expect(await refusal(call('GetParameters', { Names: eleven }))).toContain('less than or equal to 10');
  });

  it('pages a path ten at a time, one level deep unless recursive', async () => {
    const { call, put } = start();
    for (let index = 0; index < 12; index += 1) await put(`/shop/p${String(index).padStart(2, '0')}`, 'x');
    await put('/shop/deep/er', 'x');
    await put('/shopping', 'x');
    const first = await call('GetParametersByPath', { Path: '/shop' });
    expect(first.Parameters).toHaveLength(10);
    const second = await call('GetParametersByPath', { Path: '/shop', NextToken: first.NextToken });
    expect(names(second.Parameters)).toEqual(['/shop/p10', '/shop/p11']);
    expect(second.NextToken).toBeUndefined();
    const deep = await call('GetParametersByPath', { Path: '/shop/', Recursive: true, MaxResults: 1 });
    expect(names(deep.Parameters)).toEqual(['/shop/deep/er']);
    expect(await refusal(call('GetParametersByPath', { Path: '/shop', MaxResults: 11 }))).toContain(
      'less than or equal to 10',
    );
  });

  it('finds a version by number and by label; a label is on one version at a time', async () => {
    const { call, put } = start();
    await put('/shop/a', 'one');
    await put('/shop/a', 'two', { Overwrite: true });
    await call('LabelParameterVersion', { Name: '/shop/a', ParameterVersion: 1, Labels: ['live'] });
    expect((await call('GetParameter', { Name: '/shop/a:live' })).Parameter.Value).toBe('one');
    await call('LabelParameterVersion', { Name: '/shop/a', Labels: ['live', '1bad', 'aws-x'] }).then((answer: Answer) =>
      expect(answer.InvalidLabels).toEqual(['1bad', 'aws-x']),
    );
    expect((await call('GetParameter', { Name: '/shop/a:live' })).Parameter).toMatchObject({
      Value: 'two',
      Selector: ':live',
    });
    expect((await call('GetParameter', { Name: '/shop/a:1' })).Parameter.Value).toBe('one');
    expect(await refusal(call('GetParameter', { Name: '/shop/a:9' }))).toContain('ParameterVersionNotFound');
    const { Parameters } = await call('GetParameterHistory', { Name: '/shop/a' });
    expect(Parameters.map((each: Answer) => each.Labels)).toEqual([[], ['live']]);
  });

  it('keeps a hundred versions, and refuses to lose one that has a label', async () => {
    const { call, put } = start();
    for (let index = 0; index < 101; index += 1) await put('/shop/a', String(index), { Overwrite: true });
    const { Parameters } = await call('GetParameterHistory', { Name: '/shop/a', MaxResults: 50 });
    expect(Parameters[0].Version).toBe(2);
    await call('LabelParameterVersion', { Name: '/shop/a', ParameterVersion: 2, Labels: ['keep'] });
    expect(await refusal(put('/shop/a', 'x', { Overwrite: true }))).toContain('ParameterMaxVersionLimitExceeded');
  });

  it('refuses values that a tier cannot hold, names of AWS, and tags with overwrite', async () => {
    const { put } = start();
    expect(await refusal(put('/shop/a', 'x'.repeat(4_097)))).toContain('4096 characters');
    expect(await put('/shop/big', 'x'.repeat(4_097), { Tier: 'Intelligent-Tiering' })).toMatchObject({
      Tier: 'Advanced',
    });
    expect(await refusal(put('/aws/x', '1'))).toContain('ValidationException');
    expect(await refusal(put('shop/a', '1'))).toContain('fully qualified name');
    expect(await refusal(put('/t', '1', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }))).toContain(
      "can't be used together",
    );
  });

  it('filters descriptions by prefix, type and tag', async () => {
    const { call, put } = start();
    await put('/shop/a', '1', { Tags: [{ Key: 'team', Value: 'web' }] });
    await put('/shop/b', '1', { Type: 'SecureString' });
    await put('/other', '1');
    const describe = async (...ParameterFilters: object[]) =>
      names((await call('DescribeParameters', { ParameterFilters })).Parameters);
    expect(await describe({ Key: 'Name', Option: 'BeginsWith', Values: ['/shop/'] })).toEqual(['/shop/a', '/shop/b']);
    expect(await describe({ Key: 'Type', Values: ['SecureString'] })).toEqual(['/shop/b']);
    expect(await describe({ Key: 'tag:team', Values: ['web'] })).toEqual(['/shop/a']);
    expect(await refusal(call('DescribeParameters', { ParameterFilters: [{ Key: 'Nope' }] }))).toContain(
      'InvalidFilterKey',
    );
  });

  it('deletes one or several, naming those that were not there', async () => {
    const { call, put } = start();
    await put('/a', '1');
    expect(await call('DeleteParameters', { Names: ['/a', '/b'] })).toEqual({
      DeletedParameters: ['/a'],
      InvalidParameters: ['/b'],
    });
    expect(await refusal(call('DeleteParameter', { Name: '/a' }))).toBe('ParameterNotFound: ');
  });

  it('gives a container its value by name or by ARN of the region', async () => {
    const { world, put } = start();
    await put('/shop/a', 'value');
    const arn = 'arn:aws:ssm:eu-west-1:123456789012:parameter/shop/a';
    expect([readParameter(world, 'eu-west-1', '/shop/a'), readParameter(world, 'us-east-1', arn)]).toEqual([
      'value',
      'value',
    ]);
    expect(readParameter(world, 'us-east-1', '/shop/a')).toBeUndefined();
  });
});
