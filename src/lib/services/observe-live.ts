/**
 * What is live, for the services that a command chose: service, task definition, deployments. Reads only, batched.
 * A missing service or cluster ends here, before any plan. May use the ECS gateway and the runtime's look-ups.
 */
import type { EcsGateway } from '../aws/ecs.js';
import type { EcsService, EcsServiceDeployment, TaskDefinitionRecord } from '../aws/ecs-model.js';
import { toPlatformError } from '../aws/errors.js';
import type { ResolvedService } from '../config/project.js';
import { PlatformError } from '../errors/platform-error.js';
import { pictureOf, primaryOf } from '../runtimes/ecs/picture.js';
import { createMemory } from '../runtimes/ecs/ports.js';
import { lastCompleted } from '../runtimes/ecs/service-deployments.js';
import type { Picture } from '../strategies/strategy.js';

export interface LiveService {
  readonly service: ResolvedService;
  readonly cluster: string;
  readonly seen: EcsService;
  readonly picture: Picture;
  readonly live: TaskDefinitionRecord;
  /** Newest active revision of the family, when it is not the live one. */
  readonly latest?: { readonly arn: string; readonly by: 'us' | 'others' };
  /** What ECS would roll back to; absent before the first deployment has completed. */
  readonly completed?: string;
  readonly inProgress?: EcsServiceDeployment;
  /** Newest service deployment, whatever its state. */
  readonly newest?: EcsServiceDeployment;
}

const running = new Set(['PENDING', 'IN_PROGRESS', 'STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS']);

export interface LiveRequest {
  readonly ecs: EcsGateway;
  readonly cluster: string;
  readonly services: readonly ResolvedService[];
}

/** A missing service ends it. */
export const observeLive = async (request: LiveRequest): Promise<readonly LiveService[]> => {
  const { found, missing } = await findServices(request);
  if (missing.length > 0) throw missingServices(missing, request.cluster);
  return observeAll(request, found);
};

/** A missing service is an answer; a missing cluster is not. */
export const observeExisting = async (
  request: LiveRequest,
): Promise<{ readonly live: readonly LiveService[]; readonly missing: readonly ResolvedService[] }> => {
  const { found, missing } = await findServices(request);
  return { live: await observeAll(request, found), missing };
};

type Found = ReadonlyMap<string, EcsService>;

const findServices = async ({
  ecs,
  cluster,
  services,
}: LiveRequest): Promise<{ readonly found: Found; readonly missing: readonly ResolvedService[] }> => {
  const names = services.map((service) => service.serviceName);
  const found = await ecs.services(cluster, names).catch((error: unknown) => {
    throw missingCluster(error, cluster);
  });
  return { found, missing: services.filter((service) => !found.has(service.serviceName)) };
};

const observeAll = ({ ecs, cluster, services }: LiveRequest, found: Found): Promise<readonly LiveService[]> =>
  Promise.all(
    services.flatMap((service) => {
      const seen = found.get(service.serviceName);
      return seen ? [observeOne({ ecs, cluster, service, seen })] : [];
    }),
  );

const observeOne = async (options: {
  readonly ecs: EcsGateway;
  readonly cluster: string;
  readonly service: ResolvedService;
  readonly seen: EcsService;
}): Promise<LiveService> => {
  const { ecs, cluster, service, seen } = options;
  const ref = { cluster, service: service.serviceName };
  const picture = pictureOf(seen);
  const [live, revisions, completed, newest] = await Promise.all([
    ecs.taskDefinition(picture.taskDefinition),
    ecs.revisions(service.family, 1),
    lastCompleted({ ecs, memory: createMemory() }, ref, seen),
    newestDeployment(ecs, ref),
  ]);
  if (!live) {
    throw new PlatformError('E_NOT_FOUND', `the task definition ${picture.taskDefinition} of ${seen.name} is gone`);
  }
  const [newestRevision] = revisions;
  const latest = newestRevision === live.arn ? undefined : await latestOf(ecs, newestRevision);
  return {
    service,
    cluster,
    seen,
    picture,
    live,
    ...(latest ? { latest } : {}),
    ...(completed === undefined ? {} : { completed }),
    ...(newest ? { newest } : {}),
    ...(newest && running.has(newest.status) ? { inProgress: newest } : {}),
  };
};

const latestOf = async (ecs: EcsGateway, arn: string | undefined): Promise<LiveService['latest']> => {
  const record = arn === undefined ? undefined : await ecs.taskDefinition(arn);
  return record && { arn: record.arn, by: record.tags['platform:run'] === undefined ? 'others' : 'us' };
};

const newestDeployment = async (
  ecs: EcsGateway,
  ref: { readonly cluster: string; readonly service: string },
): Promise<EcsServiceDeployment | undefined> => {
  const arns = await ecs.listServiceDeployments(ref, { limit: 1 });
  return (await ecs.describeServiceDeployments(arns))[0];
};

export const missingCluster = (error: unknown, cluster: string): PlatformError => {
  const known = toPlatformError(error, 'ecs:DescribeServices');
  if (known.code !== 'E_NOT_FOUND') return known;
  return new PlatformError('E_NOT_FOUND', `there is no ECS cluster ${cluster}`, {
    hints: ['create it with your Terraform', 'rehearse without it: platform sandbox start'],
    details: { cluster },
    cause: error,
  });
};

const missingServices = (missing: readonly ResolvedService[], cluster: string): PlatformError => {
  const names = missing.map((service) => service.serviceName).join(', ');
  return new PlatformError('E_NOT_FOUND', `cluster ${cluster} has no service ${names}; nothing was changed`, {
    hints: ['a deploy never creates a service: Terraform does, or the sandbox (platform sandbox start)'],
    details: { cluster, services: missing.map((service) => service.serviceName) },
  });
};

/** Image of the service's own container in a task definition. */
export const imageOf = (definition: Readonly<Record<string, unknown>>, container: string): string => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly {
    readonly name?: string;
    readonly image?: string;
  }[];
  return (containers.find((candidate) => candidate.name === container) ?? containers[0])?.image ?? '';
};

export const primaryIsBusy = (seen: EcsService): boolean => primaryOf(seen)?.rollout === 'IN_PROGRESS';

/** `on, rolls back` and the like: shown in every plan, because the deploy leaves it alone. */
export const breakerText = (seen: EcsService): string => {
  if (!seen.breaker.enabled) return "service's breaker off: ours stops after 3 equal failures";
  return seen.breaker.rollback ? "service's breaker on, rolls back" : "service's breaker on, does not roll back";
};
