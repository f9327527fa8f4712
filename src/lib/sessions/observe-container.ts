/** The container that a session is for, and everything that decides whether it can be entered. Reads only. */
import { createEcsGateway, type EcsGateway } from '../aws/ecs.js';
import type { EcsContainer, EcsTask } from '../aws/ecs-model.js';
import { toPlatformError } from '../aws/errors.js';
import type { ResolvedService } from '../config/project.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { chooseServices } from '../services/choose-services.js';
import { chooseContainer, chooseTask } from './choose-container.js';
import { type ContainerFacts, type DefinitionFacts, sessionObstacle } from './session-checks.js';

export interface ContainerRequest {
  /** Name in platform.yaml. */
  readonly service: string;
  readonly task?: string | undefined;
  readonly container?: string | undefined;
}

export interface SeenContainer extends ContainerFacts {
  readonly task: EcsTask;
  readonly container: EcsContainer;
  /** How Session Manager names it: `ecs:CLUSTER_TASK_RUNTIME`. */
  readonly sessionTarget: string;
}

/** Throws what stands in the way. */
export const observeContainer = async (at: ResolvedTarget, request: ContainerRequest): Promise<SeenContainer> => {
  const seen = await lookAtContainer(at, request);
  const obstacle = sessionObstacle(seen);
  if (obstacle) throw obstacle;
  return seen;
};

const lookAtContainer = async (at: ResolvedTarget, request: ContainerRequest): Promise<SeenContainer> => {
  const { environment } = at;
  const ecs = createEcsGateway(at.aws);
  const [service] = chooseServices(environment.services, [request.service]);
  if (!service) throw new PlatformError('E_NOT_FOUND', `there is no service ${request.service} in platform.yaml`);
  const live = await liveService(ecs, { cluster: environment.cluster, service });
  const ref = { cluster: environment.cluster, service: service.serviceName };
  const task = chooseTask(await ecs.tasks(ref, 'RUNNING'), { service: service.name, wanted: request.task });
  const container = chooseContainer(task, { wanted: request.container, usual: service.container });
  return {
    service: service.name,
    cluster: environment.cluster,
    region: environment.region,
    live,
    task,
    container,
    definition: await definitionFacts(ecs, { task, container: container.name }),
    sessionTarget: `ecs:${environment.cluster}_${task.id}_${container.runtimeId ?? ''}`,
  };
};

const liveService = async (
  ecs: EcsGateway,
  { cluster, service }: { readonly cluster: string; readonly service: ResolvedService },
) => {
  const found = await ecs.service({ cluster, service: service.serviceName }).catch((error: unknown) => {
    throw toPlatformError(error, 'ecs:DescribeServices');
  });
  if (found) return found;
  throw new PlatformError('E_NOT_FOUND', `${service.serviceName} does not exist in cluster ${cluster}`, {
    hints: ['platform status'],
    details: { service: service.name, cluster },
  });
};

const definitionFacts = async (
  ecs: EcsGateway,
  of: { readonly task: EcsTask; readonly container: string },
): Promise<DefinitionFacts> => {
  const record = await ecs.taskDefinition(of.task.taskDefinition);
  const definition = (record?.definition ?? {}) as {
    readonly taskRoleArn?: string;
    readonly pidMode?: string;
    readonly containerDefinitions?: readonly {
      readonly name?: string;
      readonly readonlyRootFilesystem?: boolean;
      readonly linuxParameters?: { readonly initProcessEnabled?: boolean };
    }[];
  };
  const own = definition.containerDefinitions?.find(({ name }) => name === of.container);
  return {
    taskRole: definition.taskRoleArn || undefined,
    pidMode: definition.pidMode,
    readonlyRoot: own?.readonlyRootFilesystem ?? false,
    hasInit: own?.linuxParameters?.initProcessEnabled ?? false,
  };
};
