import { describe, expect, it } from 'vitest';
import { Scenario } from './ecs-scenario.js';

describe('a rolling deployment', () => {
  it.each([
    { balanced: true, name: 'behind a load balancer' },
    { balanced: false, name: 'without a load balancer' },
  ])('replaces every task and succeeds $name', ({ balanced }) => {
    const scenario = new Scenario().prepare().running({ balanced });
    const v1 = scenario.service().taskDefinition;
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
    expect(scenario.service().runningCount).toBe(2);
    const before = scenario.tasks().map((task) => task.taskArn);

    const v2 = scenario.register('v2');
    const answer = scenario.update({ taskDefinition: v2 });
    expect(answer.deployments?.map((each) => [each.status, each.rolloutState])).toEqual([
      ['PRIMARY', 'IN_PROGRESS'],
      ['ACTIVE', 'COMPLETED'],
    ]);
    expect(answer.currentServiceDeployment).toBe(scenario.deployment().serviceDeploymentArn);
    const seconds = scenario.settle();
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThan(150);

    const done = scenario.deployment();
    expect(done).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
      deploymentCircuitBreaker: { status: 'MONITORING_COMPLETE', failureCount: 0, threshold: 3 },
    });
    const service = scenario.service();
    expect(service.deployments).toHaveLength(1);
    expect(service.taskDefinition).toBe(v2);
    expect(v1).not.toBe(v2);
    expect(service.events?.[0]?.message).toBe('(service api) has reached a steady state.');
    const after = scenario.tasks();
    expect(after.map((task) => task.taskDefinitionArn)).toEqual([v2, v2]);
    expect(after.some((task) => before.includes(task.taskArn))).toBe(false);
  });

  it('never has fewer healthy targets than the minimum, nor more tasks than the maximum', () => {
    const scenario = new Scenario().prepare().running({ desiredCount: 4 });
    scenario.update({ taskDefinition: scenario.register('v2') });
    const healthy: number[] = [];
    const total: number[] = [];
    while (!scenario.deployment().finishedAt) {
      const { TargetHealthDescriptions: targets } = scenario.elb('DescribeTargetHealth', {
        TargetGroupArn: scenario.targetGroup(),
      });
      healthy.push(
        targets.filter((each: { TargetHealth: { State: string } }) => each.TargetHealth.State === 'healthy').length,
      );
      total.push(scenario.tasks().length);
      scenario.seconds(1);
    }
    expect(Math.min(...healthy)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...total)).toBeLessThanOrEqual(8);
    expect(Math.max(...total)).toBeGreaterThan(4);
  });
});
