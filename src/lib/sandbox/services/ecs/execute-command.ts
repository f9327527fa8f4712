/** ExecuteCommand, and which container a session's target is. The session itself is SSM's business. */
import type { ExecuteCommandRequest } from '@aws-sdk/client-ecs';
import { AwsError, type Call } from '../../service.js';
import { taskRunner } from '../../task-runner.js';
import { neighbour, type Place, type SessionTarget } from '../neighbours.js';
import { definitionOf, variablesOf } from './containers.js';
import { invalidParameter } from './errors.js';
import { execAgentOf, isAgentReached } from './exec-agent.js';
import { findCluster, lookUpTask } from './find.js';
import { type ContainerState, placeOf, type TaskState, taskDefinitionOf } from './state.js';

const notEnabled = (): AwsError =>
  invalidParameter(
    "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again.",
  );

const notConnected = (): AwsError =>
  new AwsError('TargetNotConnectedException', 'The execute command failed due to an internal error. Try again later.');

const containerOf = (task: TaskState, name: string | undefined): ContainerState => {
  const [only, ...others] = task.containers;
  if (name === undefined && only && others.length === 0) return only;
  const found = task.containers.find((each) => each.name === name);
  if (found) return found;
  throw invalidParameter(
    name === undefined
      ? 'A container name is required for a task with several containers.'
      : `The container ${name} is not part of the task.`,
  );
};

const isAgentRunning = (place: Place, of: { readonly task: TaskState; readonly state: ContainerState }): boolean => {
  const definition = definitionOf(taskDefinitionOf(place, of.task.taskDefinition), of.state.name);
  return execAgentOf(place, { state: of.state, definition }).lastStatus === 'RUNNING';
};

export const executeCommand = (input: ExecuteCommandRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  if (!input.interactive) throw invalidParameter('Only interactive commands are supported.');
  const task = lookUpTask(place, { cluster: cluster.name, task: input.task ?? '' });
  if (!task) throw invalidParameter('The referenced task was not found.');
  if (task.stage !== 'RUNNING') throw invalidParameter('The task is not running.');
  const state = containerOf(task, input.container);
  if (state.status !== 'RUNNING') throw invalidParameter(`The container ${state.name} is not running.`);
  if (!task.enableExecuteCommand || !isAgentRunning(place, { task, state })) throw notEnabled();
  const taskDefinition = taskDefinitionOf(place, task.taskDefinition);
  const open = neighbour(call.world, 'ssm').openCommandSession;
  if (!open || !isAgentReached(place, taskDefinition)) throw notConnected();
  const { environment, secrets } = variablesOf(place, { task, definition: definitionOf(taskDefinition, state.name) });
  const session = open(call, {
    target: `ecs:${cluster.name}_${task.id}_${state.runtimeId}`,
    taskArn: task.arn,
    container: state.name,
    command: input.command ?? '',
    environment: { ...environment, ...secrets },
  });
  return {
    clusterArn: cluster.arn,
    taskArn: task.arn,
    containerArn: state.arn,
    containerName: state.name,
    interactive: true,
    session,
  };
};

export const findSessionTarget = (
  place: Place,
  ask: { readonly cluster: string; readonly task: string; readonly runtimeId: string },
): SessionTarget | undefined => {
  const task = lookUpTask(place, ask);
  const state = task?.containers.find((each) => each.runtimeId === ask.runtimeId);
  if (!task || state?.status !== 'RUNNING' || task.stage !== 'RUNNING' || !task.enableExecuteCommand) return undefined;
  const definition = taskDefinitionOf(place, task.taskDefinition);
  if (!isAgentRunning(place, { task, state }) || !isAgentReached(place, definition)) return undefined;
  const containerPort = definitionOf(definition, state.name).portMappings?.[0]?.containerPort;
  const loopbackPort = taskRunner(place.world).portOf(task.arn, state.name);
  return {
    taskArn: task.arn,
    container: state.name,
    ...(containerPort !== undefined && loopbackPort !== undefined && { ownPort: { containerPort, loopbackPort } }),
  };
};
