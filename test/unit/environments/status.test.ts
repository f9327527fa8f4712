import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../../src/lib/aws/cloudwatch.js';
import type { EcsDeployment, EcsService, EcsServiceDeployment } from '../../../src/lib/aws/ecs-model.js';
import type { TargetHealth } from '../../../src/lib/aws/elbv2.js';
import type { ResolvedService } from '../../../src/lib/config/project.js';
import type { Label } from '../../../src/lib/environments/release-labels.js';
import { type ServiceFacts, serviceStatus } from '../../../src/lib/environments/service-status.js';
import type { ServiceStatus } from '../../../src/lib/environments/status-types.js';

// Only what status reads of a service.
const service = { name: 'api', serviceName: 'shop-staging-api', container: 'api', config: {} } as ResolvedService;

const deployment = (changes: Partial<EcsDeployment> = {}): EcsDeployment => ({
  id: 'ecs-svc/1',
  status: 'PRIMARY',
  taskDefinition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-staging-api:12',
  desired: 2,
  running: 2,
  pending: 0,
  failed: 0,
  rollout: 'COMPLETED',
  createdAtMs: Date.UTC(2026, 10, 23, 12),
  ...changes,
});

const live = (changes: Partial<EcsService> = {}): EcsService => ({
  arn: 'arn:service',
  name: 'shop-staging-api',
  status: 'ACTIVE',
  taskDefinition: deployment().taskDefinition,
  desired: 2,
  running: 2,
  pending: 0,
  deployments: [deployment()],
  events: [],
  breaker: { enabled: true, rollback: true },
  strategy: 'ROLLING',
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  targetGroups: ['arn:tg'],
  createdAtMs: 0,
  ...changes,
});

const target = (state: string, reason?: string): TargetHealth =>
  ({ id: '10.0.0.1', port: 3000, state, ...(reason === undefined ? {} : { reason }) }) as TargetHealth;

const healthy = [target('healthy'), target('healthy')];

const label: Label = {
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:aabbccddeeff00112233',
  tag: 'v1',
};

const seen = (change: Partial<EcsService> = {}, more: Partial<ServiceFacts> = {}): ServiceStatus =>
  serviceStatus({ service, seen: live(change), label, targets: healthy, ...more });

const ended = (status: EcsServiceDeployment['status']): EcsServiceDeployment => ({
  arn: 'arn:service-deployment',
  status,
  createdAtMs: Date.UTC(2026, 10, 23, 12),
  startedAtMs: Date.UTC(2026, 10, 23, 12, 0, 10),
  finishedAtMs: Date.UTC(2026, 10, 23, 12, 1),
  sourceRevisions: [],
  requested: 2,
  running: 2,
  pending: 0,
});

const alarm = (name: string, state: Alarm['state']): readonly [string, Alarm] => [
  name,
  { name, state, reason: 'Threshold Crossed', sinceMs: Date.UTC(2026, 10, 23, 12) },
];

describe('the status of a service', () => {
  it('is healthy when all runs, with the tag that people shipped', () => {
    expect(seen()).toEqual({
      service: 'api',
      serviceName: 'shop-staging-api',
      state: 'healthy',
      release: 12,
      taskDefinition: deployment().taskDefinition,
      image: 'api:v1',
      tag: 'v1',
      desired: 2,
      running: 2,
      pending: 0,
      strategy: 'rolling',
      targets: { healthy: 2, total: 2 },
      deployment: { status: 'COMPLETED', since: '2026-11-23T12:00:00.000Z' },
      alarms: [],
      problems: [],
    });
  });

  it.each([
    ['two deployments', { deployments: [deployment(), deployment({ status: 'ACTIVE' })] }],
    ['a rollout in progress', { deployments: [deployment({ rollout: 'IN_PROGRESS' })], running: 1 }],
    [
      'a first task of a service that was asleep',
      { deployments: [deployment({ rollout: 'IN_PROGRESS' })], desired: 0, running: 0 },
    ],
  ])('is deploying with %s', (_what, change) => {
    expect(seen(change).state).toBe('deploying');
  });

  it('is asleep at zero, whatever its target group says', () => {
    expect(seen({ desired: 0, running: 0 }, { targets: [] })).toMatchObject({ state: 'asleep', problems: [] });
  });

  it('is not asleep while tasks of it still run', () => {
    expect(seen({ desired: 0, running: 1 }).state).not.toBe('asleep');
  });

  it.each<[string, Partial<EcsService>, Partial<ServiceFacts>, string]>([
    ['tasks are missing', { running: 1 }, {}, '1 of 2 tasks run'],
    ['tasks are missing and some start', { running: 0, pending: 1 }, {}, '0 of 2 tasks run, 1 starting'],
    [
      'targets are unhealthy',
      {},
      { targets: [target('healthy'), target('unhealthy', 'Target.ResponseCodeMismatch')] },
      '1 of 2 targets unhealthy: Target.ResponseCodeMismatch',
    ],
    [
      'its last deployment failed',
      { deployments: [deployment({ rollout: 'FAILED' })] },
      {},
      'the last deployment failed',
    ],
    [
      'its last roll-back failed',
      {},
      { newest: ended('ROLLBACK_FAILED') },
      'the last deployment failed, and so did its roll-back',
    ],
    [
      'an alarm of its deployments rings',
      { alarmNames: ['api-5xx'] },
      { alarms: new Map([alarm('api-5xx', 'ALARM')]) },
      'alarm api-5xx: Threshold Crossed',
    ],
  ])('is degraded when %s, and says so', (_what, change, more, problem) => {
    expect(seen(change, more)).toMatchObject({ state: 'degraded', problems: [problem] });
  });

  it('says during a deployment that tasks of it fail, and stays deploying', () => {
    const deployments = [deployment({ rollout: 'IN_PROGRESS', failed: 3 }), deployment({ status: 'ACTIVE' })];
    expect(seen({ deployments })).toMatchObject({
      state: 'deploying',
      problems: ['3 tasks have failed in this deployment'],
    });
  });

  it.each([
    ['SUCCESSFUL', 'succeeded'],
    ['IN_PROGRESS', 'in-progress'],
    ['ROLLBACK_IN_PROGRESS', 'rolling-back'],
    ['ROLLBACK_SUCCESSFUL', 'rolled-back'],
    ['STOPPED', 'stopped'],
  ] as const)('tells a newest deployment that is %s as %s, with its duration', (status, outcome) => {
    const { deployment: told, state } = seen({}, { newest: ended(status) });
    expect(told).toMatchObject({ outcome, seconds: 50, endedAt: '2026-11-23T12:01:00.000Z' });
    expect(state).toBe('healthy');
  });

  it('knows the alarms of its deployments and those of platform.yaml, one of each name', () => {
    const own = { ...service, config: { alarms: ['api-5xx', 'api-cpu', 'gone'] } } as unknown as ResolvedService;
    const alarms = new Map([alarm('api-5xx', 'OK'), alarm('api-cpu', 'INSUFFICIENT_DATA')]);
    const status = seen({ alarmNames: ['api-5xx'] }, { service: own, alarms });
    expect(status.alarms.map(({ name, state }) => [name, state])).toEqual([
      ['api-5xx', 'OK'],
      ['api-cpu', 'INSUFFICIENT_DATA'],
      ['gone', 'missing'],
    ]);
    expect(status.state).toBe('healthy');
  });

  it('does not call draining or new targets unhealthy', () => {
    const targets = [target('healthy'), target('draining'), target('initial')];
    expect(seen({}, { targets })).toMatchObject({ state: 'healthy', targets: { healthy: 1, total: 3 } });
  });

  it('has no targets without a target group', () => {
    expect(seen({ targetGroups: [] }, { targets: [] })).not.toHaveProperty('targets');
  });

  it('shows what it runs when nobody tagged it', () => {
    expect(seen({}, { label: { image: 'host/shop/api@sha256:aabbccddeeff00112233' } }).image).toBe(
      'api@sha256:aabbccddeeff',
    );
    expect(seen({}, { label: { image: 'host/shop/api:seed', digest: 'sha256:aa' } }).image).toBe('api:seed');
    expect(seen({}, { label: {} }).image).toBe('');
  });
});
