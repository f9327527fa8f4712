/** What target health and container health do to tasks, and how a task answers a probe. */
import { taskRunner } from '../../task-runner.js';
import { timing } from '../../timings.js';
import type { Backend, Place, Probe, ProbeAnswer, TargetChange } from '../neighbours.js';
import { definitionOf } from './containers.js';
import { addEvent } from './events.js';
import { refreshReadiness } from './outcome.js';
import { logTarget } from './start-checks.js';
import { type ContainerState, ecsState, own, type TaskState, taskDefinitionOf } from './state.js';
import { stopTask } from './task-life.js';

const taskAt = (place: Place, ip: string): TaskState | undefined => {
  const state = ecsState(place);
  return own(state.tasks, own(state.addresses, ip));
};

const containerAt = (
  place: Place,
  at: { readonly task: TaskState; readonly port: number },
): ContainerState | undefined =>
  at.task.containers.find((container) =>
    definitionOf(taskDefinitionOf(place, at.task.taskDefinition), container.name).portMappings?.some(
      (mapping) => mapping.containerPort === at.port,
    ),
  );

export const backendAt = (
  place: Place,
  address: { readonly ip: string; readonly port: number },
): Backend | undefined => {
  const task = taskAt(place, address.ip);
  const container = task && containerAt(place, { task, port: address.port });
  if (!task || !container) return undefined;
  const definition = definitionOf(taskDefinitionOf(place, task.taskDefinition), container.name);
  const logs = logTarget(place, { container: definition, taskId: task.id });
  const loopbackPort = container.isReal ? taskRunner(place.world).portOf(task.arn, container.name) : undefined;
  return {
    taskId: task.id,
    service: task.group.replace(/^service:/, ''),
    container: container.name,
    version: container.tag ?? 'latest',
    ...(container.fault === undefined ? {} : { fault: container.fault }),
    isReal: container.isReal,
    ...(loopbackPort === undefined ? {} : { loopbackPort }),
    ...(logs === undefined ? {} : { logs }),
  };
};

export const answerProbe = (place: Place, probe: Probe): ProbeAnswer => {
  const task = taskAt(place, probe.ip);
  const container = task && containerAt(place, { task, port: probe.port });
  if (!task || container?.status !== 'RUNNING') return { kind: 'refused' };
  if (container.isReal) return realAnswer(place, { task, container, path: probe.path });
  if (container.fault === 'unhealthy') return { kind: 'status', status: 503 };
  const runningMs = place.world.now - (container.startedAt ?? place.world.now);
  if (container.fault === 'slow' && runningMs < timing('slowBoot')) return { kind: 'timeout' };
  return { kind: 'status', status: 200 };
};

const realAnswer = (
  place: Place,
  of: { readonly task: TaskState; readonly container: ContainerState; readonly path: string },
): ProbeAnswer => {
  switch (taskRunner(place.world).checkHealth(of.task.arn, of.container.name, of.path)) {
    case 'healthy':
      return { kind: 'status', status: 200 };
    case 'unhealthy':
      return { kind: 'status', status: 503 };
    case 'unknown':
      return { kind: 'pending' };
  }
};

/** A service stops a task whose target is unhealthy, once the grace period after its start is over. */
export const targetChanged = (place: Place, change: TargetChange): void => {
  const task = taskAt(place, change.ip);
  if (!task) return;
  refreshReadiness(place, task);
  const service = own(ecsState(place).services, task.service);
  if (!service || change.state !== 'unhealthy' || task.stage !== 'RUNNING' || task.stop) return;
  const graceEnds = (task.startedAt ?? 0) + (service.healthCheckGracePeriodSeconds ?? 0) * 1_000;
  if (place.world.now < graceEnds) return;
  addEvent(
    place,
    service,
    `(port ${change.port}) is unhealthy in (target-group ${change.targetGroupArn}) due to (reason ${change.description ?? 'Health checks failed'}).`,
  );
  stopTask(place, task, {
    code: 'ServiceSchedulerInitiated',
    reason: `Task failed ELB health checks in (target-group ${change.targetGroupArn})`,
  });
};

/** The result of a container's own health check. */
export const containerHealthChanged = (
  place: Place,
  change: { readonly task: string; readonly container: string; readonly health: 'HEALTHY' | 'UNHEALTHY' },
): void => {
  const task = own(ecsState(place).tasks, change.task);
  const container = task?.containers.find((each) => each.name === change.container);
  if (!task || container?.status !== 'RUNNING') return;
  container.health = change.health;
  task.version += 1;
  refreshReadiness(place, task);
  const service = own(ecsState(place).services, task.service);
  if (!service || change.health === 'HEALTHY' || !container.isEssential || task.stop) return;
  addEvent(place, service, `(task ${task.id}) failed container health checks.`);
  stopTask(place, task, { code: 'ServiceSchedulerInitiated', reason: 'Task failed container health checks' });
};
