import { beforeEach, describe, expect, it } from 'vitest';
import { autoScalingModule } from '../../../src/lib/sandbox/services/autoscaling/module.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { refusal } from '../../helpers/service-world.js';
import { modules, region, Scenario, startOfTime } from './ecs-scenario.js';

const resource = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/shop/api',
  ScalableDimension: 'ecs:service:DesiredCount',
};

let scenario: Scenario;
// biome-ignore lint/suspicious/noExplicitAny: answers come in the shapes of many operations.
const call = (operation: string, input: object = {}): any => scenario.call(operation, input, 'autoscaling');
const refused = (operation: string, input: object): Promise<string> => refusal((async () => call(operation, input))());
const target = () => call('DescribeScalableTargets', { ServiceNamespace: 'ecs' }).ScalableTargets[0];
const desired = (): number | undefined => scenario.service().desiredCount;

beforeEach(() => {
  const world = new World([...modules(), autoScalingModule()], { now: startOfTime, sandboxId: 'sandbox-1' });
  scenario = new Scenario(world).prepare().running();
});

describe('a scalable target', () => {
  it('is registered once and then updated: what is not sent stays', () => {
    const { ScalableTargetARN } = call('RegisterScalableTarget', {
      ...resource,
      MinCapacity: 1,
      MaxCapacity: 4,
      SuspendedState: { ScheduledScalingSuspended: true },
      Tags: { team: 'shop' },
    });
    expect(ScalableTargetARN).toMatch(
      /^arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target\/[a-z0-9]+$/,
    );
    expect(call('RegisterScalableTarget', { ...resource, MaxCapacity: 6 }).ScalableTargetARN).toBe(ScalableTargetARN);
    call('RegisterScalableTarget', { ...resource, SuspendedState: { DynamicScalingInSuspended: true } });
    expect(target()).toMatchObject({
      ...resource,
      MinCapacity: 1,
      MaxCapacity: 6,
      ScalableTargetARN,
      SuspendedState: {
        DynamicScalingInSuspended: true,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: true,
      },
    });
    expect(call('ListTagsForResource', { ResourceARN: ScalableTargetARN }).Tags).toEqual({ team: 'shop' });
    call('TagResource', { ResourceARN: ScalableTargetARN, Tags: { tier: 'web' } });
    call('UntagResource', { ResourceARN: ScalableTargetARN, TagKeys: ['team'] });
    expect(call('ListTagsForResource', { ResourceARN: ScalableTargetARN }).Tags).toEqual({ tier: 'web' });
  });

  it.each([
    [{ ...resource, MinCapacity: 1 }, 'ValidationException: MinCapacity and MaxCapacity are required'],
    [{ ...resource, MinCapacity: 3, MaxCapacity: 2 }, 'ValidationException: Maximum capacity cannot be less than'],
    [{ ...resource, MinCapacity: -1, MaxCapacity: 2 }, "ValidationException: 1 validation error detected: Value '-1'"],
    [
      { ...resource, ResourceId: 'service/shop/gone', MinCapacity: 1, MaxCapacity: 2 },
      "ValidationException: ECS service doesn't exist: service/shop/gone",
    ],
    [{ ...resource, ResourceId: 'table/orders', MinCapacity: 1, MaxCapacity: 2 }, 'ValidationException: Unsupported'],
    [{ ...resource, ServiceNamespace: 'nope', MinCapacity: 1, MaxCapacity: 2 }, 'ValidationException: 1 validation'],
    [{ ...resource, ServiceNamespace: 'rds', MinCapacity: 1, MaxCapacity: 2 }, 'NotImplemented: '],
  ])('is refused as AWS refuses it: %j', async (input, text) => {
    expect(await refused('RegisterScalableTarget', input)).toContain(text);
    expect(target()).toBeUndefined();
  });

  it('moves a desired count into its range, without a deployment, and says so in an activity', () => {
    const before = scenario.deployment().serviceDeploymentArn;
    call('RegisterScalableTarget', { ...resource, MinCapacity: 3, MaxCapacity: 5 });
    expect(desired()).toBe(2);
    scenario.seconds(3);
    expect(desired()).toBe(3);
    const activities = () => call('DescribeScalingActivities', { ServiceNamespace: 'ecs' }).ScalingActivities;
    expect(activities()).toMatchObject([
      {
        StatusCode: 'InProgress',
        Description: 'Setting desired count to 3.',
        Cause: 'minimum capacity was set to 3',
      },
    ]);
    scenario.seconds(120);
    expect(scenario.service().runningCount).toBe(3);
    expect(activities()[0]).toMatchObject({ StatusCode: 'Successful' });
    expect(activities()[0].EndTime.getTime()).toBeGreaterThan(activities()[0].StartTime.getTime());
    expect(scenario.deployment().serviceDeploymentArn).toBe(before);
    call('RegisterScalableTarget', { ...resource, MinCapacity: 1, MaxCapacity: 1 });
    scenario.seconds(3);
    expect(desired()).toBe(1);
    expect(activities().map((each: { Cause: string }) => each.Cause)).toEqual([
      'maximum capacity was set to 1',
      'minimum capacity was set to 3',
    ]);
  });

  it('leaves the desired count alone while that direction is suspended', () => {
    call('RegisterScalableTarget', {
      ...resource,
      MinCapacity: 3,
      MaxCapacity: 5,
      SuspendedState: { DynamicScalingOutSuspended: true },
    });
    scenario.seconds(60);
    expect(desired()).toBe(2);
    call('RegisterScalableTarget', { ...resource, SuspendedState: { DynamicScalingOutSuspended: false } });
    scenario.seconds(60);
    expect(desired()).toBe(3);
  });

  it('is not looked after between calls: an update from outside of the range stays', () => {
    call('RegisterScalableTarget', { ...resource, MinCapacity: 1, MaxCapacity: 3 });
    scenario.seconds(10);
    scenario.update({ desiredCount: 5 });
    scenario.seconds(600);
    expect(desired()).toBe(5);
  });

  it('takes its policies and scheduled actions along when it goes', async () => {
    call('RegisterScalableTarget', { ...resource, MinCapacity: 1, MaxCapacity: 4 });
    call('PutScheduledAction', {
      ...resource,
      ScheduledActionName: 'night',
      Schedule: 'cron(0 20 * * ? *)',
      ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 },
    });
    call('PutScalingPolicy', {
      ...resource,
      PolicyName: 'steps',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'ChangeInCapacity',
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      },
    });
    call('DeregisterScalableTarget', resource);
    expect(call('DescribeScalingPolicies', { ServiceNamespace: 'ecs' }).ScalingPolicies).toEqual([]);
    expect(call('DescribeScheduledActions', { ServiceNamespace: 'ecs' }).ScheduledActions).toEqual([]);
    expect(await refused('DeregisterScalableTarget', resource)).toBe(
      'ObjectNotFoundException: No scalable target found for service namespace: ecs, resource ID: service/shop/api, scalable dimension: ecs:service:DesiredCount',
    );
  });

  it('is listed in pages, and by resource', async () => {
    const names = ['api', 'b', 'c', 'd'];
    for (const name of names.slice(1))
      scenario.call('CreateService', {
        cluster: 'shop',
        serviceName: name,
        taskDefinition: 'api',
        desiredCount: 1,
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
      });
    for (const name of names)
      call('RegisterScalableTarget', {
        ...resource,
        ResourceId: `service/shop/${name}`,
        MinCapacity: 1,
        MaxCapacity: 4,
      });
    const seen: string[] = [];
    for (let token: string | undefined, pages = 0; pages < 10; pages += 1) {
      const page = call('DescribeScalableTargets', { ServiceNamespace: 'ecs', MaxResults: 3, NextToken: token });
      seen.push(...page.ScalableTargets.map((each: { ResourceId: string }) => each.ResourceId));
      token = page.NextToken;
      if (token === undefined) break;
    }
    expect(seen).toEqual(names.map((name) => `service/shop/${name}`));
    const filtered = call('DescribeScalableTargets', { ServiceNamespace: 'ecs', ResourceIds: ['service/shop/c'] });
    expect(filtered.ScalableTargets).toHaveLength(1);
    expect(
      await refused('DescribeScalableTargets', {
        ServiceNamespace: 'ecs',
        ScalableDimension: resource.ScalableDimension,
      }),
    ).toContain('you must also specify a resource ID');
    expect(await refused('DescribeScalableTargets', { ServiceNamespace: 'ecs', NextToken: 'x' })).toContain(
      'InvalidNextTokenException',
    );
  });

  it('survives a snapshot, its pending adjustment too', () => {
    call('RegisterScalableTarget', { ...resource, MinCapacity: 3, MaxCapacity: 5 });
    const saved = scenario.world.snapshot();
    scenario.seconds(10);
    expect(desired()).toBe(3);
    scenario.world.restore(saved);
    expect(desired()).toBe(2);
    scenario.seconds(10);
    expect(desired()).toBe(3);
    expect(scenario.world.state.regions[region]?.services['autoscaling']).toBeDefined();
  });
});

describe('policies and scheduled actions', () => {
  beforeEach(() => {
    call('RegisterScalableTarget', { ...resource, MinCapacity: 1, MaxCapacity: 4 });
  });

  it('need a target', async () => {
    const other = { ...resource, ResourceId: 'service/shop/other' };
    expect(await refused('PutScalingPolicy', { ...other, PolicyName: 'x' })).toContain('ObjectNotFoundException');
    expect(
      await refused('PutScheduledAction', { ...other, ScheduledActionName: 'x', Schedule: 'at(2026-01-06T00:00:00)' }),
    ).toContain('ObjectNotFoundException');
  });

  it('refuse what AWS refuses', async () => {
    const action = { ...resource, ScheduledActionName: 'night', Schedule: 'at(2026-01-06T00:00:00)' };
    expect(await refused('PutScheduledAction', { ...action, ScalableTargetAction: {} })).toBe(
      'ValidationException: At least one of minimum capacity and maximum capacity should be provided',
    );
    const tracking = { ...resource, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling' };
    expect(await refused('PutScalingPolicy', tracking)).toContain('TargetTrackingScalingPolicyConfiguration');
    expect(
      await refused('PutScalingPolicy', {
        ...tracking,
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 50,
          PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget' },
        },
      }),
    ).toContain('resource label');
    expect(await refused('DeleteScalingPolicy', { ...resource, PolicyName: 'gone' })).toContain(
      'ObjectNotFoundException',
    );
    expect(await refused('DeleteScheduledAction', { ...resource, ScheduledActionName: 'gone' })).toContain(
      'ObjectNotFoundException',
    );
  });

  it('are stored, updated, listed and deleted', () => {
    const steps = {
      AdjustmentType: 'PercentChangeInCapacity',
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 50 }],
      Cooldown: 60,
    };
    const { PolicyARN } = call('PutScalingPolicy', {
      ...resource,
      PolicyName: 'steps',
      StepScalingPolicyConfiguration: steps,
    });
    expect(PolicyARN).toMatch(
      /^arn:aws:autoscaling:eu-central-1:123456789012:scalingPolicy:[0-9a-f-]{36}:resource\/ecs\/service\/shop\/api:policyName\/steps$/,
    );
    expect(
      call('DescribeScalingPolicies', { ServiceNamespace: 'ecs', PolicyNames: ['steps'] }).ScalingPolicies,
    ).toEqual([
      {
        ...resource,
        PolicyARN,
        PolicyName: 'steps',
        PolicyType: 'StepScaling',
        StepScalingPolicyConfiguration: steps,
        Alarms: [],
        CreationTime: new Date(scenario.world.now),
      },
    ]);
    call('PutScheduledAction', {
      ...resource,
      ScheduledActionName: 'night',
      Schedule: 'cron(0 20 * * ? *)',
      Timezone: 'America/Sao_Paulo',
      ScalableTargetAction: { MinCapacity: 0 },
    });
    call('PutScheduledAction', { ...resource, ScheduledActionName: 'night', Schedule: 'cron(0 21 * * ? *)' });
    expect(call('DescribeScheduledActions', { ServiceNamespace: 'ecs' }).ScheduledActions).toMatchObject([
      { Schedule: 'cron(0 21 * * ? *)', Timezone: 'America/Sao_Paulo', ScalableTargetAction: { MinCapacity: 0 } },
    ]);
    call('DeleteScheduledAction', { ...resource, ScheduledActionName: 'night' });
    call('DeleteScalingPolicy', { ...resource, PolicyName: 'steps' });
    expect(call('DescribeScheduledActions', { ServiceNamespace: 'ecs' }).ScheduledActions).toEqual([]);
    expect(call('DescribeScalingPolicies', { ServiceNamespace: 'ecs' }).ScalingPolicies).toEqual([]);
  });
});
