/** RunTask, StopTask, ListTasks, DescribeTasks. */
import type { DescribeTasksRequest, ListTasksRequest, RunTaskRequest, StopTaskRequest, Tag } from '@aws-sdk/client-ecs';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import { timing } from '../../timings.js';
import type { Place } from '../neighbours.js';
import { clientError, conflict, invalidParameter } from './errors.js';
import { refuseExecWithoutRole } from './exec-agent.js';
import { findCluster, findService, lookUpTask, usableTaskDefinition } from './find.js';
import { pageLimit } from './limits.js';
import { roleRefusal } from './start-checks.js';
import { ecsState, lastPart, own, placeOf, type StoredTaskDefinition, type TaskState } from './state.js';
import { checkTags, tagsOf } from './tags.js';
import { type Launch, launchTask } from './task-launch.js';
import { stopTask } from './task-life.js';
import { taskView } from './task-view.js';

const checkRun = (input: RunTaskRequest, definition: StoredTaskDefinition): void => {
  const count = input.count ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.');
  if (input.launchType !== undefined && input.capacityProviderStrategy?.length)
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  if (input.startedBy !== undefined && input.startedBy.length > 128)
    throw invalidParameter('startedBy must be no longer than 128 characters.');
  const awsvpc = input.networkConfiguration?.awsvpcConfiguration;
  if (definition.networkMode === 'awsvpc' && !awsvpc?.subnets?.length)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const names = new Set(definition.containerDefinitions?.map((container) => container.name));
  for (const override of input.overrides?.containerOverrides ?? [])
    if (!names.has(override.name))
      throw invalidParameter(`Override for container named ${override.name} is not a container in the TaskDefinition.`);
  checkTags(input.tags);
};

/** The same token with the same request answers with the tasks of the first call; with another request it is a conflict. */
const tasksOfToken = (place: Place, input: RunTaskRequest): readonly TaskState[] | undefined => {
  const state = ecsState(place);
  const { clientToken } = input;
  const known = own(state.runTokens, clientToken);
  if (!known || place.world.now - known.at > timing('runTaskTokenKept')) return undefined;
  if (known.request !== JSON.stringify(input))
    throw conflict('The clientToken has been used with other request parameters.');
  return known.taskIds.flatMap((id) => {
    const task = own(state.tasks, id);
    return task ? [task] : [];
  });
};

const propagated = (place: Place, input: RunTaskRequest, definition: StoredTaskDefinition): readonly Tag[] => [
  ...(input.propagateTags === 'TASK_DEFINITION' ? tagsOf(place, definition.taskDefinitionArn) : []),
  ...(input.tags ?? []),
];

export const runTask = (input: RunTaskRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const definition = usableTaskDefinition(place, input.taskDefinition);
  checkRun(input, definition);
  const earlier = tasksOfToken(place, input);
  if (earlier) return { tasks: earlier.map((task) => taskView(place, { task, include: ['TAGS'] })), failures: [] };
  const refusal = roleRefusal(place, definition);
  if (refusal !== undefined) throw clientError(refusal);
  if (input.enableExecuteCommand) refuseExecWithoutRole(definition, "The task couldn't be run");
  const launch: Launch = {
    cluster: cluster.name,
    definition,
    group: input.group ?? `family:${definition.family}`,
    network: input.networkConfiguration?.awsvpcConfiguration,
    overrides: input.overrides ?? {},
    ...(input.startedBy === undefined ? {} : { startedBy: input.startedBy }),
    tags: propagated(place, input, definition),
    enableExecuteCommand: input.enableExecuteCommand ?? false,
  };
  const tasks = Array.from({ length: input.count ?? 1 }, () => launchTask(place, launch));
  if (input.clientToken !== undefined)
    ecsState(place).runTokens[input.clientToken] = {
      taskIds: tasks.map((task) => task.id),
      request: JSON.stringify(input),
      at: place.world.now,
    };
  return { tasks: tasks.map((task) => taskView(place, { task, include: ['TAGS'] })), failures: [] };
};

export const stopTaskCall = (input: StopTaskRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const task = lookUpTask(place, { cluster: cluster.name, task: input.task ?? '' });
  if (!task) throw invalidParameter('The referenced task was not found.');
  stopTask(place, task, { code: 'UserInitiated', reason: input.reason ?? 'Task stopped by user' });
  return { task: taskView(place, { task }) };
};

export const listTasks = (input: ListTasksRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const service = input.serviceName
    ? findService(place, { cluster: input.cluster, service: input.serviceName })
    : undefined;
  const desired = input.desiredStatus ?? 'RUNNING';
  // AWS knows the value PENDING but gives no task this desired status.
  const found = Object.values(ecsState(place).tasks)
    .filter((task) => task.cluster === cluster.name)
    .filter((task) => (task.stop ? 'STOPPED' : 'RUNNING') === desired)
    .filter((task) => service === undefined || task.service === service.key)
    .filter((task) => input.family === undefined || task.family === input.family)
    .filter((task) => input.startedBy === undefined || task.startedBy === input.startedBy)
    .filter(() => input.launchType === undefined || input.launchType === 'FARGATE')
    .filter(() => input.containerInstance === undefined);
  const page = pageOf(found, {
    limit: pageLimit(input.maxResults, 100),
    token: input.nextToken,
    key: (task) => task.arn,
  });
  return { taskArns: page.items.map((task) => task.arn), nextToken: page.nextToken };
};

export const describeTasks = (input: DescribeTasksRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const wanted = input.tasks ?? [];
  if (wanted.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (wanted.length > 100) throw invalidParameter('Tasks cannot have more than 100 elements.');
  const found = wanted.map((reference) => ({
    reference,
    task: lookUpTask(place, { cluster: cluster.name, task: reference }),
  }));
  return {
    tasks: found.flatMap(({ task }) => (task ? [taskView(place, { task, include: input.include })] : [])),
    failures: found
      .filter(({ task }) => task === undefined)
      .map(({ reference }) => ({
        arn: call.world.arn('ecs', call.region, `task/${cluster.name}/${lastPart(reference)}`),
        reason: 'MISSING',
      })),
  };
};
