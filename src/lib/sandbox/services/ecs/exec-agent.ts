/** The agent of ECS Exec in a container: whether it runs, and whether AWS reaches it. */
import type { ContainerDefinition, ManagedAgent } from '@aws-sdk/client-ecs';
import { timing } from '../../timings.js';
import type { Place } from '../neighbours.js';
import { invalidParameter } from './errors.js';
import { roleAllows } from './start-checks.js';
import { type ContainerState, dateOf, type StoredTaskDefinition } from './state.js';

/** Without a task role the agent has no credentials, so AWS does not let ECS Exec be switched on. */
export const refuseExecWithoutRole = (definition: Pick<StoredTaskDefinition, 'taskRoleArn'>, what: string): void => {
  if (definition.taskRoleArn) return;
  throw invalidParameter(
    `${what} because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.`,
  );
};

export const execAgentOf = (
  place: Place,
  of: { readonly state: ContainerState; readonly definition: ContainerDefinition },
): ManagedAgent => {
  const { state, definition } = of;
  const name = 'ExecuteCommandAgent';
  if (state.status === 'STOPPED') return { name, lastStatus: 'STOPPED', reason: 'Received Container Stopped event' };
  const startedAt = state.startedAt === undefined ? undefined : state.startedAt + timing('execAgentStart');
  if (startedAt === undefined || startedAt > place.world.now) return { name, lastStatus: 'PENDING' };
  // It must write its files into the container.
  if (definition.readonlyRootFilesystem === true)
    return { name, lastStatus: 'STOPPED', reason: 'The agent could not write to the file system of the container' };
  return { name, lastStatus: 'RUNNING', lastStartedAt: dateOf(startedAt) };
};

/** A running agent whose task role may not open a channel is RUNNING for ECS, and cannot be reached. */
export const isAgentReached = (
  place: Place,
  definition: Pick<StoredTaskDefinition, 'taskRoleArn'> | undefined,
): boolean =>
  definition?.taskRoleArn !== undefined && roleAllows(place, { roleArn: definition.taskRoleArn, use: 'ssmmessages' });
