/** Scalable targets and their tags. */
import type {
  DeregisterScalableTargetRequest,
  DescribeScalableTargetsRequest,
  ListTagsForResourceRequest,
  RegisterScalableTargetRequest,
  ScalableTarget as ScalableTargetView,
  SuspendedState,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError, type Call } from '../../service.js';
import { neighbour } from '../neighbours.js';
import { dropPolicy } from './policies.js';
import { checkFilter, checkResource, scalingPage } from './resource.js';
import { adjustSoon } from './scale.js';
import {
  autoScalingState,
  dimension,
  namespace,
  ownOf,
  placeOf,
  type ScalableTarget,
  type Suspension,
  serviceOf,
  targetNotFound,
  validation,
} from './state.js';

const serviceLinkedRole = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`;

const checkCapacity = (minimum: number, maximum: number): void => {
  for (const [name, value] of [
    ['minCapacity', minimum],
    ['maxCapacity', maximum],
  ] as const)
    if (!Number.isInteger(value) || value < 0)
      throw validation(
        `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value greater than or equal to 0`,
      );
  if (maximum < minimum) throw validation('Maximum capacity cannot be less than minimum capacity');
};

/** Members that are not sent stay as they are. */
const suspensionOf = (given: SuspendedState | undefined, before: Suspension): Suspension => ({
  scaleIn: given?.DynamicScalingInSuspended ?? before.scaleIn,
  scaleOut: given?.DynamicScalingOutSuspended ?? before.scaleOut,
  scheduled: given?.ScheduledScalingSuspended ?? before.scheduled,
});

const nothingSuspended: Suspension = { scaleIn: false, scaleOut: false, scheduled: false };

export const registerScalableTarget = (input: RegisterScalableTargetRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const { targets } = autoScalingState(place);
  const existing = ownOf(targets, resourceId);
  if (neighbour(call.world, 'ecs').serviceCapacity?.(place, serviceOf(resourceId)) === undefined)
    throw validation(`ECS service doesn't exist: ${resourceId}`);
  const minimum = input.MinCapacity ?? existing?.minCapacity;
  const maximum = input.MaxCapacity ?? existing?.maxCapacity;
  if (minimum === undefined || maximum === undefined)
    throw validation(
      'MinCapacity and MaxCapacity are required when a scalable target is registered for the first time',
    );
  checkCapacity(minimum, maximum);
  const target: ScalableTarget = {
    resourceId,
    arn:
      existing?.arn ??
      call.world.arn('application-autoscaling', call.region, `scalable-target/0ec5${call.world.hex(34)}`),
    createdAt: existing?.createdAt ?? call.world.now,
    minCapacity: minimum,
    maxCapacity: maximum,
    roleArn: existing?.roleArn ?? serviceLinkedRole(call.account),
    suspended: suspensionOf(input.SuspendedState, existing?.suspended ?? nothingSuspended),
    tags: { ...existing?.tags, ...checkTags(input.Tags) },
    cooldown: existing?.cooldown ?? { outUntil: 0, inUntil: 0 },
  };
  targets[resourceId] = target;
  if (rangeText(existing) !== rangeText(target))
    call.world.record({
      kind: 'state',
      region: call.region,
      subject: `scalable target ${resourceId}`,
      ...(existing && { from: rangeText(existing) }),
      to: rangeText(target),
    });
  adjustSoon(place, resourceId);
  return { ScalableTargetARN: target.arn };
};

const rangeText = (target: ScalableTarget | undefined): string => {
  if (!target) return '';
  const { scaleIn, scaleOut, scheduled } = target.suspended;
  const suspended = [scaleIn && 'in', scaleOut && 'out', scheduled && 'scheduled'].filter(Boolean);
  const note = suspended.length > 0 ? `, suspended: ${suspended.join(' ')}` : '';
  return `${target.minCapacity} to ${target.maxCapacity}${note}`;
};

const view = (target: ScalableTarget): ScalableTargetView => ({
  ServiceNamespace: namespace,
  ResourceId: target.resourceId,
  ScalableDimension: dimension,
  MinCapacity: target.minCapacity,
  MaxCapacity: target.maxCapacity,
  RoleARN: target.roleArn,
  CreationTime: new Date(target.createdAt),
  SuspendedState: {
    DynamicScalingInSuspended: target.suspended.scaleIn,
    DynamicScalingOutSuspended: target.suspended.scaleOut,
    ScheduledScalingSuspended: target.suspended.scheduled,
  },
  ScalableTargetARN: target.arn,
});

export const describeScalableTargets = (input: DescribeScalableTargetsRequest, call: Call): object => {
  checkFilter(input);
  const ids = input.ResourceIds ?? [];
  const found = Object.values(autoScalingState(placeOf(call)).targets).filter(
    ({ resourceId }) => ids.length === 0 || ids.includes(resourceId),
  );
  const page = scalingPage(found, input);
  return { ScalableTargets: page.items.map(view), NextToken: page.nextToken };
};

/** Takes the target's policies (with their alarms) and scheduled actions along. */
export const deregisterScalableTarget = (input: DeregisterScalableTargetRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const state = autoScalingState(place);
  const target = ownOf(state.targets, resourceId);
  if (!target) throw targetNotFound(resourceId);
  for (const policy of Object.values(state.policies)) if (policy.resourceId === resourceId) dropPolicy(place, policy);
  for (const [key, action] of Object.entries(state.scheduledActions)) {
    if (action.resourceId !== resourceId) continue;
    if (action.timer !== undefined) call.world.cancel(action.timer);
    delete state.scheduledActions[key];
  }
  delete state.targets[resourceId];
  call.world.record({
    kind: 'state',
    region: call.region,
    subject: `scalable target ${resourceId}`,
    from: rangeText(target),
    to: 'gone',
  });
  return {};
};

const mostTags = 50;

const checkTags = (tags: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> => {
  if (Object.keys(tags ?? {}).some((key) => key.toLowerCase().startsWith('aws:')))
    throw validation("Tag keys can't start with 'aws:'.");
  return tags ?? {};
};

const byArn = (call: Call, arn: string | undefined): ScalableTarget => {
  const found = Object.values(autoScalingState(placeOf(call)).targets).find((target) => target.arn === arn);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `The specified resource doesn't exist: ${arn}`, 400, {
    ResourceName: arn,
  });
};

export const tagResource = (input: TagResourceRequest, call: Call): object => {
  const target = byArn(call, input.ResourceARN);
  const tags = { ...target.tags, ...checkTags(input.Tags) };
  if (Object.keys(tags).length > mostTags)
    throw new AwsError('TooManyTagsException', `A resource can have at most ${mostTags} tags.`, 400, {
      ResourceName: target.arn,
    });
  target.tags = tags;
  return {};
};

export const untagResource = (input: UntagResourceRequest, call: Call): object => {
  const { tags } = byArn(call, input.ResourceARN);
  for (const key of input.TagKeys ?? []) delete tags[key];
  return {};
};

export const listTagsForResource = (input: ListTagsForResourceRequest, call: Call): object => ({
  Tags: { ...byArn(call, input.ResourceARN).tags },
});
