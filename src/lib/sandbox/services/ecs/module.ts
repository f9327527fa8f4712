/** ECS, simulated: start at state.ts for the data, reconcile.ts and task-life.ts for the behaviour. */
import type { Handler } from '../../service.js';
import { containerExitTimer } from '../../task-runner.js';
import type { NeighbourlyModule, Place } from '../neighbours.js';
import { serviceCapacity, setDesiredCount } from './capacity.js';
import { createCluster, deleteCluster, describeCapacityProviders, describeClusters, listClusters } from './clusters.js';
import {
  type ContainerEnd,
  containerEndTimer,
  containerHealthTimer,
  containerLogTimer,
  slowBootLine,
} from './containers.js';
import {
  continueServiceDeployment,
  describeServiceDeployments,
  describeServiceRevisions,
  listServiceDeployments,
  stopServiceDeployment,
} from './deployment-operations.js';
import { executeCommand, findSessionTarget } from './execute-command.js';
import { answerProbe, backendAt, containerHealthChanged, targetChanged } from './health.js';
import { ecsLimits } from './limits.js';
import { ecsMetrics } from './metrics.js';
import { wakeUp } from './reconcile.js';
import { createService, deleteService, describeServices, listServices, updateService } from './service-operations.js';
import { ecsState, initialEcs, lastPart, own } from './state.js';
import { listTagsForResource, tagResource, untagResource } from './tags.js';
import {
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitionFamilies,
  listTaskDefinitions,
  registerTaskDefinition,
} from './task-definition-operations.js';
import { taskTimer } from './task-launch.js';
import { containerEnded, stepTask } from './task-life.js';
import { describeTasks, listTasks, runTask, stopTaskCall } from './task-operations.js';
import { wakeTimer } from './wake.js';

const operations: Readonly<Record<string, Handler>> = {
  CreateCluster: createCluster,
  DescribeClusters: describeClusters,
  ListClusters: listClusters,
  DeleteCluster: deleteCluster,
  DescribeCapacityProviders: describeCapacityProviders,
  RegisterTaskDefinition: registerTaskDefinition,
  DescribeTaskDefinition: describeTaskDefinition,
  ListTaskDefinitions: listTaskDefinitions,
  ListTaskDefinitionFamilies: listTaskDefinitionFamilies,
  DeregisterTaskDefinition: deregisterTaskDefinition,
  CreateService: createService,
  UpdateService: updateService,
  DeleteService: deleteService,
  ListServices: listServices,
  DescribeServices: describeServices,
  RunTask: runTask,
  StopTask: stopTaskCall,
  ListTasks: listTasks,
  DescribeTasks: describeTasks,
  ExecuteCommand: executeCommand,
  ListServiceDeployments: listServiceDeployments,
  DescribeServiceDeployments: describeServiceDeployments,
  DescribeServiceRevisions: describeServiceRevisions,
  StopServiceDeployment: stopServiceDeployment,
  ContinueServiceDeployment: continueServiceDeployment,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
};

const endContainer = (place: Place, task: string, end: Omit<ContainerEnd, 'task'>): void => {
  const found = own(ecsState(place).tasks, task);
  if (found) containerEnded(place, found, end);
};

export const ecsModule: NeighbourlyModule = {
  id: 'ecs',
  signingName: 'ecs',
  target: 'AmazonEC2ContainerServiceV20141113',
  loadSchema: () => import('@aws-sdk/client-ecs'),
  initial: initialEcs,
  operations,
  timers: {
    [taskTimer]: (world, region, target) => stepTask({ world, region }, target),
    [wakeTimer]: (world, region, target) => wakeUp({ world, region }, target),
    [containerEndTimer]: (world, region, target) => endContainer({ world, region }, target.task, target),
    [containerExitTimer]: (world, region, target) => endContainer({ world, region }, lastPart(target.taskArn), target),
    [containerHealthTimer]: (world, region, target) => containerHealthChanged({ world, region }, target),
    [containerLogTimer]: (world, region, target) => {
      const task = own(ecsState({ world, region }).tasks, target.task);
      const container = task?.containers.find((each) => each.name === target.container);
      if (task && container) slowBootLine({ world, region }, { task, container });
    },
  },
  limits: ecsLimits,
  neighbour: {
    answerProbe,
    backend: backendAt,
    targetChanged,
    serviceCapacity,
    setDesiredCount,
    metrics: ecsMetrics,
    sessionTarget: findSessionTarget,
  },
};
