/**
 * An environment at a glance: what runs, how healthy it is, who holds the lock, and what is wrong. Reads only; batched:
 * services/10 calls, one per target group, one per task definition, one for the lock. May use the gateways and config types.
 */
import { createEcsGateway } from '../aws/ecs.js';
import { type EcsService, revisionOf, type TaskDefinitionRecord } from '../aws/ecs-model.js';
import { createElbGateway, type TargetHealth } from '../aws/elbv2.js';
import type { ResolvedService } from '../config/project.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import type { LockHolder } from '../engine/ports.js';

export interface ServiceStatus {
  readonly service: string;
  readonly serviceName: string;
  readonly state: 'healthy' | 'deploying' | 'degraded' | 'asleep' | 'missing';
  /** The task definition's revision. */
  readonly release: number;
  readonly image: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly strategy: string;
  readonly targets?: { readonly healthy: number; readonly total: number };
  readonly deployment?: { readonly status: string; readonly since: string; readonly reason?: string };
  readonly problems: readonly string[];
}

export interface LockStatus {
  readonly run: string;
  readonly scope: string;
  readonly operation: string;
  readonly by: string;
  readonly since: string;
}

export interface StatusResult {
  readonly services: readonly ServiceStatus[];
  readonly lock: readonly LockStatus[];
}

export const observeStatus = async (ctx: Pick<Ctx, 'locks'>, at: ResolvedTarget): Promise<StatusResult> => {
  const ecs = createEcsGateway(at.aws);
  const elb = createElbGateway(at.aws);
  const { services, cluster } = at.environment;
  const [live, row] = await Promise.all([
    ecs.services(
      cluster,
      services.map((service) => service.serviceName),
    ),
    ctx.locks(at.target).read(),
  ]);
  const observed = await Promise.all(
    services.map(async (service) => {
      const seen = live.get(service.serviceName);
      if (!seen) return missing(service);
      const [definition, targets] = await Promise.all([
        ecs.taskDefinition(seen.taskDefinition),
        Promise.all(seen.targetGroups.map((group) => elb.targetHealth(group))),
      ]);
      return serviceStatus({ service, seen, definition, targets: targets.flat() });
    }),
  );
  return { services: observed, lock: row.holders.map(lockStatus) };
};

const missing = (service: ResolvedService): ServiceStatus => ({
  service: service.name,
  serviceName: service.serviceName,
  state: 'missing',
  release: 0,
  image: '',
  desired: 0,
  running: 0,
  pending: 0,
  strategy: 'rolling',
  problems: [`${service.serviceName} does not exist in the cluster`],
});

interface Seen {
  readonly service: ResolvedService;
  readonly seen: EcsService;
  readonly definition: TaskDefinitionRecord | undefined;
  readonly targets: readonly TargetHealth[];
}

/** Pure: from what AWS said to one line. */
export const serviceStatus = ({ service, seen, definition, targets }: Seen): ServiceStatus => {
  const primary = seen.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const healthy = targets.filter((target) => target.state === 'healthy').length;
  const isDeploying = seen.deployments.length > 1 || primary?.rollout === 'IN_PROGRESS';
  const problems = problemsOf({ service, seen, definition, targets });
  return {
    service: service.name,
    serviceName: seen.name,
    state: stateOf(seen, { isDeploying, isTroubled: problems.length > 0 }),
    release: revisionOf(seen.taskDefinition),
    image: imageOf(service, definition),
    desired: seen.desired,
    running: seen.running,
    pending: seen.pending,
    strategy: seen.strategy.toLowerCase().replaceAll('_', '-'),
    ...(seen.targetGroups.length > 0 ? { targets: { healthy, total: targets.length } } : {}),
    ...(primary === undefined
      ? {}
      : {
          deployment: {
            status: primary.rollout ?? primary.status,
            since: new Date(primary.createdAtMs).toISOString(),
            ...(primary.reason === undefined ? {} : { reason: primary.reason }),
          },
        }),
    problems,
  };
};

const stateOf = (
  seen: EcsService,
  known: { readonly isDeploying: boolean; readonly isTroubled: boolean },
): ServiceStatus['state'] => {
  if (seen.desired === 0 && seen.running === 0) return 'asleep';
  if (known.isDeploying) return 'deploying';
  return known.isTroubled ? 'degraded' : 'healthy';
};

const problemsOf = ({ seen, targets, definition }: Seen): readonly string[] => {
  const problems: string[] = [];
  const isSteady = seen.deployments.length === 1;
  if (isSteady && seen.running < seen.desired) problems.push(`${seen.running} of ${seen.desired} tasks run`);
  const sick = targets.filter((target) => target.state === 'unhealthy');
  if (sick.length > 0)
    problems.push(`${sick.length} of ${targets.length} targets unhealthy: ${sick[0]?.reason ?? 'no reason given'}`);
  if (seen.deployments.some((deployment) => deployment.rollout === 'FAILED'))
    problems.push('the last deployment failed');
  if (definition === undefined) problems.push('its task definition cannot be read');
  else if (definition.status !== 'ACTIVE') problems.push(`its task definition is ${definition.status.toLowerCase()}`);
  return problems;
};

/** The tag that was shipped beats the digest that ECS runs: people know the tag. */
const imageOf = (service: ResolvedService, definition: TaskDefinitionRecord | undefined): string => {
  const containers = definition?.definition['containerDefinitions'];
  const found = Array.isArray(containers)
    ? (containers as readonly { name?: string; image?: string }[]).find((entry) => entry.name === service.container)
        ?.image
    : undefined;
  const tag = definition?.tags['platform:tag'];
  if (found === undefined) return '';
  const repository = found.slice(found.lastIndexOf('/') + 1).replace(/[@:].*$/, '');
  return tag === undefined ? found.slice(found.lastIndexOf('/') + 1) : `${repository}:${tag}`;
};

const lockStatus = (holder: LockHolder): LockStatus => ({
  run: holder.runId,
  scope:
    holder.scope.kind === 'service'
      ? holder.scope.service
      : holder.scope.kind === 'database'
        ? holder.scope.database
        : holder.scope.kind === 'run'
          ? 'a run of its own'
          : 'environment',
  operation: holder.operation,
  by: `${holder.writer.user}@${holder.writer.host}`,
  since: holder.since,
});
