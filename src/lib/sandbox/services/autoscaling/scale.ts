/** Moving a service's desired count, and the activities that tell of it. */
import type {
  DescribeScalingActivitiesRequest,
  ScalingActivity as ScalingActivityView,
} from '@aws-sdk/client-application-auto-scaling';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { timing } from '../../timings.js';
import { neighbour, type Place } from '../neighbours.js';
import { checkFilter } from './resource.js';
import {
  autoScalingState,
  dimension,
  namespace,
  ownOf,
  placeOf,
  type ScalableTarget,
  type ScalingActivity,
  serviceOf,
  validation,
} from './state.js';

export const adjustTimer = 'autoscaling.adjust';
export const followTimer = 'autoscaling.follow';

const keptActivities = 500;
const followEveryMs = 5_000;

/** AWS looks at the capacity a moment after the call that changed the range. */
export const adjustSoon = ({ world, region }: Place, resourceId: string): void => {
  world.schedule(region, adjustTimer, timing('scalingReaction'), { resourceId });
};

/** Brings the desired count into the target's range. */
export const adjust = (place: Place, at: { readonly resourceId: string; readonly action?: string }): void => {
  const target = ownOf(autoScalingState(place).targets, at.resourceId);
  const current = target && capacityOf(place, target);
  if (!target || current === undefined) return;
  const because = at.action === undefined ? '' : `, by scheduled action ${at.action}`;
  const { scaleIn, scaleOut, scheduled } = target.suspended;
  const isHeld = (direction: boolean): boolean => (at.action === undefined ? direction : scheduled);
  if (current < target.minCapacity && !isHeld(scaleOut))
    setCapacity(place, {
      target,
      capacity: target.minCapacity,
      cause: `minimum capacity was set to ${target.minCapacity}${because}`,
    });
  else if (current > target.maxCapacity && !isHeld(scaleIn))
    setCapacity(place, {
      target,
      capacity: target.maxCapacity,
      cause: `maximum capacity was set to ${target.maxCapacity}${because}`,
    });
};

/** The desired count; undefined when the service is gone. */
export const capacityOf = (place: Place, target: ScalableTarget): number | undefined =>
  neighbour(place.world, 'ecs').serviceCapacity?.(place, serviceOf(target.resourceId))?.desired;

export const setCapacity = (
  place: Place,
  change: { readonly target: ScalableTarget; readonly capacity: number; readonly cause: string },
): void => {
  const { target, capacity, cause } = change;
  const { world, region } = place;
  const { activities } = autoScalingState(place);
  for (const earlier of activities)
    if (earlier.resourceId === target.resourceId && earlier.status === 'InProgress') end(place, earlier, 'Overridden');
  neighbour(world, 'ecs').setDesiredCount?.(place, { ...serviceOf(target.resourceId), count: capacity });
  const activity: ScalingActivity = {
    id: world.uuid(),
    resourceId: target.resourceId,
    description: `Setting desired count to ${capacity}.`,
    cause,
    startedAt: world.now,
    capacity,
    status: 'InProgress',
    statusMessage: `Successfully set desired count to ${capacity}. Waiting for change to be fulfilled by ecs.`,
  };
  activities.unshift(activity);
  if (activities.length > keptActivities) activities.length = keptActivities;
  world.record({
    kind: 'event',
    region,
    subject: `scalable target ${target.resourceId}`,
    message: `${activity.description} Cause: ${cause}`,
  });
  world.schedule(region, followTimer, followEveryMs, { activity: activity.id });
};

const statusMessages = {
  Successful: (capacity: number) =>
    `Successfully set desired count to ${capacity}. Change successfully fulfilled by ecs.`,
  Overridden: (capacity: number) => `Desired count ${capacity} was replaced by a newer scaling activity.`,
  Unfulfilled: (capacity: number) => `Successfully set desired count to ${capacity}. Change was not fulfilled by ecs.`,
} as const;

const end = (place: Place, activity: ScalingActivity, status: keyof typeof statusMessages): void => {
  activity.status = status;
  activity.statusMessage = statusMessages[status](activity.capacity);
  activity.endedAt = place.world.now;
};

/** Waits until the service runs as many tasks as it was told to. */
export const follow = (place: Place, at: { readonly activity: string }): void => {
  const activity = autoScalingState(place).activities.find(({ id }) => id === at.activity);
  if (activity?.status !== 'InProgress') return;
  const capacity = neighbour(place.world, 'ecs').serviceCapacity?.(place, serviceOf(activity.resourceId));
  if (capacity?.desired !== activity.capacity) {
    end(place, activity, 'Overridden');
    return;
  }
  if (capacity.running === activity.capacity) {
    end(place, activity, 'Successful');
    return;
  }
  if (place.world.now - activity.startedAt >= timing('scalingFulfilment')) {
    end(place, activity, 'Unfulfilled');
    return;
  }
  place.world.schedule(place.region, followTimer, followEveryMs, { activity: activity.id });
};

const view = (activity: ScalingActivity): ScalingActivityView => ({
  ActivityId: activity.id,
  ServiceNamespace: namespace,
  ResourceId: activity.resourceId,
  ScalableDimension: dimension,
  Description: activity.description,
  Cause: activity.cause,
  StartTime: new Date(activity.startedAt),
  ...(activity.endedAt !== undefined && { EndTime: new Date(activity.endedAt) }),
  StatusCode: activity.status,
  StatusMessage: activity.statusMessage,
});

/** Of the last six weeks, newest first. */
export const describeScalingActivities = (input: DescribeScalingActivitiesRequest, call: Call): object => {
  checkFilter(input);
  const since = call.world.now - timing('scalingActivityKept');
  const found = autoScalingState(placeOf(call)).activities.filter(
    ({ resourceId, startedAt }) =>
      startedAt >= since && (input.ResourceId === undefined || resourceId === input.ResourceId),
  );
  const limit = input.MaxResults ?? 50;
  if (limit < 1 || limit > 50) throw validation('MaxResults must be between 1 and 50.');
  const page = pageOf(found, {
    limit,
    token: input.NextToken,
    key: ({ id }) => id,
    invalid: new AwsError('InvalidNextTokenException', 'The next token supplied was invalid.'),
  });
  return { ScalingActivities: page.items.map(view), NextToken: page.nextToken };
};
