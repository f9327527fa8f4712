import { describe, expect, it } from 'vitest';
import type { EcsDeployment, EcsService, TaskDefinitionRecord } from '../../../src/lib/aws/ecs-model.js';
import type { TargetHealth } from '../../../src/lib/aws/elbv2.js';
import { printerFor, printReport } from '../../../src/lib/cli/print-report.js';
import type { ResolvedService } from '../../../src/lib/config/project.js';
import { type ServiceStatus, type StatusResult, serviceStatus } from '../../../src/lib/environments/observe-status.js';
import { reportStatus } from '../../../src/lib/environments/report-status.js';
import { statusSchema } from '../../../src/lib/environments/result-schemas.js';
import { recordedTerminal } from '../../helpers/terminal.js';

// Only what status reads of a service.
const service = { name: 'api', serviceName: 'shop-staging-api', container: 'api' } as ResolvedService;

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

const definition = (changes: Partial<TaskDefinitionRecord> = {}): TaskDefinitionRecord => ({
  arn: deployment().taskDefinition,
  family: 'shop-staging-api',
  revision: 12,
  status: 'ACTIVE',
  registeredAtMs: 0,
  tags: { 'platform:tag': 'v1' },
  definition: {
    containerDefinitions: [
      { name: 'sidecar', image: 'envoy:1' },
      { name: 'api', image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:aa' },
    ],
  },
  ...changes,
});

const target = (state: string, reason?: string): TargetHealth =>
  ({ id: '10.0.0.1', port: 3000, state, ...(reason === undefined ? {} : { reason }) }) as TargetHealth;

const healthy = [target('healthy'), target('healthy')];

const seen = (
  change: Partial<EcsService> = {},
  more: { readonly targets?: readonly TargetHealth[]; readonly definition?: TaskDefinitionRecord | undefined } = {},
): ServiceStatus => serviceStatus({ service, seen: live(change), definition: definition(), targets: healthy, ...more });

describe('the status of a service', () => {
  it('is healthy when all runs, with the tag that people shipped', () => {
    expect(seen()).toEqual({
      service: 'api',
      serviceName: 'shop-staging-api',
      state: 'healthy',
      release: 12,
      image: 'api:v1',
      desired: 2,
      running: 2,
      pending: 0,
      strategy: 'rolling',
      targets: { healthy: 2, total: 2 },
      deployment: { status: 'COMPLETED', since: '2026-11-23T12:00:00.000Z' },
      problems: [],
    });
  });

  it.each([
    ['two deployments', { deployments: [deployment(), deployment({ status: 'ACTIVE' })] }],
    ['a rollout in progress', { deployments: [deployment({ rollout: 'IN_PROGRESS' })], running: 1 }],
  ])('is deploying with %s', (_what, change) => {
    expect(seen(change).state).toBe('deploying');
  });

  it('is asleep at zero, whatever its target group says', () => {
    expect(seen({ desired: 0, running: 0 }, { targets: [] })).toMatchObject({ state: 'asleep', problems: [] });
  });

  it('is not asleep while tasks of it still run', () => {
    expect(seen({ desired: 0, running: 1 }).state).not.toBe('asleep');
  });

  it.each([
    ['tasks are missing', { running: 1 }, {}, '1 of 2 tasks run'],
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
    ['its task definition is gone', {}, { definition: undefined }, 'its task definition cannot be read'],
    [
      'its task definition was deregistered',
      {},
      { definition: definition({ status: 'INACTIVE' }) },
      'its task definition is inactive',
    ],
  ])('is degraded when %s, and says so', (_what, change, more, problem) => {
    expect(seen(change, more)).toMatchObject({ state: 'degraded', problems: [problem] });
  });

  it('does not call draining or new targets unhealthy', () => {
    const targets = [target('healthy'), target('draining'), target('initial')];
    expect(seen({}, { targets })).toMatchObject({ state: 'healthy', targets: { healthy: 1, total: 3 } });
  });

  it('has no targets without a target group', () => {
    expect(seen({ targetGroups: [] }, { targets: [] })).not.toHaveProperty('targets');
  });

  it('shows what it runs when nobody tagged it', () => {
    expect(seen({}, { definition: definition({ tags: {} }) }).image).toBe('api@sha256:aa');
  });
});

const result = (services: readonly ServiceStatus[], lock: StatusResult['lock'] = []): StatusResult => ({
  services,
  lock,
});
const held = {
  run: '01run',
  scope: 'api',
  operation: 'deploy@1',
  by: 'anna@laptop',
  since: '2026-11-23T12:00:00.000Z',
};
const named = (name: string, change: Partial<ServiceStatus>): ServiceStatus => ({
  ...seen(),
  service: name,
  ...change,
});

const textOf = (status: StatusResult): string => {
  const terminal = recordedTerminal();
  printReport(printerFor(terminal, { out: false, err: false }), reportStatus(status));
  return terminal.stdout();
};

describe('the report of an environment', () => {
  const all = [
    named('web', { state: 'healthy' }),
    named('cron', { state: 'asleep', desired: 0, running: 0 }),
    named('api', { state: 'healthy' }),
    named('pay', { state: 'degraded', problems: ['1 of 2 tasks run'] }),
    named('mail', { state: 'deploying', pending: 1 }),
    named('gone', { state: 'missing', release: 0, problems: ['shop-staging-gone does not exist in the cluster'] }),
  ];

  it('puts problems first, in JSON as on the screen', () => {
    const report = reportStatus(result(all));
    expect(statusSchema.safeParse(report.result).success).toBe(true);
    expect(report.result.services.map(({ service: name }) => name)).toEqual([
      'gone',
      'pay',
      'mail',
      'api',
      'web',
      'cron',
    ]);
    const lines = textOf(result(all)).split('\n');
    expect(lines[0]).toMatch(/^gone {2}missing/);
    expect(lines[1]).toBe('      shop-staging-gone does not exist in the cluster');
    expect(lines[2]).toMatch(/^pay {3}degraded/);
  });

  it('aligns its columns', () => {
    const text = textOf(result([named('a', { image: 'a:v1' }), named('workers', { image: 'workers:v1', release: 7 })]));
    const columns = text
      .trimEnd()
      .split('\n')
      .map((line) => line.indexOf('2/2'));
    expect(new Set(columns).size).toBe(1);
  });

  it('names who holds the lock, and the command that shows what they do', () => {
    const report = reportStatus(result([seen()], [held]));
    expect(textOf(result([seen()], [held]))).toContain('locked: api by run 01run (deploy@1, anna@laptop, since');
    expect(report.next).toEqual([{ command: 'platform runs show 01run', why: expect.any(String) }]);
  });

  it('names the next command for a service that is ill', () => {
    expect(reportStatus(result(all)).next?.map(({ command }) => command)).toEqual(['platform releases pay']);
  });

  it('says nothing about an environment without services', () => {
    expect(reportStatus(result([]))).toMatchObject({ lines: [], next: [] });
  });

  it('shows reasons and names of others without obeying them', () => {
    const evil = '\u001b[31mred\u200f\r\nError: x';
    const text = textOf(
      result([named('api', { state: 'degraded', problems: [evil], image: evil })], [{ ...held, by: evil }]),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u200f]/);
    expect(text.trimEnd().split('\n')).toHaveLength(3);
  });
});
