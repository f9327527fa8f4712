/** A task as DescribeTasks and RunTask answer it. */
import type { Attachment, Container, Task } from '@aws-sdk/client-ecs';
import { resolveImage } from '../../images.js';
import type { Place } from '../neighbours.js';
import { definitionOf } from './containers.js';
import { execAgentOf } from './exec-agent.js';
import {
  type ContainerState,
  dateOf,
  ecsState,
  own,
  type StoredTaskDefinition,
  type TaskState,
  taskDefinitionOf,
} from './state.js';
import { tagsOf } from './tags.js';

const attachmentStatus = (task: TaskState): string => {
  switch (task.stage) {
    case 'PROVISIONING':
      return 'PRECREATED';
    case 'DEPROVISIONING':
      return 'DETACHING';
    case 'STOPPED':
      return 'DELETED';
    default:
      return 'ATTACHED';
  }
};

const attachment = (task: TaskState): Attachment => {
  const { network } = task;
  const details = [{ name: 'subnetId', value: network.subnet }];
  if (task.stage !== 'PROVISIONING')
    details.push(
      { name: 'networkInterfaceId', value: network.interfaceId },
      { name: 'macAddress', value: network.mac },
      { name: 'privateDnsName', value: `ip-${network.ip.replaceAll('.', '-')}.ec2.internal` },
      { name: 'privateIPv4Address', value: network.ip },
    );
  return { id: network.attachmentId, type: 'ElasticNetworkInterface', status: attachmentStatus(task), details };
};

const container = (
  place: Place,
  of: {
    readonly task: TaskState;
    readonly state: ContainerState;
    readonly definition: StoredTaskDefinition | undefined;
  },
): Container => {
  const { task, state } = of;
  const definition = definitionOf(of.definition, state.name);
  const isPulled = task.pullStoppedAt !== undefined;
  return {
    containerArn: state.arn,
    taskArn: task.arn,
    name: state.name,
    image: state.image,
    ...(isPulled ? { imageDigest: state.digest ?? resolveImage(place.world, place.region, state.image).digest } : {}),
    ...(state.runtimeId === undefined ? {} : { runtimeId: state.runtimeId }),
    lastStatus: state.status,
    ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }),
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    networkBindings: [],
    networkInterfaces:
      task.stage === 'PROVISIONING'
        ? []
        : [{ attachmentId: task.network.attachmentId, privateIpv4Address: task.network.ip }],
    healthStatus: state.health,
    ...(task.enableExecuteCommand ? { managedAgents: [execAgentOf(place, { state, definition })] } : {}),
    cpu: String(definition.cpu ?? 0),
    ...(definition.memory === undefined ? {} : { memory: String(definition.memory) }),
    ...(definition.memoryReservation === undefined ? {} : { memoryReservation: String(definition.memoryReservation) }),
  };
};

const healthOf = (task: TaskState): 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' => {
  const checked = task.containers.filter((each) => each.hasHealthCheck && each.isEssential);
  if (checked.some((each) => each.health === 'UNHEALTHY')) return 'UNHEALTHY';
  return checked.length > 0 && checked.every((each) => each.health === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
};

const times = [
  'connectivityAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
] as const;

export const taskView = (
  place: Place,
  of: { readonly task: TaskState; readonly include?: readonly string[] | undefined },
): Task => {
  const { task } = of;
  const definition = taskDefinitionOf(place, task.taskDefinition);
  const cluster = own(ecsState(place).clusters, task.cluster);
  const dates = Object.fromEntries(
    times.flatMap((name) => (task[name] === undefined ? [] : [[name, dateOf(task[name])]])),
  );
  return {
    attachments: [attachment(task)],
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: task.network.zone,
    clusterArn: cluster?.arn ?? '',
    ...(task.connectivityAt === undefined ? {} : { connectivity: 'CONNECTED' }),
    containers: task.containers.map((state) => container(place, { task, state, definition })),
    cpu: task.overrides.cpu ?? definition?.cpu ?? '256',
    memory: task.overrides.memory ?? definition?.memory ?? '512',
    createdAt: new Date(task.createdAt),
    ...dates,
    desiredStatus: task.stop ? 'STOPPED' : 'RUNNING',
    lastStatus: task.stage,
    enableExecuteCommand: task.enableExecuteCommand,
    group: task.group,
    healthStatus: healthOf(task),
    launchType: 'FARGATE',
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...task.overrides },
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
    ...(task.stop ? { stopCode: task.stop.code, stoppedReason: task.stop.reason } : {}),
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinition,
    version: task.version,
    ephemeralStorage: { sizeInGiB: definition?.ephemeralStorage?.sizeInGiB ?? 20 },
    fargateEphemeralStorage: { sizeInGiB: definition?.ephemeralStorage?.sizeInGiB ?? 20 },
    tags: of.include?.includes('TAGS') ? tagsOf(place, task.arn) : [],
  };
};
