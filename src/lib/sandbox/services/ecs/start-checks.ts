/** What stops a task before its containers start: role, registry, log group, secrets. Texts as AWS gives them. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { resolveImage } from '../../images.js';
import { ensureLogGroup, logGroupExists } from '../log-sink.js';
import { neighbour, type Place, type RoleUse } from '../neighbours.js';
import type { ContainerState, StoredTaskDefinition, TaskState } from './state.js';

const denied = (
  place: Place,
  ask: { readonly roleArn: string; readonly task: string; readonly action: string },
): string => {
  const role = ask.roleArn.slice(ask.roleArn.lastIndexOf('/') + 1);
  const principal = `arn:aws:sts::${place.world.state.account}:assumed-role/${role}/${ask.task}`;
  return `AccessDeniedException: User: ${principal} is not authorized to perform: ${ask.action} because no identity-based policy allows the ${ask.action} action`;
};

const retrieval =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:';
const retried = 'service call has been retried 1 time(s):';

export const roleAllows = (place: Place, ask: { readonly roleArn: string; readonly use: RoleUse }): boolean =>
  neighbour(place.world, 'iam').roleAllows?.(place, ask) ?? true;

/** Why ECS cannot assume the execution role; tasks are not even made then. */
export const roleRefusal = (place: Place, definition: StoredTaskDefinition): string | undefined => {
  const roles = [definition.executionRoleArn, definition.taskRoleArn].filter((role) => role !== undefined);
  const refused = roles.find((roleArn) => !roleAllows(place, { roleArn, use: 'assume' }));
  return refused === undefined
    ? undefined
    : `ECS was unable to assume the role '${refused}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;
};

interface Check {
  readonly task: TaskState;
  readonly definition: StoredTaskDefinition;
  readonly container: ContainerDefinition;
}

const registryRefusal = (place: Place, { task, definition, container }: Check): string | undefined => {
  const roleArn = definition.executionRoleArn;
  if (!container.image?.includes('.dkr.ecr.') || roleArn === undefined) return undefined;
  if (roleAllows(place, { roleArn, use: 'ecr' })) return undefined;
  return `${retrieval} unable to retrieve ecr registry auth: ${retried} ${denied(place, { roleArn, task: task.id, action: 'ecr:GetAuthorizationToken' })}`;
};

const secretRefusal = (place: Place, { task, definition, container }: Check): string | undefined => {
  const roleArn = definition.executionRoleArn ?? '';
  for (const { valueFrom = '' } of container.secrets ?? []) {
    const isSecret = valueFrom.includes(':secretsmanager:');
    const where = isSecret ? 'unable to retrieve secret from asm:' : 'unable to retrieve secrets from ssm:';
    const action = isSecret ? 'secretsmanager:GetSecretValue' : 'ssm:GetParameters';
    if (!roleAllows(place, { roleArn, use: isSecret ? 'secretsmanager' : 'ssm' }))
      return `${retrieval} ${where} ${retried} ${denied(place, { roleArn, task: task.id, action })}`;
    if (secretValue(place, valueFrom) !== undefined) continue;
    return isSecret
      ? `${retrieval} ${where} ${retried} failed to fetch secret ${valueFrom} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`
      : `${retrieval} ${where} ${retried} invalid parameters: ${parameterName(valueFrom)}`;
  }
  return undefined;
};

const parameterName = (valueFrom: string): string => {
  const [, name] = valueFrom.split(':parameter');
  return name ?? valueFrom;
};

/** A secret's value; a world without the module that holds it knows every secret (unit tests). */
export const secretValue = (place: Place, valueFrom: string): string | undefined => {
  if (valueFrom.includes(':secretsmanager:')) {
    const read = neighbour(place.world, 'secretsmanager').secretValue;
    return read ? read(place, valueFrom) : '';
  }
  const read = neighbour(place.world, 'ssm').parameterValue;
  return read ? read(place, valueFrom) : '';
};

const logRefusal = (place: Place, { task, definition, container }: Check): string | undefined => {
  const target = logTarget(place, { container, taskId: task.id });
  if (!target) return undefined;
  const prefix = 'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times:';
  const roleArn = definition.executionRoleArn ?? '';
  if (!roleAllows(place, { roleArn, use: 'logs' }))
    return `${prefix} failed to create Cloudwatch log stream: ${denied(place, { roleArn, task: task.id, action: 'logs:CreateLogStream' })} : exit status 1`;
  if (container.logConfiguration?.options?.['awslogs-create-group'] === 'true') ensureLogGroup(place.world, target);
  return logGroupExists(place.world, target)
    ? undefined
    : `${prefix} failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1`;
};

/** Where a container with the awslogs driver writes. */
export const logTarget = (
  place: Place,
  of: { readonly container: ContainerDefinition; readonly taskId: string },
): { readonly region: string; readonly group: string; readonly stream: string } | undefined => {
  const { container, taskId } = of;
  const options = container.logConfiguration?.logDriver === 'awslogs' ? container.logConfiguration.options : undefined;
  const group = options?.['awslogs-group'];
  if (!group) return undefined;
  const prefix = options?.['awslogs-stream-prefix'] ?? 'ecs';
  return {
    region: options?.['awslogs-region'] ?? place.region,
    group,
    stream: `${prefix}/${container.name}/${taskId}`,
  };
};

/** Why the task cannot be initialised, before anything is pulled. */
export const initializationFailure = (
  place: Place,
  start: { readonly task: TaskState; readonly definition: StoredTaskDefinition },
): string | undefined => {
  for (const container of start.definition.containerDefinitions ?? []) {
    const check = { ...start, container };
    const refusal = registryRefusal(place, check) ?? secretRefusal(place, check) ?? logRefusal(place, check);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/** The container whose image cannot be pulled, and why. */
export const pullFailure = (
  place: Place,
  task: TaskState,
): { readonly container: ContainerState; readonly reason: string } | undefined => {
  for (const container of task.containers) {
    const reference = container.digest ? `${container.image.split('@')[0]}@${container.digest}` : container.image;
    if (container.fault !== 'nopull' && resolveImage(place.world, place.region, reference).exists) continue;
    const { image } = container;
    return {
      container,
      reason: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`,
    };
  }
  return undefined;
};
