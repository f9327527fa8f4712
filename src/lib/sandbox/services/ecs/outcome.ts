/** What a task's health and end mean for its service: ready tasks, failure counts, back-off. */
import { timing } from '../../timings.js';
import { targetAt } from '../elbv2/targets.js';
import type { Place } from '../neighbours.js';
import { addEvent } from './events.js';
import { activeServiceDeployment, ecsState, own, type ServiceState, type TaskState } from './state.js';
import { wakeService } from './wake.js';

const isReadyNow = (place: Place, task: TaskState): boolean => {
  if (task.stage !== 'RUNNING' || task.stop) return false;
  const checked = task.containers.filter((container) => container.hasHealthCheck);
  if (checked.some((container) => container.health !== 'HEALTHY')) return false;
  const isBalanced = task.targets.every(
    ({ targetGroupArn, port }) => targetAt(place, { targetGroupArn, ip: task.network.ip, port })?.state === 'healthy',
  );
  return isBalanced && (checked.length > 0 || task.targets.length > 0 || task.isSettled);
};

/** Looks again whether a task counts as healthy, and tells its service when that changed. */
export const refreshReadiness = (place: Place, task: TaskState): void => {
  const isReady = isReadyNow(place, task);
  if (isReady === task.isReady) return;
  task.isReady = isReady;
  const service = own(ecsState(place).services, task.service);
  if (!service) return;
  if (isReady && !task.wasReady) {
    task.wasReady = true;
    countSuccess(service, task);
  }
  wakeService(place, service);
};

const countSuccess = (service: ServiceState, task: TaskState): void => {
  const deployment = service.deployments.find((each) => each.id === task.deployment);
  if (deployment) {
    deployment.failedStarts = 0;
    deployment.isImpaired = false;
  }
  const active = activeServiceDeployment(service);
  if (active?.deployment === task.deployment && active?.breaker.isReset) active.breaker.failureCount = 0;
  if (active?.rollback && active.rollback.deployment === task.deployment) active.rollback.failures = 0;
};

/** Tasks in a row that must fail before ECS says that a service cannot consistently start tasks. */
const impairedAfter = 3;

/** Called once a task has stopped. Only a task that never became healthy counts, and none that was told to stop. */
export const countFailure = (place: Place, of: { readonly service: ServiceState; readonly task: TaskState }): void => {
  const { service, task } = of;
  if (task.wasReady || !isFailure(task)) return;
  const deployment = service.deployments.find((each) => each.id === task.deployment);
  if (!deployment) return;
  deployment.failedTasks += 1;
  const active = activeServiceDeployment(service);
  if (active?.deployment === deployment.id) active.breaker.failureCount += 1;
  if (active?.rollback?.deployment === deployment.id) active.rollback.failures += 1;
  if (task.startedAt !== undefined) return;
  deployment.failedStarts += 1;
  backOff(place, service, deployment);
  if (deployment.failedStarts >= impairedAfter && !deployment.isImpaired) {
    deployment.isImpaired = true;
    addEvent(
      place,
      service,
      'is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
    );
  }
};

/** Doubles with every full wave of tasks that never started. */
export const backOff = (
  place: Place,
  service: ServiceState,
  deployment: { failedStarts: number; backoffUntil: number },
): void => {
  const wave = Math.floor((deployment.failedStarts - 1) / Math.max(1, service.desiredCount));
  const pauseMs = Math.min(timing('launchBackoffLongest'), timing('launchBackoffFirst') * 2 ** Math.min(wave, 10));
  deployment.backoffUntil = Math.max(deployment.backoffUntil, place.world.now + pauseMs);
};

const failedChecks = /^Task failed (ELB|container) health checks/;

const isFailure = (task: TaskState): boolean => {
  switch (task.stop?.code) {
    case 'TaskFailedToStart':
    case 'EssentialContainerExited':
      return true;
    case 'ServiceSchedulerInitiated':
      return failedChecks.test(task.stop.reason);
    default:
      return false;
  }
};
