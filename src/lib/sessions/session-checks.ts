/**
 * What must be so before anybody can enter a container, in the order in which it is worth mending, and what AWS means by
 * its refusals. AWS itself answers most of it with "an internal error". Pure.
 */

import type { EcsContainer, EcsService, EcsTask } from '../aws/ecs-model.js';
import { lastPart } from '../aws/ecs-model.js';
import type { Warning } from '../cli/report.js';
import { PlatformError } from '../errors/platform-error.js';

/** Members of the task definition that matter here. */
export interface DefinitionFacts {
  readonly taskRole?: string | undefined;
  readonly pidMode?: string | undefined;
  readonly readonlyRoot: boolean;
  readonly hasInit: boolean;
}

export interface ContainerFacts {
  /** Name in platform.yaml. */
  readonly service: string;
  readonly cluster: string;
  readonly region: string;
  readonly live: Pick<EcsService, 'name' | 'execEnabled'>;
  readonly task: Pick<EcsTask, 'id' | 'execEnabled' | 'platformVersion'>;
  readonly container: Pick<EcsContainer, 'name' | 'execAgent'>;
  readonly definition: DefinitionFacts;
}

export const sessionActions = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

const roleHint = 'give the task definition a taskRoleArn whose policy allows ssmmessages:*, then: platform deploy';

const policy = (message: string, hints: readonly string[], facts: ContainerFacts): PlatformError =>
  new PlatformError('E_POLICY', message, { hints, details: { service: facts.service, task: facts.task.id } });

const isOldPlatform = (version: string | undefined): boolean => {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '');
  return match !== null && (Number(match[1]) < 1 || (Number(match[1]) === 1 && Number(match[2]) < 4));
};

/** Why a session cannot be opened; undefined when nothing that can be seen from outside stands in the way. */
export const sessionObstacle = (facts: ContainerFacts): PlatformError | undefined => {
  const { service, live, task, definition } = facts;
  if (isOldPlatform(task.platformVersion))
    return policy(
      `task ${task.id} runs on Fargate platform ${task.platformVersion}, and ECS Exec needs 1.4.0`,
      [`set the service's platform version to LATEST, then: platform restart ${service}`],
      facts,
    );
  if (!live.execEnabled && !task.execEnabled) return execIsOff(facts);
  if (!task.execEnabled)
    return policy(
      `task ${task.id} was started before ECS Exec was switched on for ${service}`,
      [`platform restart ${service}`],
      facts,
    );
  if (definition.taskRole === undefined)
    return policy(`${service} has no task role, so nobody can enter its containers`, [roleHint], facts);
  return agentObstacle(facts);
};

const execIsOff = (facts: ContainerFacts): PlatformError => {
  const { service, cluster, region, live, definition } = facts;
  const enable = `aws ecs update-service --region ${region} --cluster ${cluster} --service ${live.name} --enable-execute-command`;
  return policy(
    `ECS Exec is off for ${service} (${live.name}); it is for tasks that start after it was switched on`,
    [...(definition.taskRole === undefined ? [roleHint] : []), enable, `platform restart ${service}`],
    facts,
  );
};

const agentObstacle = (facts: ContainerFacts): PlatformError | undefined => {
  const { service, task, container, definition } = facts;
  const { status = 'PENDING', reason } = container.execAgent ?? {};
  const where = `container ${container.name} of task ${task.id}`;
  if (status === 'RUNNING') return undefined;
  if (status === 'PENDING')
    return new PlatformError('E_CONFLICT', `the agent of ECS Exec in ${where} is still starting`, {
      hints: ['try again in a moment'],
      details: { agent: status },
    });
  const why = reason === undefined ? '' : `: ${reason}`;
  if (definition.readonlyRoot)
    return policy(
      `the agent of ECS Exec in ${where} is ${status}: readonlyRootFilesystem is true, and it must write its files${why}`,
      ['set readonlyRootFilesystem to false in the task definition, then: platform deploy'],
      facts,
    );
  return policy(`the agent of ECS Exec in ${where} is ${status}${why}`, [`platform restart ${service}`], facts);
};

/** What will work, but not as somebody may expect. */
export const sessionWarnings = (
  facts: ContainerFacts,
  use: { readonly kind: 'shell' | 'command' | 'tunnel' },
): readonly Warning[] => {
  const { definition } = facts;
  const warnings: Warning[] = [];
  if (definition.readonlyRoot)
    warnings.push({
      code: 'W_READONLY_ROOT',
      message: 'readonlyRootFilesystem is true: AWS does not support ECS Exec there, though its agent runs',
    });
  if (definition.pidMode === 'task')
    warnings.push({
      code: 'W_PID_MODE',
      message: 'pidMode is task: sessions can be opened in one container of the task only',
    });
  if (use.kind === 'shell' && !definition.hasInit)
    warnings.push({
      code: 'W_NO_INIT',
      message: 'linuxParameters.initProcessEnabled is not set: what a session leaves behind stays as a zombie process',
    });
  return warnings;
};

interface Refusal {
  readonly name: string;
  readonly message: string;
}

const refusalOf = (error: unknown): Refusal =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: '', message: String(error) };

export const isNotConnected = (error: unknown): boolean =>
  ['TargetNotConnectedException', 'TargetNotConnected'].includes(refusalOf(error).name);

/** AWS reaches no agent although one runs. `denied`: what IAM says that the task role may not; undefined when it says nothing. */
export const notConnected = (
  facts: ContainerFacts,
  seen: { readonly denied: readonly string[] | undefined; readonly cause: unknown },
): PlatformError => {
  const role = lastPart(facts.definition.taskRole ?? '');
  const { denied, cause } = seen;
  const details = { service: facts.service, task: facts.task.id, role, denied: denied ?? null };
  const where = `AWS does not reach the agent in container ${facts.container.name} of task ${facts.task.id}`;
  if (denied !== undefined && denied.length > 0)
    return new PlatformError('E_DENIED', `${where}: its task role ${role} is not allowed ${denied.join(', ')}`, {
      hints: [`allow ssmmessages:* in the policies of ${role}, then: platform restart ${facts.service}`],
      details,
      cause,
    });
  const roleCheck = `aws iam simulate-principal-policy --policy-source-arn ${facts.definition.taskRole} --action-names ${sessionActions.join(' ')}`;
  return new PlatformError('E_UNREACHABLE', where, {
    hints: [
      ...(denied === undefined ? [roleCheck] : []),
      `in private subnets without a NAT gateway, a VPC endpoint com.amazonaws.${facts.region}.ssmmessages is needed`,
      "AWS_ACCESS_KEY_ID or AWS_PROFILE among the container's variables would be used instead of the task role",
    ],
    details,
    cause,
  });
};

/** What AWS refuses although everything looked right: somebody was faster, or a policy says no. */
export const refused = (facts: ContainerFacts, error: unknown): unknown => {
  const { name, message } = refusalOf(error);
  if (name !== 'InvalidParameterException') return error;
  return new PlatformError('E_CONFLICT', `ECS refused the session in ${facts.container.name}: ${message}`, {
    hints: ['try again in a moment', `platform restart ${facts.service}`],
    details: { service: facts.service, task: facts.task.id },
    cause: error,
  });
};
