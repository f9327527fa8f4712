/**
 * One look at a deployment under way. A full look asks for everything that a verdict or a failure card may need; between
 * two of them a brief one asks for the service deployment alone, so that its end is seen within seconds at few requests.
 * Reads only.
 */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsService, EcsServiceDeployment, EcsTask } from '../../aws/ecs-model.js';
import { countFailures } from './failures.js';
import { serviceOrFail } from './picture.js';
import type { EcsPorts } from './ports.js';
import { type Located, locate, type Ours } from './service-deployments.js';

export interface Look {
  /** AWS time of the full look behind it. */
  readonly atMs: number;
  readonly kind: 'full' | 'brief';
  readonly service: EcsService;
  readonly located: Located;
  readonly tasks: readonly EcsTask[];
  /** Running tasks of other releases. */
  readonly others: number;
  readonly stopped: readonly EcsTask[];
  readonly targets: { readonly healthy: number; readonly total: number } | undefined;
  readonly healthy: number;
}

/** Between two looks at the service deployment, in AWS time: what a verdict may lag behind AWS. */
export const briefEveryMs = 2_500;
/** Between two full looks; a run that follows more than a few services takes its time, to stay easy on AWS's quotas. */
const fullEveryMs = (following: number): number => 10_000 * Math.min(6, Math.max(1, following / 5));

/** Followers wake together, on one grid of AWS time, so that their requests go in one batch. */
export const nextLookAfterMs = (nowMs: number): number => briefEveryMs - (nowMs % briefEveryMs);

type Ports = Pick<EcsPorts, 'ecs' | 'elb' | 'memory' | 'clock'>;

export interface Looking {
  readonly ref: ServiceRef;
  readonly ours: Ours;
  /** Key of this follower's last full look. */
  readonly stepId: string;
}

/** Brief where the last full look is young and nothing has happened since, full otherwise. */
export const nextLook = async (ports: Ports, looking: Looking): Promise<Look> => {
  const { looks, serviceDeployments } = ports.memory;
  const last = looks.get(looking.stepId);
  const { deploymentId } = looking.ours;
  const arn = deploymentId === null ? undefined : serviceDeployments.get(deploymentId);
  if (last && arn !== undefined && ports.clock.now() - last.atMs < fullEveryMs(looks.size)) {
    const [deployment] = await ports.ecs.describeServiceDeployments([arn]);
    if (deployment && isAsBefore(last.located.ours, deployment))
      return { ...last, kind: 'brief', located: { ...last.located, ours: deployment } };
  }
  return fullLook(ports, looking);
};

const isAsBefore = (before: EcsServiceDeployment | undefined, now: EcsServiceDeployment): boolean =>
  before?.status === now.status && before.failures?.count === now.failures?.count;

export const fullLook = async (ports: Ports, { ref, ours, stepId }: Looking): Promise<Look> => {
  const service = await serviceOrFail(ports, ref);
  const isOurs = (task: EcsTask): boolean =>
    task.taskDefinition === ours.taskDefinition &&
    (ours.deploymentId === null || task.startedBy === undefined || task.startedBy === ours.deploymentId);
  const [located, running, groups] = await Promise.all([
    locate(ports, service, { ref, ours }),
    ports.ecs.tasks(ref, 'RUNNING'),
    Promise.all(service.targetGroups.map((group) => ports.elb.targetHealth(group))),
  ]);
  const tasks = running.filter(isOurs);
  const last = ports.memory.looks.get(stepId);
  const stopped = mayHaveStopped({ service, located, ours, tasks, last }) ? await ports.ecs.tasks(ref, 'STOPPED') : [];
  const health = new Map(groups.flat().map((target) => [target.id, target.state]));
  const targets = service.targetGroups.length > 0 ? countTargets(tasks, health) : undefined;
  const look: Look = {
    atMs: ports.clock.now(),
    kind: 'full',
    service,
    located,
    tasks,
    others: running.filter((task) => !isOurs(task) && task.status === 'RUNNING').length,
    stopped: stopped.filter(isOurs).filter((task) => countFailures([task]).length > 0),
    targets,
    healthy: tasks.filter((task) => isHealthy(task, targets ? health : undefined)).length,
  };
  ports.memory.looks.set(stepId, look);
  return look;
};

/**
 * Stopped tasks cost two requests, so they are asked for only where one may be: nothing known yet, a failure counted by
 * ECS, a task gone that was there before, fewer than wanted, or an end that is not plainly good.
 */
const mayHaveStopped = (seen: {
  readonly service: EcsService;
  readonly located: Located;
  readonly ours: Ours;
  readonly tasks: readonly EcsTask[];
  readonly last: Look | undefined;
}): boolean => {
  const { service, located, ours, tasks, last } = seen;
  const own = service.deployments.find((deployment) => deployment.id === ours.deploymentId);
  const present = new Set(tasks.map((task) => task.arn));
  if (!last || !own || !located.ours || last.stopped.length > 0) return true;
  if (located.ours.status !== 'IN_PROGRESS' && located.ours.status !== 'SUCCESSFUL') return true;
  return own.failed > 0 || (located.ours.failures?.count ?? 0) > 0 || last.tasks.some((task) => !present.has(task.arn));
};

export const countTargets = (tasks: readonly EcsTask[], health: ReadonlyMap<string, string>) => {
  const states = tasks.flatMap((task) => (task.address ? [health.get(task.address)] : []));
  return { healthy: states.filter((state) => state === 'healthy').length, total: tasks.length };
};

export const isHealthy = (task: EcsTask, health: ReadonlyMap<string, string> | undefined): boolean => {
  if (task.status !== 'RUNNING' || task.health === 'UNHEALTHY') return false;
  if (!health) return true;
  return task.address !== undefined && health.get(task.address) === 'healthy';
};
