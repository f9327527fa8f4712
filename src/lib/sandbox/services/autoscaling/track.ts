/** Policies at work: target tracking keeps two alarms of its own, and an alarm in ALARM moves the capacity. */
import type {
  MetricDimension,
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { timing } from '../../timings.js';
import { type AlarmNotice, neighbour, type Place } from '../neighbours.js';
import { capacityOf, setCapacity } from './scale.js';
import { autoScalingState, ownOf, type ScalableTarget, type ScalingPolicy, serviceOf } from './state.js';

/** As AWS does it: three minutes above the target scale out, fifteen minutes clearly below scale in. */
const highPeriods = 3;
const lowPeriods = 15;
const lowShare = 0.9;

/** Puts (anew) the alarms of a target tracking policy; a step policy is called by alarms of its user. */
export const putPolicyAlarms = (place: Place, policy: ScalingPolicy): void => {
  const { tracking } = policy;
  const put = neighbour(place.world, 'cloudwatch').putAlarm;
  if (!tracking || !put) return;
  const sides = tracking.DisableScaleIn === true ? (['AlarmHigh'] as const) : (['AlarmHigh', 'AlarmLow'] as const);
  policy.alarms = sides.map((side) => {
    const name = `TargetTracking-${policy.resourceId}-${side}-${place.world.uuid()}`;
    const isHigh = side === 'AlarmHigh';
    put(place, {
      AlarmName: name,
      AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
      AlarmActions: [policy.arn],
      ...metricOf(policy, tracking),
      EvaluationPeriods: isHigh ? highPeriods : lowPeriods,
      Threshold: (tracking.TargetValue ?? 0) * (isHigh ? 1 : lowShare),
      ComparisonOperator: isHigh ? 'GreaterThanThreshold' : 'LessThanThreshold',
    });
    return { name, arn: place.world.arn('cloudwatch', place.region, `alarm:${name}`) };
  });
};

export const dropPolicyAlarms = (place: Place, policy: ScalingPolicy): void => {
  for (const { name } of policy.alarms) neighbour(place.world, 'cloudwatch').deleteAlarm?.(place, name);
};

const metricOf = (policy: ScalingPolicy, tracking: TargetTrackingScalingPolicyConfiguration): object => {
  const custom = tracking.CustomizedMetricSpecification;
  if (custom?.Metrics) return { Metrics: custom.Metrics };
  if (custom)
    return {
      Namespace: custom.Namespace,
      MetricName: custom.MetricName,
      Dimensions: custom.Dimensions?.map(({ Name, Value }: MetricDimension) => ({ Name, Value })),
      Statistic: custom.Statistic ?? 'Average',
      Period: 60,
      ...(custom.Unit !== undefined && { Unit: custom.Unit }),
    };
  const { PredefinedMetricType: type, ResourceLabel: label = '' } = tracking.PredefinedMetricSpecification ?? {};
  if (type === 'ALBRequestCountPerTarget') {
    const at = label.indexOf('/targetgroup/');
    return {
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCountPerTarget',
      Dimensions: [
        { Name: 'LoadBalancer', Value: label.slice(0, Math.max(0, at)) },
        { Name: 'TargetGroup', Value: label.slice(at + 1) },
      ],
      Statistic: 'Sum',
      Period: 60,
    };
  }
  const { cluster, service } = serviceOf(policy.resourceId);
  return {
    Namespace: 'AWS/ECS',
    MetricName: type === 'ECSServiceAverageMemoryUtilization' ? 'MemoryUtilization' : 'CPUUtilization',
    Dimensions: [
      { Name: 'ClusterName', Value: cluster },
      { Name: 'ServiceName', Value: service },
    ],
    Statistic: 'Average',
    Period: 60,
  };
};

/** Called once a minute for as long as the alarm is in ALARM. */
export const alarmed = (place: Place, notice: AlarmNotice): boolean => {
  const state = autoScalingState(place);
  const policy = Object.values(state.policies).find(({ arn }) => arn === notice.policyArn);
  const target = policy && ownOf(state.targets, policy.resourceId);
  if (!policy || !target) return false;
  const current = capacityOf(place, target);
  if (current === undefined || notice.state !== 'ALARM') return true;
  const wanted = policy.tracking
    ? trackedCapacity(policy.tracking, notice, current)
    : steppedCapacity(policy.step ?? {}, notice, current);
  const capacity = Math.min(target.maxCapacity, Math.max(target.minCapacity, wanted));
  if (capacity !== current && mayScale(place, { target, current, capacity })) {
    setCapacity(place, {
      target,
      capacity,
      cause: `monitor alarm ${notice.alarm} in state ${notice.state} triggered policy ${policy.name}`,
    });
    startCooldown(place, { target, policy, isOut: capacity > current });
  }
  return true;
};

/** So many tasks that the metric, shared among them, would meet its target. */
const trackedCapacity = (
  tracking: TargetTrackingScalingPolicyConfiguration,
  notice: AlarmNotice,
  current: number,
): number => {
  const goal = tracking.TargetValue ?? 1;
  const wanted = Math.ceil((Math.max(1, current) * notice.value) / goal);
  const isOut = notice.value > goal;
  if (isOut) return Math.max(current + 1, wanted);
  return tracking.DisableScaleIn === true ? current : Math.min(current, wanted);
};

/** The step in which the metric's distance from the threshold lies. */
const steppedCapacity = (step: StepScalingPolicyConfiguration, notice: AlarmNotice, current: number): number => {
  const distance = notice.value - notice.threshold;
  const found = step.StepAdjustments?.find(({ MetricIntervalLowerBound: low, MetricIntervalUpperBound: high }) =>
    // At or above the threshold the lower bound belongs to the step, below it the upper one.
    distance >= 0
      ? distance >= (low ?? Number.NEGATIVE_INFINITY) && distance < (high ?? Number.POSITIVE_INFINITY)
      : distance > (low ?? Number.NEGATIVE_INFINITY) && distance <= (high ?? Number.POSITIVE_INFINITY),
  );
  if (!found) return current;
  const adjustment = found.ScalingAdjustment ?? 0;
  switch (step.AdjustmentType) {
    case 'ExactCapacity':
      return adjustment;
    case 'PercentChangeInCapacity': {
      const share = (current * adjustment) / 100;
      // Rounded away from zero up to one task, towards zero beyond.
      const change = Math.abs(share) < 1 ? Math.sign(share) : Math.trunc(share);
      const least = step.MinAdjustmentMagnitude ?? 0;
      return current + (Math.abs(change) < least ? Math.sign(adjustment) * least : change);
    }
    default:
      return current + adjustment;
  }
};

/** Suspended directions, cooldowns, and no scale-in while a deployment is under way. */
const mayScale = (
  place: Place,
  of: { readonly target: ScalableTarget; readonly current: number; readonly capacity: number },
): boolean => {
  const { suspended, cooldown, resourceId } = of.target;
  const isOut = of.capacity > of.current;
  if (isOut) return !suspended.scaleOut && place.world.now >= cooldown.outUntil;
  const service = neighbour(place.world, 'ecs').serviceCapacity?.(place, serviceOf(resourceId));
  return !suspended.scaleIn && place.world.now >= cooldown.inUntil && service?.isDeploying !== true;
};

const startCooldown = (
  place: Place,
  of: { readonly target: ScalableTarget; readonly policy: ScalingPolicy; readonly isOut: boolean },
): void => {
  const { target, policy } = of;
  const usualMs = policy.tracking ? timing('scalingCooldown') : 0;
  const given = of.isOut
    ? (policy.tracking?.ScaleOutCooldown ?? policy.step?.Cooldown)
    : (policy.tracking?.ScaleInCooldown ?? policy.step?.Cooldown);
  const until = place.world.now + (given === undefined ? usualMs : given * 1_000);
  // After a scale-out nothing is taken away at once either.
  if (of.isOut) target.cooldown = { outUntil: until, inUntil: Math.max(target.cooldown.inUntil, until) };
  else target.cooldown = { ...target.cooldown, inUntil: until };
};
