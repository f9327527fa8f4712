import { describe, expect, it } from 'vitest';
import { useTraffic } from '../../../src/lib/sandbox/traffic.js';
import { DailyScenario, scalable } from './daily-scenario.js';

const tracked = (
  requestsPerSecond: number,
  policy: object,
  range: object = { MinCapacity: 1, MaxCapacity: 6 },
): DailyScenario => {
  const scenario = new DailyScenario(requestsPerSecond);
  scenario.scaling('RegisterScalableTarget', { ...scalable, ...range });
  scenario.scaling('PutScalingPolicy', {
    ...scalable,
    PolicyName: 'track',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: policy,
  });
  return scenario;
};

const cpu = {
  TargetValue: 50,
  PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
};

const desired = (scenario: DailyScenario): number | undefined => scenario.service().desiredCount;
const causes = (scenario: DailyScenario): string[] =>
  scenario
    .scaling('DescribeScalingActivities', { ServiceNamespace: 'ecs' })
    .ScalingActivities.map((activity: { Cause: string }) => activity.Cause);

describe('target tracking', () => {
  it('keeps two alarms for its policy, and takes them along', () => {
    const scenario = tracked(5, cpu);
    const { Alarms } = scenario.scaling('DescribeScalingPolicies', { ServiceNamespace: 'ecs' }).ScalingPolicies[0];
    expect(Alarms.map((alarm: { AlarmName: string }) => alarm.AlarmName.replace(/[0-9a-f-]{36}$/, ''))).toEqual([
      'TargetTracking-service/shop/api-AlarmHigh-',
      'TargetTracking-service/shop/api-AlarmLow-',
    ]);
    const { MetricAlarms } = scenario.cloudwatch('DescribeAlarms', { AlarmNamePrefix: 'TargetTracking-' });
    expect(MetricAlarms.map((alarm: { Threshold: number }) => alarm.Threshold)).toEqual([50, 45]);
    scenario.scaling('DeleteScalingPolicy', { ...scalable, PolicyName: 'track' });
    expect(scenario.cloudwatch('DescribeAlarms', {}).MetricAlarms).toEqual([]);
  });

  it('on CPU scales out under load to what meets the target, and in when the load is gone', () => {
    // 20 requests a second need 20 * 20 ms = 0.4 vCPU: at half of 0.25 vCPU each that is four tasks.
    const scenario = tracked(20, cpu);
    expect(desired(scenario)).toBe(2);
    scenario.minutes(15);
    expect(desired(scenario)).toBe(4);
    expect(scenario.service().runningCount).toBe(4);
    expect(causes(scenario)[0]).toMatch(
      /^monitor alarm TargetTracking-.*AlarmHigh.* in state ALARM triggered policy track$/,
    );
    scenario.minutes(60);
    expect(desired(scenario)).toBe(4);
    useTraffic(scenario.world, 1);
    scenario.minutes(60);
    expect(desired(scenario)).toBe(1);
    expect(causes(scenario)[0]).toContain('AlarmLow');
  });

  it('never leaves the range', () => {
    const scenario = tracked(50, cpu, { MinCapacity: 1, MaxCapacity: 3 });
    scenario.minutes(40);
    expect(desired(scenario)).toBe(3);
  });

  it('on requests per target', () => {
    const scenario = new DailyScenario(20);
    const [group, balancer] = scenario.group();
    scenario.scaling('RegisterScalableTarget', { ...scalable, MinCapacity: 2, MaxCapacity: 10 });
    scenario.scaling('PutScalingPolicy', {
      ...scalable,
      PolicyName: 'requests',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 250,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: `${balancer?.Value}/${group?.Value}`,
        },
      },
    });
    scenario.minutes(15);
    // 1200 requests a minute, 250 for each task.
    expect(desired(scenario)).toBe(5);
  });

  it.each([
    ['scale-out is suspended', 20, { DynamicScalingOutSuspended: true }],
    ['scale-in is suspended', 0, { DynamicScalingInSuspended: true }],
  ])('does nothing while %s', (_title, load, SuspendedState) => {
    const scenario = tracked(load, cpu, { MinCapacity: 1, MaxCapacity: 6, SuspendedState });
    scenario.minutes(40);
    expect(desired(scenario)).toBe(2);
    const nothing = { DynamicScalingOutSuspended: false, DynamicScalingInSuspended: false };
    scenario.scaling('RegisterScalableTarget', { ...scalable, SuspendedState: nothing });
    scenario.minutes(10);
    expect(desired(scenario)).not.toBe(2);
  });

  it('keeps its alarms when a changed policy is refused', () => {
    const scenario = tracked(5, cpu);
    const names = (): string[] =>
      scenario.cloudwatch('DescribeAlarms', {}).MetricAlarms.map((alarm: { AlarmName: string }) => alarm.AlarmName);
    const before = names();
    expect(() =>
      scenario.scaling('PutScalingPolicy', {
        ...scalable,
        PolicyName: 'track',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 9,
          CustomizedMetricSpecification: { Namespace: 'Shop' },
        },
      }),
    ).toThrow(/MetricName/);
    expect(names()).toEqual(before);
    expect(before).toHaveLength(2);
  });

  it('never scales in when that is disabled', () => {
    const scenario = tracked(0, { ...cpu, DisableScaleIn: true });
    scenario.minutes(60);
    expect(desired(scenario)).toBe(2);
  });
});

describe('step scaling', () => {
  it.each([
    [
      'ChangeInCapacity',
      [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 20, ScalingAdjustment: 3 },
      ],
      15,
      3,
    ],
    [
      'ChangeInCapacity',
      [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 20, ScalingAdjustment: 3 },
      ],
      30,
      5,
    ],
    ['PercentChangeInCapacity', [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 10 }], 15, 3],
    ['PercentChangeInCapacity', [{ MetricIntervalLowerBound: 0, ScalingAdjustment: -50 }], 15, 1],
    ['ExactCapacity', [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 9 }], 15, 6],
  ])('%s by %j at %i above goes to %i', (AdjustmentType, StepAdjustments, value, expected) => {
    const scenario = new DailyScenario();
    scenario.scaling('RegisterScalableTarget', { ...scalable, MinCapacity: 1, MaxCapacity: 6 });
    const { PolicyARN } = scenario.scaling('PutScalingPolicy', {
      ...scalable,
      PolicyName: 'steps',
      StepScalingPolicyConfiguration: { AdjustmentType, StepAdjustments, Cooldown: 3_600 },
    });
    scenario.alarm('queue', {
      Namespace: 'Shop',
      MetricName: 'Queue',
      Dimensions: [],
      Statistic: 'Maximum',
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      Threshold: 5,
      AlarmActions: [PolicyARN],
    });
    scenario.put(value + 5);
    scenario.minutes(3);
    expect(desired(scenario)).toBe(expected);
  });
});
