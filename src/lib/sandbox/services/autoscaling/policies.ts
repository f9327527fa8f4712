/** Scaling policies: stored and listed here; track.ts acts when one of their alarms says so. */
import type {
  DeleteScalingPolicyRequest,
  DescribeScalingPoliciesRequest,
  PutScalingPolicyRequest,
  ScalingPolicy as ScalingPolicyView,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { checkFilter, checkResource, scalingPage } from './resource.js';
import {
  autoScalingState,
  dimension,
  keyOf,
  namespace,
  ownOf,
  placeOf,
  type ScalingPolicy,
  validation,
} from './state.js';
import { dropPolicyAlarms, putPolicyAlarms } from './track.js';

const types = ['PredictiveScaling', 'StepScaling', 'TargetTrackingScaling'];

const checkType = (input: PutScalingPolicyRequest, existing: ScalingPolicy | undefined): ScalingPolicy['type'] => {
  const type = input.PolicyType ?? existing?.type ?? 'StepScaling';
  if (!types.includes(type))
    throw validation(
      `1 validation error detected: Value '${type}' at 'policyType' failed to satisfy constraint: Member must satisfy enum value set: [${types.join(', ')}]`,
    );
  if (type === 'PredictiveScaling')
    throw new AwsError('NotImplemented', 'predictive scaling is not part of the sandbox', 501);
  return type as ScalingPolicy['type'];
};

const checkTracking = (input: PutScalingPolicyRequest): void => {
  const tracking = input.TargetTrackingScalingPolicyConfiguration;
  if (!tracking) throw validation('TargetTrackingScalingPolicyConfiguration is required for this policy type.');
  const predefined = tracking.PredefinedMetricSpecification;
  if ((predefined === undefined) === (tracking.CustomizedMetricSpecification === undefined))
    throw validation(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.',
    );
  if (!((tracking.TargetValue ?? 0) > 0)) throw validation('TargetValue must be greater than 0.');
  const type = predefined?.PredefinedMetricType;
  if (type === 'ALBRequestCountPerTarget' && !predefined?.ResourceLabel)
    throw validation('A resource label must be specified when the predefined metric type is ALBRequestCountPerTarget.');
  if (type !== undefined && !predefinedMetrics.includes(type))
    throw validation(`Predefined metric type ${type} is not supported for scalable dimension ${dimension}.`);
};

const predefinedMetrics = [
  'ECSServiceAverageCPUUtilization',
  'ECSServiceAverageMemoryUtilization',
  'ALBRequestCountPerTarget',
];

const checkSteps = (input: PutScalingPolicyRequest): void => {
  const step = input.StepScalingPolicyConfiguration;
  if (!step) throw validation('StepScalingPolicyConfiguration is required for this policy type.');
  if (!step.AdjustmentType || !step.StepAdjustments?.length)
    throw validation('AdjustmentType and StepAdjustments are required in a step scaling policy.');
};

export const putScalingPolicy = (input: PutScalingPolicyRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const state = autoScalingState(place);
  if (!ownOf(state.targets, resourceId))
    throw new AwsError(
      'ObjectNotFoundException',
      `No scalable target registered for service namespace: ${namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}`,
    );
  const name = input.PolicyName ?? '';
  const key = keyOf(resourceId, name);
  const existing = ownOf(state.policies, key);
  const type = checkType(input, existing);
  if (type === 'StepScaling') checkSteps(input);
  else checkTracking(input);
  const policy: ScalingPolicy = {
    name,
    arn:
      existing?.arn ??
      `${call.world.arn('autoscaling', call.region, `scalingPolicy:${call.world.uuid()}`)}:resource/${namespace}/${resourceId}:policyName/${name}`,
    resourceId,
    createdAt: existing?.createdAt ?? call.world.now,
    type,
    ...(type === 'StepScaling' &&
      input.StepScalingPolicyConfiguration && { step: input.StepScalingPolicyConfiguration }),
    ...(type === 'TargetTrackingScaling' &&
      input.TargetTrackingScalingPolicyConfiguration && { tracking: input.TargetTrackingScalingPolicyConfiguration }),
    alarms: [],
  };
  // First the new alarms, which may be refused: then the policy stays as it was.
  putPolicyAlarms(place, policy);
  if (existing) dropPolicyAlarms(place, existing);
  state.policies[key] = policy;
  return { PolicyARN: policy.arn, Alarms: alarmsOf(policy) };
};

const alarmsOf = (policy: ScalingPolicy): object[] =>
  policy.alarms.map(({ name, arn }) => ({ AlarmName: name, AlarmARN: arn }));

const view = (policy: ScalingPolicy): ScalingPolicyView => ({
  PolicyARN: policy.arn,
  PolicyName: policy.name,
  ServiceNamespace: namespace,
  ResourceId: policy.resourceId,
  ScalableDimension: dimension,
  PolicyType: policy.type,
  ...(policy.step && { StepScalingPolicyConfiguration: policy.step }),
  ...(policy.tracking && { TargetTrackingScalingPolicyConfiguration: policy.tracking }),
  Alarms: policy.alarms.map(({ name, arn }) => ({ AlarmName: name, AlarmARN: arn })),
  CreationTime: new Date(policy.createdAt),
});

export const describeScalingPolicies = (input: DescribeScalingPoliciesRequest, call: Call): object => {
  checkFilter(input);
  const names = input.PolicyNames ?? [];
  const found = Object.values(autoScalingState(placeOf(call)).policies).filter(
    ({ name, resourceId }) =>
      (names.length === 0 || names.includes(name)) &&
      (input.ResourceId === undefined || resourceId === input.ResourceId),
  );
  const page = scalingPage(found, input);
  return { ScalingPolicies: page.items.map(view), NextToken: page.nextToken };
};

export const dropPolicy = (place: Place, policy: ScalingPolicy): void => {
  dropPolicyAlarms(place, policy);
  delete autoScalingState(place).policies[keyOf(policy.resourceId, policy.name)];
};

export const deleteScalingPolicy = (input: DeleteScalingPolicyRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const policy = ownOf(autoScalingState(place).policies, keyOf(resourceId, input.PolicyName ?? ''));
  if (!policy)
    throw new AwsError(
      'ObjectNotFoundException',
      `No scaling policy found for service namespace: ${namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}, policy name: ${input.PolicyName}`,
    );
  dropPolicy(place, policy);
  return {};
};
