import { describe, expect, it } from 'vitest';
import { logsState } from '../../../src/lib/sandbox/services/logs/store.js';
import { region, Scenario } from './ecs-scenario.js';

interface Case {
  readonly name: string;
  readonly tag?: string;
  readonly container?: object;
  readonly definition?: object;
  readonly stopCode: string;
  readonly stoppedReason: RegExp;
  readonly exitCode?: number;
  readonly containerReason?: RegExp;
  readonly event?: RegExp;
  readonly log?: RegExp;
  readonly before?: (scenario: Scenario) => void;
}

const secret = (valueFrom: string) => ({ secrets: [{ name: 'KEY', valueFrom }] });

const cases: readonly Case[] = [
  {
    name: 'exits 1 (tag bad)',
    tag: 'v2-bad',
    stopCode: 'EssentialContainerExited',
    stoppedReason: /^Essential container in task exited$/,
    exitCode: 1,
    log: /Error: DATABASE_URL is not set/,
  },
  {
    name: 'runs out of memory (tag oom)',
    tag: 'v2-oom',
    stopCode: 'EssentialContainerExited',
    stoppedReason: /^Essential container in task exited$/,
    exitCode: 137,
    containerReason: /^OutOfMemoryError: Container killed due to memory usage$/,
    log: /JavaScript heap out of memory/,
  },
  {
    name: 'cannot be pulled (tag nopull)',
    tag: 'nopull',
    stopCode: 'TaskFailedToStart',
    stoppedReason: /^CannotPullContainerError: .*example\.com\/shop\/api:nopull: not found$/,
    event: /is unable to consistently start tasks successfully/,
  },
  {
    name: 'answers its health check with 503 (tag unhealthy)',
    tag: 'v2-unhealthy',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: /^Task failed ELB health checks in \(target-group arn:.*api-blue/,
    event:
      /\(port 8080\) is unhealthy in \(target-group .*\) due to \(reason Health checks failed with these codes: \[503\]\)\./,
    log: /database pool/,
  },
  {
    name: 'boots too slowly (tag slow)',
    tag: 'v2-slow',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: /^Task failed ELB health checks/,
    event: /due to \(reason Request timed out\)/,
    log: /still warming up/,
  },
  {
    name: 'fails by an environment variable',
    container: { environment: [{ name: 'SANDBOX_FAULT', value: 'bad' }] },
    stopCode: 'EssentialContainerExited',
    stoppedReason: /^Essential container in task exited$/,
    exitCode: 1,
  },
  {
    name: 'needs a parameter that does not exist',
    container: secret('/shop/GONE'),
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      /^ResourceInitializationError: .*unable to retrieve secrets from ssm: .*invalid parameters: \/shop\/GONE$/,
  },
  {
    name: 'needs a secret that does not exist',
    container: secret('arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone-AbCdEf'),
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      /^ResourceInitializationError: .*unable to retrieve secret from asm: .*ResourceNotFoundException: Secrets Manager can't find/,
  },
  {
    name: 'logs to a group that does not exist',
    container: {
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/gone', 'awslogs-region': region, 'awslogs-stream-prefix': 'api' },
      },
    },
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      /^ResourceInitializationError: failed to validate logger args: .*The specified log group does not exist\./,
  },
];

describe('a release that fails', () => {
  it.each(cases)('goes back by itself when the new task $name', (item) => {
    const scenario = new Scenario().prepare().running();
    const v1 = scenario.service().taskDefinition ?? '';
    const revision = scenario.deployment().targetServiceRevision?.arn;
    const old = scenario.tasks().map((task) => task.taskArn);
    const v2 = scenario.register(item.tag ?? 'v2', item.container, item.definition);
    scenario.update({ taskDefinition: v2 });
    scenario.settle();

    expect(scenario.deployment()).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'TRIGGERED', threshold: 3 },
      rollback: { serviceRevisionArn: revision },
    });
    const service = scenario.service();
    expect(service.taskDefinition).toBe(v1);
    expect(service.deployments).toHaveLength(1);
    expect(scenario.tasks().map((task) => task.taskArn)).toEqual(old);
    const failed = scenario.tasks('STOPPED').filter((task) => task.taskDefinitionArn === v2);
    expect(failed.length).toBeGreaterThanOrEqual(3);
    const counted = failed.filter((task) => task.stopCode === item.stopCode);
    expect(counted.length).toBeGreaterThanOrEqual(3);
    for (const task of counted) {
      expect(task.stoppedReason).toMatch(item.stoppedReason);
      expect(task.containers?.[0]?.exitCode).toBe(
        item.exitCode ?? (item.stopCode === 'TaskFailedToStart' ? undefined : 0),
      );
      if (item.containerReason) expect(task.containers?.[0]?.reason).toMatch(item.containerReason);
    }
    const events = scenario.events().join('\n');
    expect(events).toMatch(/\(deployment ecs-svc\/\d+\) deployment failed: tasks failed to start\./);
    expect(events).toMatch(/rolling back to deployment ecs-svc\/\d+\./);
    if (item.event) expect(events).toMatch(item.event);
    if (item.log) expect(scenario.logs().join('\n')).toMatch(item.log);
  });

  it('has a failed task to look at when the deployment is declared failed', () => {
    const scenario = new Scenario().prepare().running();
    scenario.update({ taskDefinition: scenario.register('v2-bad') });
    while (scenario.deployment().status === 'IN_PROGRESS' || scenario.deployment().status === 'PENDING')
      scenario.seconds(1);
    expect(scenario.deployment().status).toBe('ROLLBACK_IN_PROGRESS');
    expect(scenario.tasks('STOPPED').filter((task) => task.lastStatus === 'STOPPED').length).toBeGreaterThanOrEqual(3);
  });

  it('goes back without a load balancer too', () => {
    const scenario = new Scenario().prepare().running({ balanced: false });
    scenario.update({ taskDefinition: scenario.register('v2-oom') });
    scenario.settle();
    expect(scenario.deployment().status).toBe('ROLLBACK_SUCCESSFUL');
    expect(scenario.service().runningCount).toBe(2);
  });

  it('goes back when the container health check fails', () => {
    const scenario = new Scenario().prepare().running({ balanced: false });
    const check = { healthCheck: { command: ['CMD-SHELL', 'exit 0'], interval: 10, retries: 2 } };
    scenario.update({ taskDefinition: scenario.register('v2-unhealthy', check) });
    scenario.settle();
    expect(scenario.deployment().status).toBe('ROLLBACK_SUCCESSFUL');
    expect(scenario.tasks('STOPPED').map((task) => task.stoppedReason)).toContain(
      'Task failed container health checks',
    );
  });

  it('succeeds slowly when the grace period is longer than the boot', () => {
    const scenario = new Scenario().prepare().running({ service: { healthCheckGracePeriodSeconds: 600 } });
    scenario.update({ taskDefinition: scenario.register('v2-slow') });
    expect(scenario.settle()).toBeGreaterThan(300);
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
  });

  it('keeps trying, further and further apart, when there is no breaker', () => {
    const scenario = new Scenario().prepare().running({
      service: { deploymentConfiguration: { deploymentCircuitBreaker: { enable: false, rollback: false } } },
    });
    scenario.update({ taskDefinition: scenario.register('nopull') });
    scenario.seconds(1_800);
    const early = scenario.service().deployments?.[0]?.failedTasks ?? 0;
    scenario.seconds(1_800);
    const late = (scenario.service().deployments?.[0]?.failedTasks ?? 0) - early;
    expect(scenario.deployment()).toMatchObject({
      status: 'IN_PROGRESS',
      deploymentCircuitBreaker: { status: 'DISABLED' },
    });
    expect(scenario.service().runningCount).toBe(2);
    expect(early).toBeGreaterThan(6);
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThan(early);
  });

  it('stops and stays mixed when the breaker may not roll back', () => {
    const scenario = new Scenario().prepare().running({
      service: { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
    });
    const v2 = scenario.register('v2-bad');
    scenario.update({ taskDefinition: v2 });
    scenario.settle();
    expect(scenario.deployment()).toMatchObject({
      status: 'STOPPED',
      deploymentCircuitBreaker: { status: 'TRIGGERED' },
    });
    expect(scenario.deployment().stoppedAt).toBeInstanceOf(Date);
    scenario.seconds(300);
    const service = scenario.service();
    expect(service.taskDefinition).toBe(v2);
    expect(service.deployments?.map((each) => [each.status, each.rolloutState, each.runningCount])).toEqual([
      ['PRIMARY', 'FAILED', 0],
      ['ACTIVE', 'COMPLETED', 2],
    ]);
  });

  it('has nothing to go back to when it is the first', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1-bad');
    scenario.settle();
    expect(scenario.deployment()).toMatchObject({
      status: 'ROLLBACK_FAILED',
      statusReason: 'No rollback candidate was found to run the rollback.',
    });
    expect(scenario.service().deployments?.[0]).toMatchObject({ rolloutState: 'FAILED', status: 'PRIMARY' });
    scenario.seconds(600);
    expect(scenario.tasks()).toEqual([]);
  });

  it.each([
    { thresholdConfiguration: { type: 'COUNT', value: 5 }, threshold: 5 },
    { thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 50 }, threshold: 3 },
    { thresholdConfiguration: { type: 'UNBOUNDED_PERCENT', value: 50 }, threshold: 1 },
  ])('is declared failed at the configured threshold: $thresholdConfiguration.type', ({
    threshold,
    thresholdConfiguration,
  }) => {
    const scenario = new Scenario().prepare().running();
    scenario.update({
      taskDefinition: scenario.register('v2-bad'),
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration } },
    });
    scenario.settle();
    const { deploymentCircuitBreaker: breaker } = scenario.deployment();
    expect(breaker?.threshold).toBe(threshold);
    expect(breaker?.failureCount).toBeGreaterThanOrEqual(threshold);
    expect(breaker?.failureCount).toBeLessThan(threshold + 2);
  });

  it('starts once the missing parameter is there', () => {
    const scenario = new Scenario().prepare().running();
    const groups = logsState(scenario.world, region).groups;
    const kept = groups['/shop/api'];
    delete groups['/shop/api'];
    scenario.update({ taskDefinition: scenario.register('v2') });
    scenario.seconds(12);
    if (kept) groups['/shop/api'] = kept;
    scenario.settle();
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
  });
});
