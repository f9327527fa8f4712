/**
 * Following one deployment: look, judge, answer the engine's poll. Only reads, so attaching after a crash is the same as
 * going on. Never the "services stable" waiter: it also says fine right after a roll-back.
 */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsService, EcsServiceDeployment, EcsTask } from '../../aws/ecs-model.js';
import type { ActionIo, Polled, StepError } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';
import { rolling } from '../../strategies/rolling.js';
import type { Observation, Verdict } from '../../strategies/strategy.js';
import { saveEvidence } from './evidence.js';
import { countFailures } from './failures.js';
import { pictureOf, serviceOrFail } from './picture.js';
import type { EcsPorts } from './ports.js';
import { type Located, locate, type Ours } from './service-deployments.js';

export type FollowInput = ServiceRef & {
  readonly deadlineMs: number;
  readonly onTimeout: 'rollback' | 'leave';
  readonly earlier: 'completed' | 'none';
  /** theirs: somebody else's deployment, which our own breaker leaves alone. */
  readonly breaker?: 'theirs';
};

export type DeploymentOutputs = {
  readonly taskDefinition: string;
  readonly deploymentId: string | null;
  readonly serviceDeployment: string | null;
  readonly status: string;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly desired: number;
  readonly running: number;
  /** Digests that the running tasks of this release use, one entry per container and digest. */
  readonly digests: readonly { readonly container: string; readonly digest: string; readonly tasks: number }[];
  readonly targets: { readonly healthy: number; readonly total: number } | null;
};

/** Between two looks, in AWS time: close at first, when most failures show, then easier on AWS's request quota. */
const pollMs = (elapsedMs: number): number => (elapsedMs < 60_000 ? 5_000 : 10_000);

interface Look {
  readonly service: EcsService;
  readonly located: Located;
  readonly tasks: readonly EcsTask[];
  /** Running tasks of other releases. */
  readonly others: number;
  readonly stopped: readonly EcsTask[];
  readonly targets: { readonly healthy: number; readonly total: number } | undefined;
  readonly healthy: number;
}

export const follow = async (
  io: ActionIo<EcsPorts>,
  input: FollowInput,
  ours: Ours,
): Promise<Polled<DeploymentOutputs>> => {
  const look = await lookAt(io.ports, input, ours);
  if (look.stopped.length > 0)
    await saveEvidence(io, { ref: input, look: look.service, located: look.located, stopped: look.stopped });
  const verdict = rolling.judge(undefined, toObservation(io, input, look));
  return answer(verdict, look, { ours, elapsedMs: io.now() - io.startedAt });
};

const lookAt = async (ports: EcsPorts, ref: ServiceRef, ours: Ours): Promise<Look> => {
  const service = await serviceOrFail(ports, ref);
  const isOurs = (task: EcsTask): boolean =>
    task.taskDefinition === ours.taskDefinition &&
    (ours.deploymentId === null || task.startedBy === undefined || task.startedBy === ours.deploymentId);
  const [located, running, stopped, groups] = await Promise.all([
    locate(ports, service, { ref, ours }),
    ports.ecs.tasks(ref, 'RUNNING'),
    ports.ecs.tasks(ref, 'STOPPED'),
    Promise.all(service.targetGroups.map((group) => ports.elb.targetHealth(group))),
  ]);
  const tasks = running.filter(isOurs);
  const health = new Map(groups.flat().map((target) => [target.id, target.state]));
  const targets = service.targetGroups.length > 0 ? countTargets(tasks, health) : undefined;
  return {
    service,
    located,
    tasks,
    others: running.filter((task) => !isOurs(task) && task.status === 'RUNNING').length,
    stopped: stopped.filter(isOurs).filter((task) => countFailures([task]).length > 0),
    targets,
    healthy: tasks.filter((task) => isHealthy(task, targets ? health : undefined)).length,
  };
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

const toObservation = (io: ActionIo<EcsPorts>, input: FollowInput, look: Look): Observation => ({
  atMs: io.now(),
  startedAtMs: io.startedAt,
  deadlineMs: input.deadlineMs,
  onTimeout: input.onTimeout,
  earlier: input.earlier,
  desired: look.service.desired,
  ...(look.located.ours ? { deployment: toDeployment(look.located.ours) } : {}),
  ...(look.located.newer ? { newer: look.located.newer } : {}),
  breaker: input.breaker === 'theirs' ? { enabled: true, rollback: false } : look.service.breaker,
  running: look.tasks.filter((task) => task.status === 'RUNNING').length,
  pending: look.tasks.filter((task) => task.status !== 'RUNNING').length,
  healthy: look.healthy,
  failures: countFailures(look.stopped),
});

const toDeployment = (ours: EcsServiceDeployment): NonNullable<Observation['deployment']> => ({
  status: ours.status,
  ...(ours.statusReason ? { reason: ours.statusReason } : {}),
  ...(ours.failures
    ? {
        failures: {
          ...(ours.failures.status ? { status: ours.failures.status } : {}),
          count: ours.failures.count,
          threshold: ours.failures.threshold,
        },
      }
    : {}),
});

const answer = (
  verdict: Verdict,
  look: Look,
  { ours, elapsedMs }: { readonly ours: Ours; readonly elapsedMs: number },
): Polled<DeploymentOutputs> => {
  const post = pictureOf(look.service);
  switch (verdict.kind) {
    case 'going':
      return { kind: 'pending', progress: progressOf(verdict.phase, look), afterMs: pollMs(elapsedMs) };
    case 'succeeded':
      return { kind: 'done', outputs: outputsOf(look, ours), post };
    case 'failed': {
      const error: StepError = {
        class: 'assert',
        code: verdict.code,
        message: verdict.message,
        details: { ...outputsOf(look, ours) },
      };
      return { kind: 'failed', error, post, ...(verdict.outcome === undefined ? {} : { outcome: verdict.outcome }) };
    }
  }
};

/** What renderers draw; not journaled. */
const progressOf = (phase: string, look: Look): Json => ({
  status: look.located.ours?.status ?? 'REQUESTED',
  phase,
  desired: look.service.desired,
  running: look.tasks.filter((task) => task.status === 'RUNNING').length,
  pending: look.tasks.filter((task) => task.status !== 'RUNNING').length,
  old: look.others,
  healthy: look.healthy,
  targets: look.targets ?? null,
  failures: {
    count: look.located.ours?.failures?.count ?? look.stopped.length,
    threshold: look.located.ours?.failures?.threshold ?? 0,
  },
  stage: look.located.ours?.stage ?? null,
});

const outputsOf = (look: Look, ours: Ours): DeploymentOutputs => ({
  taskDefinition: ours.taskDefinition,
  deploymentId: ours.deploymentId,
  serviceDeployment: look.located.ours?.arn ?? null,
  status: look.located.ours?.status ?? 'UNKNOWN',
  startedAtMs: look.located.ours?.startedAtMs ?? look.located.ours?.createdAtMs ?? null,
  finishedAtMs: look.located.ours?.finishedAtMs ?? null,
  desired: look.service.desired,
  running: look.tasks.filter((task) => task.status === 'RUNNING').length,
  digests: digestsOf(look.tasks),
  targets: look.targets ?? null,
});

const digestsOf = (tasks: readonly EcsTask[]): DeploymentOutputs['digests'] => {
  const counts = new Map<string, { container: string; digest: string; tasks: number }>();
  for (const container of tasks.filter((task) => task.status === 'RUNNING').flatMap((task) => task.containers)) {
    if (container.digest === undefined) continue;
    const key = `${container.name} ${container.digest}`;
    const entry = counts.get(key) ?? { container: container.name, digest: container.digest, tasks: 0 };
    counts.set(key, { ...entry, tasks: entry.tasks + 1 });
  }
  return [...counts.values()];
};
