/** Scheduled actions: at their time they give the target a new range, and the desired count goes into it. */
import type {
  DeleteScheduledActionRequest,
  DescribeScheduledActionsRequest,
  PutScheduledActionRequest,
  ScheduledAction as ScheduledActionView,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { checkFilter, checkResource, scalingPage } from './resource.js';
import { adjust } from './scale.js';
import { checkTimezone, nextTime, parseSchedule } from './schedule.js';
import {
  autoScalingState,
  dimension,
  keyOf,
  namespace,
  ownOf,
  placeOf,
  type ScheduledAction,
  targetNotFound,
  validation,
} from './state.js';

export const putScheduledAction = (input: PutScheduledActionRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const state = autoScalingState(place);
  if (!ownOf(state.targets, resourceId)) throw targetNotFound(resourceId);
  const name = input.ScheduledActionName ?? '';
  const key = keyOf(resourceId, name);
  const existing = ownOf(state.scheduledActions, key);
  const schedule = input.Schedule ?? existing?.schedule;
  if (schedule === undefined) throw validation('Schedule is required for a new scheduled action.');
  const action = input.ScalableTargetAction ?? existing?.action ?? {};
  const { MinCapacity: minimum, MaxCapacity: maximum } = action;
  if (minimum === undefined && maximum === undefined)
    throw validation('At least one of minimum capacity and maximum capacity should be provided');
  if (minimum !== undefined && maximum !== undefined && maximum < minimum)
    throw validation('Maximum capacity cannot be less than minimum capacity');
  parseSchedule(schedule);
  const timezone = input.Timezone ?? existing?.timezone;
  if (timezone !== undefined) checkTimezone(timezone);
  const startAt = input.StartTime?.getTime() ?? existing?.startAt;
  const endAt = input.EndTime?.getTime() ?? existing?.endAt;
  const next: ScheduledAction = {
    name,
    arn:
      existing?.arn ??
      `${call.world.arn('autoscaling', call.region, `scheduledAction:${call.world.uuid()}`)}:resource/${namespace}/${resourceId}:scheduledActionName/${name}`,
    resourceId,
    createdAt: existing?.createdAt ?? call.world.now,
    schedule,
    ...(timezone !== undefined && { timezone }),
    ...(startAt !== undefined && { startAt }),
    ...(endAt !== undefined && { endAt }),
    action,
  };
  if (existing?.timer !== undefined) call.world.cancel(existing.timer);
  state.scheduledActions[key] = next;
  arm(place, next);
  return {};
};

export const scheduledTimer = 'autoscaling.scheduled';

/** One timer per action, for its next time. */
const arm = (place: Place, action: ScheduledAction): void => {
  const { world, region } = place;
  delete action.timer;
  const at = nextTime(parseSchedule(action.schedule), {
    after: Math.max(world.now, (action.startAt ?? 0) - 1),
    timezone: action.timezone ?? 'UTC',
    origin: action.startAt ?? action.createdAt,
  });
  if (at === undefined || at > (action.endAt ?? Number.POSITIVE_INFINITY)) return;
  const key = keyOf(action.resourceId, action.name);
  action.timer = world.schedule(region, scheduledTimer, at - world.now, { key });
};

export const runScheduledAction = (place: Place, at: { readonly key: string }): void => {
  const state = autoScalingState(place);
  const action = ownOf(state.scheduledActions, at.key);
  const target = action && ownOf(state.targets, action.resourceId);
  if (!action || !target) return;
  arm(place, action);
  const minimum = action.action.MinCapacity ?? target.minCapacity;
  const maximum = action.action.MaxCapacity ?? target.maxCapacity;
  const note = (message: string): void =>
    place.world.record({
      kind: 'event',
      region: place.region,
      subject: `scalable target ${target.resourceId}`,
      message: `scheduled action ${action.name}: ${message}`,
    });
  if (target.suspended.scheduled) {
    note('suspended');
    return;
  }
  if (maximum < minimum) {
    note(`the range ${minimum} to ${maximum} is not possible`);
    return;
  }
  target.minCapacity = minimum;
  target.maxCapacity = maximum;
  note(`the range is ${minimum} to ${maximum}`);
  adjust(place, { resourceId: target.resourceId, action: action.name });
};

const view = (action: ScheduledAction): ScheduledActionView => ({
  ScheduledActionName: action.name,
  ScheduledActionARN: action.arn,
  ServiceNamespace: namespace,
  Schedule: action.schedule,
  ...(action.timezone !== undefined && { Timezone: action.timezone }),
  ResourceId: action.resourceId,
  ScalableDimension: dimension,
  ...(action.startAt !== undefined && { StartTime: new Date(action.startAt) }),
  ...(action.endAt !== undefined && { EndTime: new Date(action.endAt) }),
  ScalableTargetAction: action.action,
  CreationTime: new Date(action.createdAt),
});

export const describeScheduledActions = (input: DescribeScheduledActionsRequest, call: Call): object => {
  checkFilter(input);
  const names = input.ScheduledActionNames ?? [];
  const found = Object.values(autoScalingState(placeOf(call)).scheduledActions).filter(
    ({ name, resourceId }) =>
      (names.length === 0 || names.includes(name)) &&
      (input.ResourceId === undefined || resourceId === input.ResourceId),
  );
  const page = scalingPage(found, input);
  return { ScheduledActions: page.items.map(view), NextToken: page.nextToken };
};

export const deleteScheduledAction = (input: DeleteScheduledActionRequest, call: Call): object => {
  const place = placeOf(call);
  const resourceId = checkResource(input);
  const { scheduledActions } = autoScalingState(place);
  const key = keyOf(resourceId, input.ScheduledActionName ?? '');
  const action = ownOf(scheduledActions, key);
  if (!action)
    throw new AwsError(
      'ObjectNotFoundException',
      `No scheduled action found for service namespace: ${namespace}, resource ID: ${resourceId}, scheduled action name: ${input.ScheduledActionName}`,
    );
  if (action.timer !== undefined) call.world.cancel(action.timer);
  delete scheduledActions[key];
  return {};
};
