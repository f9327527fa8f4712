/**
 * What a service does when it wakes: moves its service deployment on, starts and stops tasks within minimum and maximum
 * percent, finishes. It looks at the tables and changes them; nothing is remembered between two wakes but data.
 */
import { timing } from '../../timings.js';
import type { Place } from '../neighbours.js';
import { completeDeployment, failDeployment, failRollback, startServiceDeployment } from './deployment.js';
import { addEvent, taskList } from './events.js';
import { backOff } from './outcome.js';
import { roleRefusal } from './start-checks.js';
import {
  activeServiceDeployment,
  type DeploymentState,
  ecsState,
  isLive,
  own,
  primaryOf,
  type ServiceDeploymentState,
  type ServiceState,
  type TaskState,
  taskDefinitionOf,
  tasksOf,
} from './state.js';
import { tagsOf } from './tags.js';
import { launchTask } from './task-launch.js';
import { stopTask } from './task-life.js';
import { wakeService } from './wake.js';

export const wakeUp = (place: Place, at: { readonly key: string }): void => {
  const service = own(ecsState(place).services, at.key);
  if (!service) return;
  delete service.wake;
  if (service.status === 'INACTIVE') return;
  if (service.status === 'DRAINING') {
    drainService(place, service);
    return;
  }
  const active = activeServiceDeployment(service);
  if (active) advance(place, service, active);
  scale(place, service);
  finish(place, service);
};

/** The states of a service deployment that end by themselves. */
const advance = (place: Place, service: ServiceState, active: ServiceDeploymentState): void => {
  switch (active.status) {
    case 'PENDING': {
      const startsAt = active.createdAt + timing('deploymentPending');
      if (place.world.now < startsAt) {
        wakeService(place, service, startsAt - place.world.now);
        return;
      }
      startServiceDeployment(place, service, active);
      return;
    }
    case 'IN_PROGRESS':
      if (active.breaker.status !== 'MONITORING' || active.breaker.failureCount < active.breaker.threshold) return;
      active.breaker.status = 'TRIGGERED';
      failDeployment(place, service, { of: active, cause: 'breaker' });
      return;
    case 'ROLLBACK_REQUESTED':
      failDeployment(place, service, { of: active, cause: 'stop' });
      return;
    case 'STOP_REQUESTED':
      failDeployment(place, service, { of: active, cause: 'abort' });
      return;
    case 'ROLLBACK_IN_PROGRESS':
      if ((active.rollback?.failures ?? 0) >= active.breaker.threshold) failRollback(place, service, active);
      return;
    default:
      return;
  }
};

interface Counts {
  readonly primary: DeploymentState;
  /** Tasks of the primary deployment / of the others that nobody has told to stop. */
  readonly fresh: readonly TaskState[];
  readonly old: readonly TaskState[];
  /** Tasks that count against maximumPercent: those told to stop too, as long as their containers may run. */
  readonly occupied: number;
}

const count = (place: Place, service: ServiceState, primary: DeploymentState): Counts => {
  const tasks = tasksOf(place, service);
  const live = tasks.filter(isLive);
  return {
    primary,
    fresh: live.filter((task) => task.deployment === primary.id),
    old: live.filter((task) => task.deployment !== primary.id),
    occupied: live.length + tasks.filter((task) => task.stop && task.stage === 'DEACTIVATING').length,
  };
};

const ready = (tasks: readonly TaskState[]): number => tasks.filter((task) => task.isReady).length;

const scale = (place: Place, service: ServiceState): void => {
  const primary = primaryOf(service);
  if (!primary || activeServiceDeployment(service)?.status === 'PENDING') return;
  const counts = count(place, service, primary);
  if (service.desiredCount < counts.fresh.length) stopExcess(place, service, counts);
  if (primary.rolloutState === 'FAILED') return;
  const missing = Math.max(0, service.desiredCount - counts.fresh.length);
  const room = Math.max(0, maximumTasks(service) - counts.occupied);
  const startable = Math.min(missing, room);
  stopOld(place, service, { ...counts, unstartable: missing - startable });
  if (startable > 0) start(place, service, { primary, number: startable });
};

const percentOf = (service: ServiceState, percent: number | undefined, fallback: number): number =>
  (service.desiredCount * (percent ?? fallback)) / 100;

const minimumTasks = (service: ServiceState): number =>
  Math.ceil(percentOf(service, service.configuration.minimumHealthyPercent, 100));

/** Outside a deployment lost tasks are replaced at once; in one, the maximum holds. */
const maximumTasks = (service: ServiceState): number =>
  Math.max(1, Math.floor(percentOf(service, service.configuration.maximumPercent, 200)));

const stopExcess = (place: Place, service: ServiceState, counts: Counts): void => {
  const excess = counts.fresh.length - service.desiredCount;
  // Tasks that do not serve yet go first, then the youngest.
  const order = [...counts.fresh].reverse().sort((a, b) => Number(a.isReady) - Number(b.isReady));
  stopTasks(place, service, order.slice(0, excess));
};

/**
 * Old tasks go as fresh ones become ready. When maximumPercent leaves no room to start the missing ones, old tasks go
 * earlier, down to minimumHealthyPercent. Tasks of failed deployments count for nothing and go at once.
 */
const stopOld = (place: Place, service: ServiceState, counts: Counts & { readonly unstartable: number }): void => {
  const failed = new Set(
    service.deployments.filter((deployment) => deployment.rolloutState === 'FAILED').map((deployment) => deployment.id),
  );
  const lost = counts.old.filter((task) => failed.has(task.deployment ?? ''));
  const rest = counts.old.filter((task) => !failed.has(task.deployment ?? ''));
  const readyFresh = ready(counts.fresh);
  const wanted = Math.max(0, service.desiredCount - readyFresh - counts.unstartable);
  const excess = Math.max(0, rest.length - wanted);
  const idle = rest.filter((task) => !task.isReady).slice(0, excess);
  const spare = Math.max(0, readyFresh + ready(rest) - minimumTasks(service));
  const serving = rest.filter((task) => task.isReady).slice(0, Math.min(spare, excess - idle.length));
  stopTasks(place, service, [...lost, ...idle, ...serving]);
};

const stopTasks = (place: Place, service: ServiceState, tasks: readonly TaskState[]): void => {
  if (tasks.length === 0) return;
  addEvent(place, service, `has stopped ${tasks.length} running tasks: ${taskList(tasks.map((task) => task.id))}.`);
  for (const task of tasks)
    stopTask(place, task, {
      code: 'ServiceSchedulerInitiated',
      reason: `Scaling activity initiated by (deployment ${task.deployment ?? service.name})`,
    });
};

const start = (
  place: Place,
  service: ServiceState,
  of: { readonly primary: DeploymentState; readonly number: number },
): void => {
  const { primary } = of;
  const { now } = place.world;
  if (now < primary.backoffUntil) {
    wakeService(place, service, primary.backoffUntil - now);
    return;
  }
  const definition = taskDefinitionOf(place, primary.taskDefinition);
  const revision = service.revisions[primary.revision];
  if (!definition || !revision) return;
  const refusal = roleRefusal(place, definition);
  if (refusal !== undefined) {
    refuseLaunch(place, service, { primary, refusal });
    return;
  }
  const digests = Object.fromEntries(
    revision.images.flatMap((image) => (image.imageDigest ? [[image.containerName, image.imageDigest]] : [])),
  );
  const tasks = Array.from({ length: of.number }, () =>
    launchTask(place, {
      cluster: service.cluster,
      definition,
      group: `service:${service.name}`,
      network: revision.network,
      startedBy: primary.id,
      service: service.key,
      deployment: primary.id,
      targets: revision.loadBalancers.flatMap((balancer) =>
        balancer.targetGroupArn && balancer.containerPort !== undefined
          ? [{ targetGroupArn: balancer.targetGroupArn, port: balancer.containerPort }]
          : [],
      ),
      digests,
      tags: propagatedTags(place, service),
      enableExecuteCommand: service.enableExecuteCommand,
    }),
  );
  service.tasks.push(...tasks.map((task) => task.id));
  primary.updatedAt = now;
  service.isSteady = false;
  addEvent(place, service, `has started ${tasks.length} tasks: ${taskList(tasks.map((task) => task.id))}.`);
};

const propagatedTags = (place: Place, service: ServiceState): readonly { key?: string; value?: string }[] => {
  const source =
    service.propagateTags === 'SERVICE'
      ? service.arn
      : service.propagateTags === 'TASK_DEFINITION'
        ? service.taskDefinition
        : undefined;
  const own = source === undefined ? [] : tagsOf(place, source);
  return service.enableECSManagedTags
    ? [...own.map(plain), { key: 'ecs-cluster', value: service.cluster }, { key: 'ecs-service', value: service.name }]
    : own.map(plain);
};

const plain = (tag: { key?: string | undefined; value?: string | undefined }): { key?: string; value?: string } => ({
  ...(tag.key === undefined ? {} : { key: tag.key }),
  ...(tag.value === undefined ? {} : { value: tag.value }),
});

/** A role that cannot be assumed: no task is made, and each attempt counts as one that failed to start. */
const refuseLaunch = (
  place: Place,
  service: ServiceState,
  of: { readonly primary: DeploymentState; readonly refusal: string },
): void => {
  const { primary } = of;
  primary.failedTasks += 1;
  primary.failedStarts += 1;
  backOff(place, service, primary);
  const active = activeServiceDeployment(service);
  if (active?.deployment === primary.id) active.breaker.failureCount += 1;
  if (active?.rollback?.deployment === primary.id) active.rollback.failures += 1;
  addEvent(place, service, `failed to launch a task with (error ${of.refusal}).`);
  wakeService(place, service, primary.backoffUntil - place.world.now);
};

const finish = (place: Place, service: ServiceState): void => {
  const primary = primaryOf(service);
  if (!primary) return;
  const tasks = tasksOf(place, service);
  dropEmptyDeployments(service, tasks);
  const fresh = tasks.filter((task) => task.deployment === primary.id);
  const isComplete = ready(fresh) >= service.desiredCount && tasks.length === fresh.length;
  const active = activeServiceDeployment(service);
  if (active && isComplete && primary.rolloutState === 'IN_PROGRESS') complete(place, service, active);
  const isSteady =
    activeServiceDeployment(service) === undefined &&
    primary.rolloutState === 'COMPLETED' &&
    isComplete &&
    tasks.length === service.desiredCount;
  if (isSteady && !service.isSteady) addEvent(place, service, 'has reached a steady state.');
  service.isSteady = isSteady;
};

const complete = (place: Place, service: ServiceState, active: ServiceDeploymentState): void => {
  if (active.status !== 'IN_PROGRESS' && active.status !== 'ROLLBACK_IN_PROGRESS') return;
  const began = active.rollback?.startedAt ?? active.startedAt ?? active.createdAt;
  const remainingMs = began + timing('deploymentShortest') - place.world.now;
  if (remainingMs > 0) wakeService(place, service, remainingMs);
  else completeDeployment(place, service);
};

/** Deployments other than the primary disappear with their last task. */
const dropEmptyDeployments = (service: ServiceState, tasks: readonly TaskState[]): void => {
  const used = new Set(tasks.map((task) => task.deployment));
  service.deployments = service.deployments.filter(
    (deployment) => deployment.status === 'PRIMARY' || used.has(deployment.id),
  );
};

const drainService = (place: Place, service: ServiceState): void => {
  const tasks = tasksOf(place, service);
  stopTasks(place, service, tasks.filter(isLive));
  if (tasks.length > 0) return;
  service.status = 'INACTIVE';
  service.deployments = [];
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: `service ${service.key}`,
    from: 'DRAINING',
    to: 'INACTIVE',
  });
};
