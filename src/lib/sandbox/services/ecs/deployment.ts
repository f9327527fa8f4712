/**
 * Deployments: how one begins, completes, fails, goes back, and is superseded. reconcile.ts decides when. A deployment
 * (`ecs-svc/…`) is what DescribeServices shows; a service deployment is its record; a service revision is what it deploys.
 */
import { resolveImage } from '../../images.js';
import type { Place } from '../neighbours.js';
import { newBreaker } from './breaker.js';
import { addEvent } from './events.js';
import {
  activeServiceDeployment,
  type DeploymentState,
  ecsState,
  isStarting,
  type RevisionState,
  type RevisionSummary,
  type ServiceDeploymentState,
  type ServiceState,
  taskDefinitionOf,
  tasksOf,
} from './state.js';
import { wakeService } from './wake.js';

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

const deploymentArnId = (place: Place): string =>
  Array.from({ length: 21 }, () => idAlphabet[place.world.random() % idAlphabet.length]).join('');

const recordStatus = (
  place: Place,
  service: ServiceState,
  change: { readonly from?: string; readonly to: string; readonly cause?: string | undefined },
): void => {
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: `service-deployment ${service.key}`,
    to: change.to,
    ...(change.from === undefined ? {} : { from: change.from }),
    ...(change.cause === undefined ? {} : { cause: change.cause }),
  });
};

export const setStatus = (
  place: Place,
  service: ServiceState,
  change: {
    readonly of: ServiceDeploymentState;
    readonly to: ServiceDeploymentState['status'];
    readonly reason?: string;
  },
): void => {
  const { of, to, reason } = change;
  recordStatus(place, service, { from: of.status, to, cause: reason });
  of.status = to;
  of.updatedAt = place.world.now;
  if (reason !== undefined) of.statusReason = reason;
};

const newRevision = (place: Place, service: ServiceState): RevisionState => {
  const { world, region } = place;
  const definition = taskDefinitionOf(place, service.taskDefinition);
  const revision: RevisionState = {
    arn: `${world.arn('ecs', region, 'service-revision')}/${service.key}/${world.digits(19)}`,
    taskDefinition: service.taskDefinition,
    createdAt: world.now,
    loadBalancers: service.loadBalancers,
    serviceRegistries: service.serviceRegistries,
    ...(service.network === undefined ? {} : { network: service.network }),
    platformVersion: service.platformVersion === 'LATEST' ? '1.4.0' : service.platformVersion,
    images: (definition?.containerDefinitions ?? []).map(({ name = '', image = '', versionConsistency }) => {
      const resolved = resolveImage(world, region, image);
      const isPinned = resolved.exists && versionConsistency !== 'disabled';
      return { containerName: name, image, ...(isPinned ? { imageDigest: resolved.digest } : {}) };
    }),
  };
  service.revisions[revision.arn] = revision;
  return revision;
};

const newDeployment = (
  place: Place,
  of: { readonly revision: RevisionState; readonly reason?: string },
): DeploymentState => {
  const id = `ecs-svc/${place.world.digits(19)}`;
  return {
    id,
    revision: of.revision.arn,
    taskDefinition: of.revision.taskDefinition,
    createdAt: place.world.now,
    updatedAt: place.world.now,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: of.reason ?? `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    failedStarts: 0,
    backoffUntil: 0,
    isImpaired: false,
  };
};

/** Begins to deploy the service's settings as they are now. */
export const beginDeployment = (place: Place, service: ServiceState): ServiceDeploymentState => {
  supersede(place, service);
  const deployment = newDeployment(place, { revision: newRevision(place, service) });
  const sources = service.deployments.map(({ id, revision }) => ({ deployment: id, revision }));
  for (const older of service.deployments) older.status = 'ACTIVE';
  service.deployments = [deployment, ...service.deployments];
  const serviceDeployment: ServiceDeploymentState = {
    arn: `${place.world.arn('ecs', place.region, 'service-deployment')}/${service.key}/${deploymentArnId(place)}`,
    deployment: deployment.id,
    targetRevision: deployment.revision,
    sources,
    configuration: service.configuration,
    breaker: newBreaker(service.configuration, service.desiredCount),
    createdAt: place.world.now,
    updatedAt: place.world.now,
    status: 'PENDING',
  };
  service.serviceDeployments.unshift(serviceDeployment);
  service.isSteady = false;
  recordStatus(place, service, { to: 'PENDING' });
  wakeService(place, service);
  return serviceDeployment;
};

/** A new deployment stops the one in progress (assumed: AWS documents the states, not this transition's texts). */
const supersede = (place: Place, service: ServiceState): void => {
  const active = activeServiceDeployment(service);
  if (!active) return;
  setStatus(place, service, { of: active, to: 'STOP_REQUESTED' });
  end(place, service, {
    of: active,
    status: 'STOPPED',
    reason: 'Service deployment was stopped because a new service deployment was started.',
  });
};

export const summaryOf = (
  place: Place,
  service: ServiceState,
  of: { readonly deployment: string; readonly revision: string },
): RevisionSummary => {
  const tasks = tasksOf(place, service).filter((task) => task.deployment === of.deployment);
  const deployment = service.deployments.find((each) => each.id === of.deployment);
  return {
    arn: of.revision,
    requestedTaskCount: deployment ? requestedCount(place, service, deployment) : 0,
    runningTaskCount: tasks.filter((task) => task.stage === 'RUNNING').length,
    pendingTaskCount: tasks.filter(isStarting).length,
  };
};

/** The count that DescribeServices shows: the service's for the primary, what is still wanted for the others. */
export const requestedCount = (place: Place, service: ServiceState, deployment: DeploymentState): number => {
  if (deployment.status === 'PRIMARY') return service.desiredCount;
  return tasksOf(place, service).filter((task) => task.deployment === deployment.id && !task.stop).length;
};

const end = (
  place: Place,
  service: ServiceState,
  ending: {
    readonly of: ServiceDeploymentState;
    readonly status: ServiceDeploymentState['status'];
    readonly reason?: string;
  },
): void => {
  const { of } = ending;
  setStatus(place, service, {
    of,
    to: ending.status,
    ...(ending.reason === undefined ? {} : { reason: ending.reason }),
  });
  of.finishedAt = place.world.now;
  if (ending.status === 'STOPPED') of.stoppedAt = place.world.now;
  if (of.breaker.status === 'MONITORING') of.breaker.status = 'MONITORING_COMPLETE';
  of.final = {
    target: summaryOf(place, service, { deployment: of.deployment, revision: of.targetRevision }),
    sources: of.sources.map((source) => summaryOf(place, service, source)),
  };
};

/** The primary deployment has all its tasks and no other deployment has any. */
export const completeDeployment = (place: Place, service: ServiceState): void => {
  const primary = service.deployments[0];
  const active = activeServiceDeployment(service);
  if (!primary || !active) return;
  primary.rolloutState = 'COMPLETED';
  primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
  primary.updatedAt = place.world.now;
  service.completedRevision = primary.revision;
  addEvent(place, service, `(deployment ${primary.id}) deployment completed.`);
  if (active.rollback)
    end(place, service, { of: active, status: 'ROLLBACK_SUCCESSFUL', reason: active.rollback.reason });
  else end(place, service, { of: active, status: 'SUCCESSFUL' });
  service.deployments = [primary];
};

export type FailureCause = 'breaker' | 'stop' | 'abort';

const failureTexts: Readonly<
  Record<FailureCause, { readonly event: string; readonly rollout: string; readonly status: string }>
> = {
  breaker: {
    event: 'deployment failed: tasks failed to start.',
    rollout: 'ECS deployment circuit breaker: tasks failed to start.',
    status: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
  },
  stop: {
    event: 'deployment failed: deployment stopped by user.',
    rollout: 'ECS deployment failed: deployment stopped by user.',
    status: 'Service deployment rolled back because a user requested it.',
  },
  abort: {
    event: 'deployment failed: deployment stopped by user.',
    rollout: 'ECS deployment failed: deployment stopped by user.',
    status: 'Service deployment was stopped by a user.',
  },
};

export const noCandidate = 'No rollback candidate was found to run the rollback.';

/** The last completed revision, unless it is the one being deployed. */
export const rollbackCandidate = (service: ServiceState): RevisionState | undefined =>
  service.completedRevision === undefined ? undefined : service.revisions[service.completedRevision];

/** The deployment in progress fails: it goes back, or stays where it is and starts no more tasks. */
export const failDeployment = (
  place: Place,
  service: ServiceState,
  failure: { readonly of: ServiceDeploymentState; readonly cause: FailureCause },
): void => {
  const { of, cause } = failure;
  const texts = failureTexts[cause];
  const failed = service.deployments.find((each) => each.id === of.deployment);
  if (failed) {
    failed.rolloutState = 'FAILED';
    failed.rolloutStateReason = texts.rollout;
    failed.updatedAt = place.world.now;
    addEvent(place, service, `(deployment ${failed.id}) ${texts.event}`);
  }
  if (cause === 'abort' || (cause === 'breaker' && !of.breaker.isRollback)) {
    const reason =
      cause === 'breaker'
        ? 'Service deployment stopped because the circuit breaker threshold was exceeded.'
        : texts.status;
    end(place, service, { of, status: 'STOPPED', reason });
    return;
  }
  const candidate = rollbackCandidate(service);
  if (!candidate) {
    of.rollback = { reason: texts.status, startedAt: place.world.now, failures: 0 };
    end(place, service, { of, status: 'ROLLBACK_FAILED', reason: noCandidate });
    return;
  }
  rollBack(place, service, { of, candidate, reason: texts.status });
};

/** A new deployment of the completed revision takes over that revision's tasks (its new id is assumed). */
const rollBack = (
  place: Place,
  service: ServiceState,
  back: { readonly of: ServiceDeploymentState; readonly candidate: RevisionState; readonly reason: string },
): void => {
  const { of, candidate, reason } = back;
  const earlier = service.deployments.find((each) => each.revision === candidate.arn);
  const deployment = newDeployment(place, {
    revision: candidate,
    reason: `ECS deployment circuit breaker: rolling back to deploymentId ${earlier?.id ?? candidate.arn}.`,
  });
  for (const task of tasksOf(place, service))
    if (earlier && task.deployment === earlier.id) task.deployment = deployment.id;
  for (const other of service.deployments) other.status = 'ACTIVE';
  service.deployments = [deployment, ...service.deployments.filter((each) => each !== earlier)];
  applyRevision(service, candidate);
  of.rollback = {
    reason,
    startedAt: place.world.now,
    revision: candidate.arn,
    deployment: deployment.id,
    failures: 0,
  };
  setStatus(place, service, { of, to: 'ROLLBACK_IN_PROGRESS', reason });
  addEvent(place, service, `rolling back to deployment ${earlier?.id ?? deployment.id}.`);
};

const applyRevision = (service: ServiceState, revision: RevisionState): void => {
  service.taskDefinition = revision.taskDefinition;
  service.loadBalancers = [...revision.loadBalancers];
  service.serviceRegistries = [...revision.serviceRegistries];
  if (revision.network) service.network = revision.network;
};

/** The rollback itself cannot start its tasks (assumed: as many failures as the breaker's threshold). */
export const failRollback = (place: Place, service: ServiceState, of: ServiceDeploymentState): void => {
  const deployment = service.deployments.find((each) => each.id === of.rollback?.deployment);
  if (deployment) {
    deployment.rolloutState = 'FAILED';
    deployment.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
    deployment.updatedAt = place.world.now;
    addEvent(place, service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  }
  end(place, service, {
    of,
    status: 'ROLLBACK_FAILED',
    reason: 'Service deployment rollback failed because the circuit breaker threshold was exceeded.',
  });
};

export const startServiceDeployment = (place: Place, service: ServiceState, of: ServiceDeploymentState): void => {
  of.startedAt = place.world.now;
  setStatus(place, service, { of, to: 'IN_PROGRESS' });
};

/** A deleted service has no deployment in progress any more. */
export const endDeploymentOfDeleted = (place: Place, service: ServiceState): void => {
  const active = activeServiceDeployment(service);
  if (active) end(place, service, { of: active, status: 'STOPPED', reason: 'The service was deleted.' });
};

/** All revisions of a region, to find one by its ARN. */
export const findRevision = (
  place: Place,
  arn: string,
): { readonly service: ServiceState; readonly revision: RevisionState } | undefined => {
  for (const service of Object.values(ecsState(place).services)) {
    const revision = service.revisions[arn];
    if (revision) return { service, revision };
  }
  return undefined;
};
