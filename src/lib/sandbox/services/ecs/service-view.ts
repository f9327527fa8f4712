/** A service, its deployments, service deployments and revisions as the API answers them. */
import type {
  Deployment,
  NetworkConfiguration,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
} from '@aws-sdk/client-ecs';
import type { Place } from '../neighbours.js';
import { requestedCount, summaryOf } from './deployment.js';
import {
  activeServiceDeployment,
  type DeploymentState,
  ecsState,
  isStarting,
  own,
  type RevisionState,
  type ServiceDeploymentState,
  type ServiceState,
  tasksOf,
} from './state.js';
import { tagsOf } from './tags.js';

const clusterArn = (place: Place, service: ServiceState): string =>
  own(ecsState(place).clusters, service.cluster)?.arn ?? '';

const networkOf = (
  from: Pick<ServiceState, 'network'> | RevisionState,
): { networkConfiguration?: NetworkConfiguration } =>
  from.network ? { networkConfiguration: { awsvpcConfiguration: from.network } } : {};

const deploymentView = (
  place: Place,
  of: { readonly service: ServiceState; readonly deployment: DeploymentState },
): Deployment => {
  const { service, deployment } = of;
  const tasks = tasksOf(place, service).filter((task) => task.deployment === deployment.id);
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.taskDefinition,
    desiredCount: requestedCount(place, service, deployment),
    pendingCount: tasks.filter(isStarting).length,
    runningCount: tasks.filter((task) => task.stage === 'RUNNING').length,
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    launchType: 'FARGATE',
    platformVersion: service.platformVersion === 'LATEST' ? '1.4.0' : service.platformVersion,
    platformFamily: 'Linux',
    ...networkOf(service),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
};

export const serviceView = (
  place: Place,
  of: { readonly service: ServiceState; readonly include?: readonly string[] | undefined },
): Service => {
  const { service } = of;
  const tasks = tasksOf(place, service);
  const active = activeServiceDeployment(service);
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: clusterArn(place, service),
    loadBalancers: service.loadBalancers,
    serviceRegistries: service.serviceRegistries,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: tasks.filter((task) => task.stage === 'RUNNING').length,
    pendingCount: tasks.filter(isStarting).length,
    launchType: 'FARGATE',
    platformVersion: service.platformVersion,
    platformFamily: 'Linux',
    taskDefinition: service.taskDefinition,
    deploymentConfiguration: service.configuration,
    deployments: service.deployments.map((deployment) => deploymentView(place, { service, deployment })),
    roleArn: `arn:aws:iam::${place.world.state.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    events: service.events.map(({ id, at, message }) => ({ id, createdAt: new Date(at), message })),
    createdAt: new Date(service.createdAt),
    ...(active ? { currentServiceDeployment: active.arn } : {}),
    currentServiceRevisions: service.deployments.map((deployment) =>
      summaryOf(place, service, { deployment: deployment.id, revision: deployment.revision }),
    ),
    placementConstraints: [],
    placementStrategy: [],
    ...networkOf(service),
    ...(service.healthCheckGracePeriodSeconds === undefined
      ? {}
      : { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds }),
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    createdBy: `arn:aws:iam::${place.world.state.account}:user/sandbox`,
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags as Service['propagateTags'],
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing as Service['availabilityZoneRebalancing'],
    tags: of.include?.includes('TAGS') ? tagsOf(place, service.arn) : [],
  };
};

interface Recorded {
  readonly service: ServiceState;
  readonly record: ServiceDeploymentState;
}

const dates = (record: ServiceDeploymentState): Record<string, Date> => ({
  createdAt: new Date(record.createdAt),
  ...(record.startedAt === undefined ? {} : { startedAt: new Date(record.startedAt) }),
  ...(record.finishedAt === undefined ? {} : { finishedAt: new Date(record.finishedAt) }),
});

const reason = (record: ServiceDeploymentState): { statusReason?: string } =>
  record.statusReason === undefined ? {} : { statusReason: record.statusReason };

export const serviceDeploymentBrief = (place: Place, { service, record }: Recorded): ServiceDeploymentBrief => ({
  serviceDeploymentArn: record.arn,
  serviceArn: service.arn,
  clusterArn: clusterArn(place, service),
  ...dates(record),
  targetServiceRevisionArn: record.targetRevision,
  status: record.status,
  ...reason(record),
});

export const serviceDeploymentView = (place: Place, { service, record }: Recorded): ServiceDeployment => ({
  serviceDeploymentArn: record.arn,
  serviceArn: service.arn,
  clusterArn: clusterArn(place, service),
  ...dates(record),
  ...(record.stoppedAt === undefined ? {} : { stoppedAt: new Date(record.stoppedAt) }),
  updatedAt: new Date(record.updatedAt),
  sourceServiceRevisions:
    record.final?.sources.map((source) => ({ ...source })) ??
    record.sources.map((source) => summaryOf(place, service, source)),
  targetServiceRevision:
    record.final?.target ??
    summaryOf(place, service, { deployment: record.deployment, revision: record.targetRevision }),
  status: record.status,
  ...reason(record),
  deploymentConfiguration: record.configuration,
  ...(record.rollback
    ? {
        rollback: {
          reason: record.rollback.reason,
          startedAt: new Date(record.rollback.startedAt),
          ...(record.rollback.revision === undefined ? {} : { serviceRevisionArn: record.rollback.revision }),
        },
      }
    : {}),
  deploymentCircuitBreaker: {
    status: record.breaker.status,
    failureCount: record.breaker.failureCount,
    threshold: record.breaker.threshold,
  },
  alarms: { status: 'DISABLED', alarmNames: [], triggeredAlarmNames: [] },
});

export const revisionView = (
  place: Place,
  of: { readonly service: ServiceState; readonly revision: RevisionState },
): ServiceRevision => {
  const { service, revision } = of;
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: service.arn,
    clusterArn: clusterArn(place, service),
    taskDefinition: revision.taskDefinition,
    launchType: 'FARGATE',
    platformVersion: revision.platformVersion,
    platformFamily: 'Linux',
    loadBalancers: [...revision.loadBalancers],
    serviceRegistries: [...revision.serviceRegistries],
    ...networkOf(revision),
    containerImages: revision.images.map((image) => ({ ...image })),
    guardDutyEnabled: false,
    createdAt: new Date(revision.createdAt),
    resolvedConfiguration: {
      loadBalancers: revision.loadBalancers.map((balancer) => ({
        ...(balancer.targetGroupArn === undefined ? {} : { targetGroupArn: balancer.targetGroupArn }),
      })),
    },
  };
};
