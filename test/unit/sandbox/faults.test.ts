import { CreateClusterCommand, DescribeClustersCommand, ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { createDispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { breakEstate } from '../../../src/lib/sandbox/estate-faults.js';
import { addFault, clearFaults, faultPlan, listFaults } from '../../../src/lib/sandbox/faults.js';
import { createModules } from '../../../src/lib/sandbox/modules.js';
import { addRepository } from '../../../src/lib/sandbox/services/ecr/store.js';
import { createLogGroup, hasLogGroup } from '../../../src/lib/sandbox/services/logs/store.js';
import { addSecret, readSecret } from '../../../src/lib/sandbox/services/secretsmanager/store.js';
import { addParameter, readParameter } from '../../../src/lib/sandbox/services/ssm/store.js';
import { inProcessConfig } from '../../helpers/sandbox-client.js';
import { refusal, worldOf } from '../../helpers/service-world.js';

const region = 'us-east-1';

const start = () => {
  const modules = createModules();
  const world = worldOf(...modules);
  const config = inProcessConfig(createDispatcher({ world, modules, faults: faultPlan(world) }));
  return { world, ecs: new ECSClient(config), ssm: new SSMClient(config) };
};

const clusters = async (ecs: ECSClient): Promise<number> =>
  ((await ecs.send(new ListClustersCommand({}))).clusterArns ?? []).length;

describe('faults on purpose', () => {
  it('throttle an operation, and no other, until they are cleared', async () => {
    const { world, ecs } = start();
    addFault(world, { kind: 'throttle', operation: 'ecs:ListClusters' });
    expect(await refusal(ecs.send(new ListClustersCommand({})))).toContain('ThrottlingException');
    await ecs.send(new DescribeClustersCommand({}));
    clearFaults(world);
    expect(await clusters(ecs)).toBe(0);
  });

  it('hit so many calls and then no more', async () => {
    const { world, ecs } = start();
    addFault(world, { kind: 'fail', operation: 'ecs:*', count: 2 });
    for (let call = 0; call < 2; call += 1)
      expect(await refusal(ecs.send(new ListClustersCommand({})))).toContain('ServerException');
    expect(await clusters(ecs)).toBe(0);
    expect(listFaults(world)).toEqual([]);
  });

  it('hit about so many per cent, the same calls for the same world', async () => {
    const hits = async (): Promise<string> => {
      const { world, ecs } = start();
      addFault(world, { kind: 'throttle', operation: '*:ListClusters', percent: 30 });
      let pattern = '';
      for (let call = 0; call < 200; call += 1) {
        // So that AWS's own request limit does not come into it.
        world.advance(1_000);
        pattern += (await refusal(ecs.send(new ListClustersCommand({})))) === 'no error' ? '.' : 'x';
      }
      return pattern;
    };
    const pattern = await hits();
    expect(pattern.split('x').length - 1).toBeGreaterThan(35);
    expect(pattern.split('x').length - 1).toBeLessThan(85);
    expect(await hits()).toBe(pattern);
  });

  it('do not change what happens in the world: its random numbers stay the same', async () => {
    const { world, ecs } = start();
    const before = world.state.random;
    addFault(world, { kind: 'throttle', operation: '*', percent: 50 });
    for (let call = 0; call < 20; call += 1) await refusal(ecs.send(new ListClustersCommand({})));
    expect(world.state.random).toBe(before);
  });

  it.each([
    ['fail-after-write', 1],
    ['lose-answer', 1],
    ['fail', 0],
    ['drop', 0],
  ] as const)('%s: the caller sees a failure, and %i cluster is there', async (kind, expected) => {
    const { world, ecs } = start();
    addFault(world, { kind, operation: 'ecs:CreateCluster', count: 1 });
    expect(await refusal(ecs.send(new CreateClusterCommand({ clusterName: 'shop' })))).not.toBe('no error');
    expect(await clusters(ecs)).toBe(expected);
  });

  it('deny with the text of AWS, and expire credentials', async () => {
    const { world, ecs } = start();
    addFault(world, { kind: 'deny', operation: 'ecs:ListClusters', count: 1 });
    expect(await refusal(ecs.send(new ListClustersCommand({})))).toMatch(
      /AccessDeniedException: User: arn:aws:iam::123456789012:user\/sandbox is not authorized to perform: ecs:ListClusters/,
    );
    addFault(world, { kind: 'expire-credentials', operation: '*', count: 1 });
    expect(await refusal(ecs.send(new ListClustersCommand({})))).toMatch(/^ExpiredToken(Exception)?: /);
  });

  it('delay the answer in AWS time', async () => {
    const { world, ssm } = start();
    await ssm.send(new PutParameterCommand({ Name: '/a', Value: 'x', Type: 'String' }));
    addFault(world, { kind: 'delay', operation: 'ssm:GetParameter', delayMs: 5_000 });
    let isAnswered = false;
    const answer = ssm.send(new GetParameterCommand({ Name: '/a' })).then(() => {
      isAnswered = true;
    });
    while (world.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
    world.advance(4_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    world.advance(1);
    await answer;
  });

  it('are part of a snapshot', () => {
    const { world } = start();
    addFault(world, { kind: 'throttle', operation: '*' });
    const snapshot = world.snapshot();
    clearFaults(world);
    world.restore(snapshot);
    expect(listFaults(world)).toHaveLength(1);
  });

  it('are in the timeline when they hit', async () => {
    const { world, ecs } = start();
    addFault(world, { kind: 'throttle', operation: 'ecs:ListClusters' });
    await refusal(ecs.send(new ListClustersCommand({})));
    const faults = world.state.timeline.filter((entry) => entry.kind === 'fault');
    expect(faults.map((entry) => entry.kind === 'fault' && entry.message)).toEqual([
      'added: throttle ecs:ListClusters',
      'throttle on ecs:ListClusters',
    ]);
  });
});

describe('breaking the estate', () => {
  it('takes log groups, parameters, secrets and image tags away', () => {
    const { world } = start();
    createLogGroup(world, region, '/ecs/shop');
    addParameter(world, region, { name: '/shop/a', value: 'x' });
    addSecret(world, region, { name: 'shop/db', value: 'x' });
    addRepository(world, region, { name: 'shop-api', holdsEveryTag: true });
    expect(breakEstate(world, { kind: 'delete-log-group', region, target: '/ecs/shop' })).toBe(
      'log group /ecs/shop deleted',
    );
    expect(breakEstate(world, { kind: 'delete-parameter', region, target: '/shop/a' })).toBe(
      'parameter /shop/a deleted',
    );
    expect(breakEstate(world, { kind: 'delete-secret', region, target: 'shop/db' })).toBe('secret shop/db deleted');
    expect(breakEstate(world, { kind: 'delete-image', region, target: 'shop-api:v1' })).toBe(
      'image shop-api:v1 deleted',
    );
    expect(hasLogGroup(world, region, '/ecs/shop')).toBe(false);
    expect([readParameter(world, region, '/shop/a'), readSecret(world, region, 'shop/db')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each([
    'delete-log-group',
    'delete-parameter',
    'delete-secret',
    'delete-image',
    'delete-role',
    'deny-role',
  ] as const)('%s says when there is nothing of that name', (kind) => {
    expect(breakEstate(start().world, { kind, region, target: 'nope:x' })).toBeUndefined();
  });
});
