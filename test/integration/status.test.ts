import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/lib/cli/report.js';
import { statusSchema } from '../../src/lib/environments/result-schemas.js';
import { type StatusOptions, showStatus } from '../../src/lib/environments/show-status.js';
import type { StatusResult } from '../../src/lib/environments/status-types.js';
import { deploy, meanwhile } from '../operations/deploy-scenario.js';
import { createRig, type Rig, type RigService } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

const status = async (options: Partial<StatusOptions> = {}): Promise<Report<StatusResult>> => {
  const at = await rig.drive(rig.target());
  const report = await rig.drive(
    showStatus(rig.ctx, at, {
      services: [],
      states: [],
      listed: 'short',
      columns: 120,
      exit: 'zero',
      emit: () => undefined,
      output: 'report',
      ...options,
    }),
  );
  expect(statusSchema.safeParse(report.result).success).toBe(true);
  return report;
};

/** Calls of `work`, by operation; whoever changes something is not a status. */
const callsOf = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  const from = rig.world.state.timeline.length;
  await work();
  const counts: Record<string, number> = {};
  for (const entry of rig.world.state.timeline.slice(from)) {
    if (entry.kind !== 'call') continue;
    counts[entry.operation] = (counts[entry.operation] ?? 0) + 1;
    expect(entry.mutating, entry.operation).toBe(false);
  }
  return counts;
};

const total = (calls: Readonly<Record<string, number>>): number =>
  Object.values(calls).reduce((sum, number) => sum + number, 0);

const many = (number: number, withTargets: number): readonly RigService[] =>
  Array.from({ length: number }, (_, index) => ({
    name: `svc-${String(index).padStart(3, '0')}`,
    desiredCount: 1,
    ...(index < withTargets ? { port: 3000, extra: [`path: /svc-${index}`] } : {}),
  }));

/** The promise of docs/status-and-diff.md: beside the batches, never more than this. */
const constant = 64;
const budget = (services: number, targetGroups: number): number =>
  Math.ceil(services / 10) + Math.ceil(services / 20) + targetGroups + constant;

describe('the calls of a status', () => {
  it.each([
    [1, 1],
    [50, 5],
    [500, 20],
  ])(
    'over %i services with %i target groups stay within services/10 + services/20 + target groups + a constant',
    async (number, groups) => {
      rig = await createRig({ services: many(number, groups) });
      let seen: StatusResult | undefined;
      const calls = await callsOf(async () => {
        seen = (await status()).result;
      });
      expect(seen?.services).toHaveLength(number);
      expect(seen?.counts.healthy).toBe(number);
      expect(seen?.services.every(({ image }) => image.endsWith(':seed'))).toBe(true);
      expect(calls['DescribeServices']).toBe(Math.ceil(number / 10));
      expect(calls['DescribeServiceRevisions']).toBe(Math.ceil(number / 20));
      expect(calls['DescribeTargetHealth']).toBe(groups);
      expect(calls['DescribeTaskDefinition']).toBe(Math.min(number, 20));
      expect(calls['ListServiceDeployments']).toBe(Math.min(number, 20));
      expect(total(calls)).toBeLessThanOrEqual(budget(number, groups));
    },
    120_000,
  );

  it('are fewer the second time: images and tags do not change, so they are remembered', async () => {
    rig = await createRig({ services: many(30, 0) });
    const first = await callsOf(() => status());
    const second = await callsOf(() => status());
    const third = await callsOf(() => status());
    expect(first).toMatchObject({ DescribeServiceRevisions: 2, DescribeTaskDefinition: 20 });
    expect(second).not.toHaveProperty('DescribeServiceRevisions');
    expect(second['DescribeTaskDefinition']).toBe(10);
    expect(third).not.toHaveProperty('DescribeTaskDefinition');
    expect((await status()).result.services.every(({ image }) => image.endsWith(':seed'))).toBe(true);
  });

  it('stay within it while everything is being deployed at once', async () => {
    rig = await createRig({ services: many(60, 0) });
    const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
    const client = await rig.clients.write('ecs');
    for (const { name } of many(60, 0))
      await client.send(
        new UpdateServiceCommand({
          cluster: 'shop-staging',
          service: `shop-staging-${name}`,
          forceNewDeployment: true,
        }),
      );
    rig.world.advance(20_000);
    let seen: StatusResult | undefined;
    const calls = await callsOf(async () => {
      seen = (await status()).result;
    });
    expect(seen?.counts.deploying).toBe(60);
    expect(seen?.services.filter(({ deployment }) => deployment?.outcome === 'in-progress')).toHaveLength(40);
    expect(total(calls)).toBeLessThanOrEqual(budget(60, 0));
  });
});

describe('the memory of images and tags', () => {
  const file = (): string => join(rig.ctx.paths.state, 'cache', 'sandbox-test.eu-west-1.shop.staging.labels.json');

  it('is a private file, and what is in it is believed only in its own shape', async () => {
    rig = await createRig();
    await deploy(rig, 'v2');
    expect((await status()).result.services[0]).toMatchObject({ image: 'shop-api:v2', tag: 'v2' });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(file(), '..')).mode & 0o777).toBe(0o700);
    const text = readFileSync(file(), 'utf8');
    for (const broken of [
      '{',
      '[]',
      '{"labels": 1}',
      text.replaceAll('"v2"', '7'),
      text.replaceAll('labels', '__proto__'),
    ]) {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(file(), broken);
      expect((await status()).result.services[0], broken).toMatchObject({ image: 'shop-api:v2' });
    }
  });

  it('is a convenience: a status in a state folder that cannot be written to is as good', async () => {
    rig = await createRig();
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(rig.ctx.paths.state, { recursive: true });
    writeFileSync(join(rig.ctx.paths.state, 'cache'), 'in the way');
    expect((await status()).result.services[0]).toMatchObject({ image: 'shop-api:seed', state: 'healthy' });
  });
});

describe('a status', () => {
  it('tells that the last deployment was rolled back, and how the one before ended', async () => {
    rig = await createRig();
    await deploy(rig, 'v2');
    expect((await status()).result.services[0]?.deployment).toMatchObject({ outcome: 'succeeded' });
    await deploy(rig, 'v3-bad');
    const report = await status();
    expect(report.result.services[0]).toMatchObject({
      state: 'healthy',
      release: 2,
      tag: 'v2',
      deployment: { outcome: 'rolled-back', seconds: expect.any(Number) },
    });
    expect(report.next?.map(({ command }) => command)).toEqual(['platform releases api']);
  });

  it('shows a deployment under way and who holds the lock', async () => {
    rig = await createRig();
    let seen: Report<StatusResult> | undefined;
    const at = await rig.drive(rig.target());
    await deploy(
      rig,
      'v2',
      {},
      meanwhile(async () => {
        seen = await showStatus(rig.ctx, at, {
          services: [],
          states: [],
          listed: 'short',
          columns: 120,
          exit: 'verdict',
          emit: () => undefined,
          output: 'report',
        });
      }),
    );
    expect(seen?.result.services[0]).toMatchObject({ state: 'deploying', deployment: { outcome: 'in-progress' } });
    expect(seen?.result.lock).toMatchObject([
      { scope: 'api', operation: 'deploy@1', by: 'tester@test-host', liveness: 'remote' },
    ]);
    expect(seen?.exitCode).toBeUndefined();
  });

  it('is about the services that words and patterns mean', async () => {
    rig = await createRig({ services: [{ name: 'api' }, { name: 'web-eu' }, { name: 'web-us' }] });
    const calls = await callsOf(async () => {
      const { result } = await status({ services: ['web-*'] });
      expect(result.services.map(({ service }) => service)).toEqual(['web-eu', 'web-us']);
      expect(result.counts.healthy).toBe(2);
    });
    expect(calls['ListServiceDeployments']).toBe(2);
  });

  it('ends with 6 for scripts when a service is missing or degraded, and says which count', async () => {
    rig = await createRig({ services: [{ name: 'api' }, { name: 'web' }] });
    expect((await status({ exit: 'verdict' })).exitCode).toBeUndefined();
    const { DeleteServiceCommand } = await import('@aws-sdk/client-ecs');
    const client = await rig.clients.write('ecs');
    await rig.drive(
      client.send(new DeleteServiceCommand({ cluster: 'shop-staging', service: 'shop-staging-web', force: true })),
    );
    rig.world.advance(10 * 60_000);
    const report = await status({ exit: 'verdict' });
    expect(report).toMatchObject({
      exitCode: 6,
      error: { code: 'E_FAILED', message: expect.stringContaining('1 missing') },
    });
    expect((await status()).exitCode).toBeUndefined();
  });

  it('says that there is no such cluster', async () => {
    rig = await createRig();
    rig.world.service<{ clusters: Record<string, unknown> }>('eu-west-1', 'ecs').clusters = {};
    await expect(status()).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('shows the alarms of platform.yaml, and how far autoscaling moves the count', async () => {
    rig = await createRig({
      services: [{ name: 'api', extra: ['alarms: [api-5xx, api-latency, api-gone]'] }, { name: 'web' }],
    });
    const { PutMetricAlarmCommand, SetAlarmStateCommand } = await import('@aws-sdk/client-cloudwatch');
    const { RegisterScalableTargetCommand } = await import('@aws-sdk/client-application-auto-scaling');
    const cloudwatch = await rig.clients.write('cloudwatch');
    for (const AlarmName of ['api-latency', 'api-5xx'])
      await rig.drive(
        cloudwatch.send(
          new PutMetricAlarmCommand({
            AlarmName,
            Namespace: 'Shop',
            MetricName: AlarmName,
            Statistic: 'Sum',
            Period: 60,
            EvaluationPeriods: 1,
            Threshold: 5,
            ComparisonOperator: 'GreaterThanThreshold',
            TreatMissingData: 'ignore',
          }),
        ),
      );
    await rig.drive(
      (await rig.clients.write('autoscaling')).send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceId: 'service/shop-staging/shop-staging-web',
          MinCapacity: 2,
          MaxCapacity: 6,
        }),
      ),
    );
    const ring = (StateValue: 'ALARM' | 'OK') =>
      rig.drive(
        cloudwatch.send(
          new SetAlarmStateCommand({ AlarmName: 'api-5xx', StateValue, StateReason: 'Threshold Crossed' }),
        ),
      );
    await ring('OK');
    const calm = await status();
    expect(calm.result.services.map(({ service, state }) => [service, state])).toEqual([
      ['api', 'healthy'],
      ['web', 'healthy'],
    ]);
    expect(calm.result.services[0]?.alarms.map(({ name, state }) => [name, state])).toEqual([
      ['api-5xx', 'OK'],
      ['api-latency', 'INSUFFICIENT_DATA'],
      ['api-gone', 'missing'],
    ]);
    expect(calm.warnings).toMatchObject([{ code: 'alarm-missing', message: expect.stringContaining('api-gone') }]);
    expect(calm.result.services[1]?.scaling).toEqual({ min: 2, max: 6, isSuspended: false });
    await ring('ALARM');
    const loud = await status({ exit: 'verdict' });
    expect(loud.result.services[0]).toMatchObject({
      service: 'api',
      state: 'degraded',
      problems: ['alarm api-5xx: Threshold Crossed'],
    });
    expect(loud.exitCode).toBe(6);
  });

  it('is a status without alarms and scaling where those may not be read', async () => {
    rig = await createRig({ services: [{ name: 'api', extra: ['alarms: [shop-api-5xx]'] }] });
    rig.fault({ kind: 'deny', operation: 'cloudwatch:DescribeAlarms' });
    const report = await status();
    expect(report.result.services[0]).toMatchObject({ state: 'healthy', alarms: [] });
    expect(report.warnings?.map(({ code }) => code)).toContain('alarms-unread');
  });
});
