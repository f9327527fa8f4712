import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../src/lib/sandbox/service.js';
import { network, newWorld, Scenario } from './ecs-scenario.js';

const refusalOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

describe('a service', () => {
  it('scales to zero and back without a deployment', () => {
    const scenario = new Scenario().prepare().running({ desiredCount: 3 });
    const deployments = (): number =>
      scenario.call('ListServiceDeployments', { cluster: 'shop', service: 'api' }).serviceDeployments.length;
    expect(deployments()).toBe(1);
    scenario.update({ desiredCount: 0 });
    scenario.seconds(90);
    expect(scenario.service()).toMatchObject({ desiredCount: 0, runningCount: 0, pendingCount: 0 });
    expect(
      scenario.elb('DescribeTargetHealth', { TargetGroupArn: scenario.targetGroup() }).TargetHealthDescriptions,
    ).toEqual([]);
    scenario.update({ desiredCount: 3 });
    scenario.seconds(120);
    expect(scenario.service()).toMatchObject({ desiredCount: 3, runningCount: 3 });
    expect(deployments()).toBe(1);
    expect(scenario.events().filter((event) => event.endsWith('has reached a steady state.'))).toHaveLength(3);
  });

  it('makes no deployment of a changed deployment configuration, and one of forceNewDeployment', () => {
    const scenario = new Scenario().prepare().running();
    const first = scenario.deployment().serviceDeploymentArn;
    scenario.update({ deploymentConfiguration: { maximumPercent: 150, minimumHealthyPercent: 50 } });
    scenario.seconds(30);
    expect(scenario.deployment().serviceDeploymentArn).toBe(first);
    expect(scenario.service().deploymentConfiguration).toMatchObject({
      maximumPercent: 150,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    });
    scenario.update({ forceNewDeployment: true });
    expect(scenario.deployment().serviceDeploymentArn).not.toBe(first);
    scenario.settle();
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
  });

  it('replaces a task that dies, without a deployment', () => {
    const scenario = new Scenario().prepare().running();
    const [victim] = scenario.tasks();
    scenario.call('StopTask', { cluster: 'shop', task: victim?.taskArn, reason: 'because' });
    scenario.seconds(120);
    expect(scenario.service().runningCount).toBe(2);
    expect(scenario.tasks().map((task) => task.taskArn)).not.toContain(victim?.taskArn);
    const [stopped] = scenario.call('DescribeTasks', { cluster: 'shop', tasks: [victim?.taskArn] }).tasks;
    expect(stopped).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'because', lastStatus: 'STOPPED' });
  });

  it('stops the deployment in progress when a newer one begins', () => {
    const scenario = new Scenario().prepare().running();
    const v1 = scenario.service().taskDefinition;
    scenario.update({ taskDefinition: scenario.register('v2') });
    scenario.seconds(20);
    const v3 = scenario.register('v3');
    scenario.update({ taskDefinition: v3 });
    expect(scenario.deployment(1).status).toBe('STOPPED');
    expect(scenario.service().deployments).toHaveLength(3);
    scenario.settle();
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
    expect(scenario.service().taskDefinition).toBe(v3);
    expect(scenario.tasks().map((task) => task.taskDefinitionArn)).toEqual([v3, v3]);
    expect(v1).not.toBe(v3);
  });

  it('goes back over a superseded deployment to the last that completed', () => {
    const scenario = new Scenario().prepare().running();
    const v1 = scenario.service().taskDefinition;
    scenario.update({ taskDefinition: scenario.register('v2') });
    scenario.seconds(20);
    scenario.update({ taskDefinition: scenario.register('v3-bad') });
    scenario.settle();
    expect(scenario.deployment().status).toBe('ROLLBACK_SUCCESSFUL');
    expect(scenario.service().taskDefinition).toBe(v1);
  });

  it('rolls back on request, even halfway', () => {
    const scenario = new Scenario().prepare().running({ desiredCount: 3 });
    const v1 = scenario.service().taskDefinition;
    scenario.update({ taskDefinition: scenario.register('v2') });
    scenario.seconds(75);
    const arn = scenario.deployment().serviceDeploymentArn;
    expect(scenario.call('StopServiceDeployment', { serviceDeploymentArn: arn })).toEqual({
      serviceDeploymentArn: arn,
    });
    expect(scenario.deployment().status).toBe('ROLLBACK_REQUESTED');
    scenario.seconds(2);
    expect(scenario.deployment().status).toBe('ROLLBACK_IN_PROGRESS');
    scenario.settle();
    expect(scenario.deployment()).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL' });
    expect(scenario.service()).toMatchObject({ taskDefinition: v1, runningCount: 3 });
    expect(scenario.tasks().every((task) => task.taskDefinitionArn === v1)).toBe(true);
  });

  it('stops where it is on ABORT', () => {
    const scenario = new Scenario().prepare().running();
    scenario.update({ taskDefinition: scenario.register('v2') });
    scenario.seconds(5);
    scenario.call('StopServiceDeployment', {
      serviceDeploymentArn: scenario.deployment().serviceDeploymentArn,
      stopType: 'ABORT',
    });
    scenario.seconds(60);
    expect(scenario.deployment().status).toBe('STOPPED');
    expect(scenario.service().runningCount).toBeGreaterThanOrEqual(2);
  });

  it('refuses what AWS refuses about stopping deployments', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1');
    const arn = scenario.deployment().serviceDeploymentArn;
    const stop = (input: object): string => refusalOf(() => scenario.call('StopServiceDeployment', input));
    expect(stop({ serviceDeploymentArn: arn })).toBe(
      'ConflictException: No rollback candidate was found to run the rollback.',
    );
    scenario.settle();
    expect(stop({ serviceDeploymentArn: arn })).toBe(
      'ConflictException: The service deployment is in SUCCESSFUL state.',
    );
    expect(stop({ serviceDeploymentArn: `${arn}x` })).toMatch(/^ServiceDeploymentNotFoundException/);
    expect(
      refusalOf(() => scenario.call('ContinueServiceDeployment', { serviceDeploymentArn: arn, hookId: 'h' })),
    ).toMatch(/^InvalidParameterException/);
  });

  it('drains when deleted, and may be made again afterwards', () => {
    const scenario = new Scenario().prepare().running();
    const remove = (force: object): string =>
      refusalOf(() => scenario.call('DeleteService', { cluster: 'shop', service: 'api', ...force }));
    expect(remove({})).toBe('InvalidParameterException: The service cannot be stopped while it is scaled above 0.');
    expect(remove({ force: true })).toBe('accepted');
    expect(scenario.service().status).toBe('DRAINING');
    expect(refusalOf(() => scenario.create('v2'))).toMatch(/still Draining/);
    expect(refusalOf(() => scenario.update({ desiredCount: 1 }))).toMatch(/^ServiceNotActiveException/);
    scenario.seconds(120);
    expect(scenario.service()).toMatchObject({ status: 'INACTIVE', deployments: [], runningCount: 0 });
    expect(scenario.call('ListServices', { cluster: 'shop' }).serviceArns).toEqual([]);
    scenario.create('v2');
    scenario.settle();
    expect(scenario.service()).toMatchObject({ status: 'ACTIVE', runningCount: 2 });
  });

  it('with a maximum of 100 % stops old tasks first, down to the minimum', () => {
    const scenario = new Scenario().prepare().running({
      desiredCount: 4,
      service: { deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 50 } },
    });
    scenario.update({ taskDefinition: scenario.register('v2') });
    const running: number[] = [];
    while (!scenario.deployment().finishedAt) {
      scenario.seconds(1);
      running.push(scenario.service().runningCount ?? 0);
    }
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
    expect(Math.max(...running)).toBeLessThanOrEqual(4);
    expect(Math.min(...running)).toBe(2);
  });

  it('answers names that do not exist as failures, and pages lists', () => {
    const scenario = new Scenario().prepare().running();
    for (let index = 0; index < 12; index += 1)
      scenario.call('CreateService', {
        cluster: 'shop',
        serviceName: `job-${index}`,
        taskDefinition: 'api',
        desiredCount: 0,
        networkConfiguration: network,
      });
    const first = scenario.call('ListServices', { cluster: 'shop' });
    expect(first.serviceArns).toHaveLength(10);
    const second = scenario.call('ListServices', { cluster: 'shop', nextToken: first.nextToken });
    expect(second.serviceArns).toHaveLength(3);
    expect(second.nextToken).toBeUndefined();
    const described = scenario.call('DescribeServices', { cluster: 'shop', services: ['api', 'gone'] });
    expect(described.services).toHaveLength(1);
    expect(described.failures).toEqual([
      { arn: 'arn:aws:ecs:eu-central-1:123456789012:service/shop/gone', reason: 'MISSING' },
    ]);
    expect(
      refusalOf(() => scenario.call('DescribeServices', { cluster: 'shop', services: [...first.serviceArns, 'x'] })),
    ).toMatch(/cannot have more than 10 elements/);
    expect(refusalOf(() => scenario.call('ListServices', { cluster: 'elsewhere' }))).toBe(
      'ClusterNotFoundException: Cluster not found.',
    );
  });

  it('pins the digests of its images in a revision', () => {
    const scenario = new Scenario().prepare().running();
    const arn = scenario.deployment().targetServiceRevision?.arn;
    const { serviceRevisions } = scenario.call('DescribeServiceRevisions', { serviceRevisionArns: [arn] });
    const [image] = serviceRevisions[0].containerImages;
    expect(image).toMatchObject({ containerName: 'api', image: 'example.com/shop/api:v1' });
    expect(image.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(scenario.tasks()[0]?.containers?.[0]?.imageDigest).toBe(image.imageDigest);
  });
});

describe('the state of a service', () => {
  it('goes on the same way after a restore in the middle of a deployment', () => {
    const original = new Scenario().prepare().running();
    original.update({ taskDefinition: original.register('v2-bad') });
    original.seconds(47);
    const snapshot = original.world.snapshot();
    const world = newWorld();
    world.restore(snapshot);
    const copy = new Scenario(world);
    original.settle();
    copy.settle();
    expect(copy.timeline()).toEqual(original.timeline());
    expect(copy.world.snapshot()).toBe(original.world.snapshot());
    expect(copy.deployment().status).toBe('ROLLBACK_SUCCESSFUL');
  });

  it('has no timer left when nothing happens, but for stopped tasks to forget', () => {
    const scenario = new Scenario().prepare().running();
    scenario.seconds(4_000);
    expect(scenario.world.state.timers).toEqual([]);
  });

  it('is copied and restored within 20 ms with 40 services of three tasks', () => {
    const scenario = new Scenario().prepare();
    const taskDefinition = scenario.register('v1');
    for (let index = 0; index < 40; index += 1)
      scenario.call('CreateService', {
        cluster: 'shop',
        serviceName: `service-${index}`,
        taskDefinition,
        desiredCount: 3,
        networkConfiguration: network,
      });
    scenario.seconds(300);
    expect(scenario.tasks().length).toBe(100);
    // CPU time: the machine may be busy with other things.
    const times = Array.from({ length: 10 }, () => {
      const began = process.cpuUsage();
      scenario.world.restore(scenario.world.snapshot());
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(20);
  });
});
