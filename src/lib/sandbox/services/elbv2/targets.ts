/**
 * Targets of a target group: registration, virtual health checks, draining. A check is a timer; once a target is healthy
 * and its task is a built-in one nothing can change unless the task does, so its checks stop (an idle world has no timers).
 */

import { timing } from '../../timings.js';
import { settleTraffic } from '../../traffic.js';
import type { World } from '../../world.js';
import { neighbour, type Place, type ProbeAnswer } from '../neighbours.js';
import { noteHosts } from './hosts.js';
import { elbv2State, type TargetGroupState, type TargetState, type TargetStateName, targetKey } from './state.js';

export interface TargetAddress {
  readonly targetGroupArn: string;
  readonly ip: string;
  readonly port: number;
}

interface CheckTarget {
  readonly group: string;
  readonly key: string;
}

const groupOf = (place: Place, arn: string): TargetGroupState | undefined =>
  elbv2State(place.world, place.region).targetGroups[arn];

export const targetAt = (place: Place, address: TargetAddress): TargetState | undefined =>
  groupOf(place, address.targetGroupArn)?.targets[targetKey(address)];

export const deregistrationDelayMs = (place: Place, targetGroupArn: string): number => {
  const seconds = groupOf(place, targetGroupArn)?.attributes['deregistration_delay.timeout_seconds'];
  return seconds === undefined ? timing('deregistrationDelay') : Number(seconds) * 1_000;
};

/** Registers a target; one that is draining is taken back in. */
export const registerTarget = (place: Place, address: TargetAddress & { readonly zone?: string }): boolean => {
  const { world, region } = place;
  const group = groupOf(place, address.targetGroupArn);
  if (!group) return false;
  const key = targetKey(address);
  const existing = group.targets[key];
  if (existing && existing.state !== 'draining') return true;
  if (existing?.timer !== undefined) world.cancel(existing.timer);
  settleTraffic(world, region, { targetGroupArn: group.arn });
  const target: TargetState = {
    id: address.ip,
    port: address.port,
    ...(address.zone === undefined ? {} : { zone: address.zone }),
    registeredAt: world.now,
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    description: 'Target registration is in progress',
    passes: 0,
    fails: 0,
  };
  group.targets[key] = target;
  noteHosts(place, group);
  recordChange(place, { group, target, from: existing?.state });
  scheduleCheck(place, { group, target });
  return true;
};

/** Begins draining; the target disappears when the group's deregistration delay is over. */
export const deregisterTarget = (place: Place, address: TargetAddress): boolean => {
  const { world, region } = place;
  const group = groupOf(place, address.targetGroupArn);
  const key = targetKey(address);
  const target = group?.targets[key];
  if (!group || !target || target.state === 'draining') return false;
  if (target.timer !== undefined) world.cancel(target.timer);
  changeState(place, {
    group,
    target,
    to: 'draining',
    reason: 'Target.DeregistrationInProgress',
    description: 'Target deregistration is in progress',
  });
  target.timer = world.schedule(region, 'elbv2.drained', deregistrationDelayMs(place, group.arn), {
    group: group.arn,
    key,
  });
  return true;
};

export const drained = (world: World, region: string, at: CheckTarget): void => {
  const place = { world, region };
  const group = groupOf(place, at.group);
  const target = group?.targets[at.key];
  if (!group || target?.state !== 'draining') return;
  settleTraffic(world, region, { targetGroupArn: group.arn });
  delete group.targets[at.key];
  noteHosts(place, group);
  world.record({ kind: 'state', region, subject: subjectOf(group, target), from: 'draining', to: 'gone' });
};

/** One health check of one target. */
export const checkTarget = (world: World, region: string, at: CheckTarget): void => {
  const place = { world, region };
  const group = groupOf(place, at.group);
  const target = group?.targets[at.key];
  if (!group || !target || target.state === 'draining') return;
  delete target.timer;
  const answer = neighbour(world, 'ecs').answerProbe?.(place, {
    targetGroupArn: group.arn,
    ip: target.id,
    port: target.port,
    path: group.healthCheck.path,
  }) ?? { kind: 'timeout' };
  judge(place, { group, target, answer });
  // The task of an unhealthy target may just have been stopped by ECS, which drains it.
  if (group.targets[at.key] === target && !isDraining(target)) scheduleCheck(place, { group, target });
};

const isDraining = (target: TargetState): boolean => target.state === 'draining';

const judge = (
  place: Place,
  check: { readonly group: TargetGroupState; readonly target: TargetState; readonly answer: ProbeAnswer },
): void => {
  const { group, target, answer } = check;
  if (answer.kind === 'pending') return;
  const { healthyThreshold, unhealthyThreshold } = group.healthCheck;
  if (answer.kind === 'status' && matches(group.healthCheck.matcher, answer.status)) {
    target.passes += 1;
    target.fails = 0;
    if (target.state !== 'healthy' && target.passes >= healthyThreshold)
      changeState(place, { group, target, to: 'healthy' });
    return;
  }
  target.fails += 1;
  target.passes = 0;
  if (target.fails >= unhealthyThreshold || target.state === 'unhealthy')
    changeState(place, { group, target, to: 'unhealthy', ...failure(answer) });
};

const failure = (answer: Exclude<ProbeAnswer, { kind: 'pending' }>): { reason: string; description: string } => {
  switch (answer.kind) {
    case 'status':
      return {
        reason: 'Target.ResponseCodeMismatch',
        description: `Health checks failed with these codes: [${answer.status}]`,
      };
    case 'timeout':
      return { reason: 'Target.Timeout', description: 'Request timed out' };
    case 'refused':
      return { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
  }
};

/** `200`, `200,202` or `200-299`, as in a target group's matcher. */
const matches = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [low = '', high = low] = part.trim().split('-');
    return status >= Number(low) && status <= Number(high);
  });

/** Built-in containers answer by rule, so a healthy one needs no further checks; real processes are asked for ever. */
const scheduleCheck = (
  place: Place,
  check: { readonly group: TargetGroupState; readonly target: TargetState },
): void => {
  const { world, region } = place;
  const { group, target } = check;
  const backend = neighbour(world, 'ecs').backend?.(place, { ip: target.id, port: target.port });
  if (target.state === 'healthy' && backend && !backend.isReal) return;
  target.timer = world.schedule(region, 'elbv2.check', group.healthCheck.intervalSeconds * 1_000, {
    group: group.arn,
    key: targetKey({ ip: target.id, port: target.port }),
  });
};

/** Starts checking again, for a target whose task may answer differently now. */
export const recheckTarget = (place: Place, address: TargetAddress): void => {
  const group = groupOf(place, address.targetGroupArn);
  const target = group?.targets[targetKey(address)];
  if (group && target && target.timer === undefined) scheduleCheck(place, { group, target });
};

const changeState = (
  place: Place,
  change: {
    readonly group: TargetGroupState;
    readonly target: TargetState;
    readonly to: TargetStateName;
    readonly reason?: string;
    readonly description?: string;
  },
): void => {
  const { world, region } = place;
  const { group, target, to } = change;
  const from = target.state;
  settleTraffic(world, region, { targetGroupArn: group.arn });
  target.state = to;
  noteHosts(place, group);
  delete target.reason;
  delete target.description;
  if (change.reason !== undefined) target.reason = change.reason;
  if (change.description !== undefined) target.description = change.description;
  if (from !== to) recordChange(place, { group, target, from });
  neighbour(world, 'ecs').targetChanged?.(place, {
    targetGroupArn: group.arn,
    ip: target.id,
    port: target.port,
    state: to,
    ...(change.description === undefined ? {} : { description: change.description }),
  });
};

const subjectOf = (group: TargetGroupState, target: TargetState): string =>
  `target ${group.name}/${target.id}:${target.port}`;

const recordChange = (
  place: Place,
  change: { readonly group: TargetGroupState; readonly target: TargetState; readonly from: string | undefined },
): void => {
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: subjectOf(change.group, change.target),
    ...(change.from === undefined ? {} : { from: change.from }),
    to: change.target.state,
    ...(change.target.description === undefined ? {} : { cause: change.target.description }),
  });
};
