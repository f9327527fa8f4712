/**
 * A task's life, one timer per stage: PROVISIONING → PENDING → ACTIVATING → RUNNING → DEACTIVATING → STOPPING →
 * DEPROVISIONING → STOPPED. `stopTask` is the only way down; it cancels the timer of the stage that it leaves.
 */
import { taskRunner } from '../../task-runner.js';
import { timing } from '../../timings.js';
import { deregisterTarget, deregistrationDelayMs, registerTarget } from '../elbv2/targets.js';
import { neighbour, type Place } from '../neighbours.js';
import { logLines, startContainer } from './containers.js';
import { addEvent } from './events.js';
import { countFailure, refreshReadiness } from './outcome.js';
import { initializationFailure, pullFailure } from './start-checks.js';
import {
  type ContainerState,
  dateOf,
  ecsState,
  own,
  type ServiceState,
  type StopCode,
  type TaskStage,
  type TaskState,
  taskDefinitionOf,
} from './state.js';
import { dropTags } from './tags.js';
import { type TaskStep, taskTimer } from './task-launch.js';
import { wakeService } from './wake.js';

const serviceOf = (place: Place, task: TaskState): ServiceState | undefined =>
  own(ecsState(place).services, task.service);

const moveTo = (place: Place, task: TaskState, stage: TaskStage): void => {
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: `task ${task.group}/${task.id}`,
    from: task.stage,
    to: stage,
    ...(task.stop === undefined ? {} : { cause: task.stop.reason }),
  });
  task.stage = stage;
  task.version += 1;
};

const next = (place: Place, task: TaskState, step: TaskStep, delayMs: number): void => {
  task.timer = place.world.schedule(place.region, taskTimer, delayMs, { id: task.id, step });
};

/** The effect of an `ecs.task` timer. */
export const stepTask = (place: Place, at: { readonly id: string; readonly step: TaskStep }): void => {
  const task = own(ecsState(place).tasks, at.id);
  if (!task) return;
  if (at.step !== 'settled') delete task.timer;
  switch (at.step) {
    case 'provisioned':
      provisioned(place, task);
      return;
    case 'refused':
      refused(place, task);
      return;
    case 'pulled':
      pulled(place, task);
      return;
    case 'activated':
      activated(place, task);
      return;
    case 'settled':
      task.isSettled = true;
      refreshReadiness(place, task);
      return;
    case 'deactivated':
      deactivated(place, task);
      return;
    case 'containers-stopped':
      containersStopped(place, task);
      return;
    case 'deprovisioned':
      deprovisioned(place, task);
      return;
    case 'forgotten':
      delete ecsState(place).tasks[task.id];
      dropTags(place, task.arn);
      return;
  }
};

const provisioned = (place: Place, task: TaskState): void => {
  const definition = taskDefinitionOf(place, task.taskDefinition);
  moveTo(place, task, 'PENDING');
  task.connectivityAt = place.world.now;
  if (!definition || initializationFailure(place, { task, definition }) !== undefined) {
    next(place, task, 'refused', timing('initializationRefused'));
    return;
  }
  task.pullStartedAt = place.world.now;
  next(place, task, 'pulled', timing(pullFailure(place, task) ? 'imagePullRefused' : 'imagePull'));
};

const refused = (place: Place, task: TaskState): void => {
  const definition = taskDefinitionOf(place, task.taskDefinition);
  const reason = definition ? initializationFailure(place, { task, definition }) : 'Task definition is gone.';
  // What was missing may have come back while the task retried.
  if (reason === undefined) {
    provisioned(place, task);
    return;
  }
  stopTask(place, task, { code: 'TaskFailedToStart', reason });
};

const pulled = (place: Place, task: TaskState): void => {
  const failure = pullFailure(place, task);
  if (failure) {
    failure.container.reason = failure.reason;
    stopTask(place, task, { code: 'TaskFailedToStart', reason: failure.reason });
    return;
  }
  task.pullStoppedAt = place.world.now;
  moveTo(place, task, 'ACTIVATING');
  next(place, task, 'activated', timing('taskActivating'));
  registerTargets(place, task);
};

const activated = (place: Place, task: TaskState): void => {
  const definition = taskDefinitionOf(place, task.taskDefinition);
  if (!definition) {
    stopTask(place, task, { code: 'TaskFailedToStart', reason: 'Task definition is gone.' });
    return;
  }
  moveTo(place, task, 'RUNNING');
  task.startedAt = place.world.now;
  for (const container of task.containers) startContainer(place, { task, container, definition });
  const hasCheck = task.targets.length > 0 || task.containers.some((container) => container.hasHealthCheck);
  if (!hasCheck)
    place.world.schedule(place.region, taskTimer, timing('steadyAfterRunning'), { id: task.id, step: 'settled' });
  const service = serviceOf(place, task);
  if (service) wakeService(place, service);
};

const registerTargets = (place: Place, task: TaskState): void => {
  const service = serviceOf(place, task);
  for (const { targetGroupArn, port } of task.targets) {
    const isDone = registerTarget(place, { targetGroupArn, ip: task.network.ip, port, zone: task.network.zone });
    if (isDone && service) addEvent(place, service, `registered 1 targets in (target-group ${targetGroupArn})`);
  }
};

const deregisterTargets = (place: Place, task: TaskState): void => {
  const service = serviceOf(place, task);
  const gone = task.targets.filter(({ targetGroupArn, port }) =>
    deregisterTarget(place, { targetGroupArn, ip: task.network.ip, port }),
  );
  if (!service || gone.length === 0) return;
  addEvent(place, service, 'has begun draining connections on 1 tasks.');
  for (const { targetGroupArn } of gone)
    addEvent(place, service, `deregistered 1 targets in (target-group ${targetGroupArn})`);
};

/** Takes a task down. The first reason stays. */
export const stopTask = (
  place: Place,
  task: TaskState,
  stop: { readonly code: StopCode; readonly reason: string },
): void => {
  if (task.stop) return;
  const wasReady = task.isReady;
  task.stop = stop;
  task.isReady = false;
  task.stoppingAt = place.world.now;
  if (task.timer !== undefined) place.world.cancel(task.timer);
  delete task.timer;
  const service = serviceOf(place, task);
  if (service) wakeService(place, service);
  if (task.stage === 'RUNNING') {
    moveTo(place, task, 'DEACTIVATING');
    deregisterTargets(place, task);
    next(place, task, 'deactivated', timing('taskDeactivating') + (wasReady ? drainMs(place, task) : 0));
    return;
  }
  deregisterTargets(place, task);
  // Nothing has started: there is nothing to stop but the network interface.
  for (const container of task.containers) container.status = 'STOPPED';
  moveTo(place, task, 'DEPROVISIONING');
  next(place, task, 'deprovisioned', timing('taskDeprovisioning'));
};

/** Only a task that served requests has connections to drain, and only while its containers run. */
const drainMs = (place: Place, task: TaskState): number =>
  task.stop?.code === 'EssentialContainerExited'
    ? 0
    : Math.max(0, ...task.targets.map((target) => deregistrationDelayMs(place, target.targetGroupArn)));

const deactivated = (place: Place, task: TaskState): void => {
  moveTo(place, task, 'STOPPING');
  const definition = taskDefinitionOf(place, task.taskDefinition);
  const running = task.containers.filter((container) => container.status === 'RUNNING');
  for (const container of running.filter((each) => each.isReal)) {
    const configured = definition?.containerDefinitions?.find((each) => each.name === container.name);
    taskRunner(place.world).stop(place.world, {
      taskArn: task.arn,
      container: container.name,
      stopTimeoutMs: configured?.stopTimeout === undefined ? timing('stopTimeout') : configured.stopTimeout * 1_000,
    });
  }
  if (running.every((container) => !container.isReal)) next(place, task, 'containers-stopped', timing('containerStop'));
};

/** A container has ended: by itself, by its fault, or because its process was stopped. */
export const containerEnded = (
  place: Place,
  task: TaskState,
  end: { readonly container: string; readonly exitCode: number; readonly reason: string | null },
): void => {
  const container = task.containers.find((each) => each.name === end.container);
  if (container?.status !== 'RUNNING') return;
  endContainer(place, { task, container, exitCode: end.exitCode, reason: end.reason });
  if (task.stage === 'STOPPING') {
    if (task.containers.every((each) => each.status !== 'RUNNING' || !each.isReal)) containersStopped(place, task);
    return;
  }
  if (container.isEssential)
    stopTask(place, task, { code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
};

const endContainer = (
  place: Place,
  end: {
    readonly task: TaskState;
    readonly container: ContainerState;
    readonly exitCode: number;
    readonly reason: string | null;
  },
): void => {
  end.container.status = 'STOPPED';
  end.container.exitCode = end.exitCode;
  end.container.health = 'UNKNOWN';
  if (end.reason !== null) end.container.reason = end.reason;
  end.task.version += 1;
  if (end.task.enableExecuteCommand)
    neighbour(place.world, 'ssm').containerStopped?.(place.world, {
      taskArn: end.task.arn,
      container: end.container.name,
    });
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: `container ${end.task.id}/${end.container.name}`,
    from: 'RUNNING',
    to: 'STOPPED',
    cause: `exit ${end.exitCode}${end.reason === null ? '' : `: ${end.reason}`}`,
  });
};

const containersStopped = (place: Place, task: TaskState): void => {
  for (const container of task.containers.filter((each) => each.status === 'RUNNING')) {
    logLines(place, {
      task,
      container,
      lines: [
        JSON.stringify({
          time: dateOf(place.world.now)?.toISOString(),
          level: 'info',
          message: 'SIGTERM received, closing',
        }),
      ],
    });
    endContainer(place, { task, container, exitCode: 0, reason: null });
  }
  task.executionStoppedAt = place.world.now;
  moveTo(place, task, 'DEPROVISIONING');
  next(place, task, 'deprovisioned', timing('taskDeprovisioning'));
};

const deprovisioned = (place: Place, task: TaskState): void => {
  const state = ecsState(place);
  task.stoppedAt = place.world.now;
  moveTo(place, task, 'STOPPED');
  delete state.addresses[task.network.ip];
  const service = serviceOf(place, task);
  if (service) {
    service.tasks = service.tasks.filter((id) => id !== task.id);
    countFailure(place, { service, task });
    wakeService(place, service);
  }
  next(place, task, 'forgotten', timing('stoppedTaskKept'));
};
