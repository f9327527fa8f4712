/**
 * Following one deployment: look, judge, answer the engine's poll. Only reads, so attaching after a crash is the same as
 * going on. Never the "services stable" waiter: it also says fine right after a roll-back.
 */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsServiceDeployment, EcsTask } from '../../aws/ecs-model.js';
import type { ActionIo, Polled, StepError } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';
import { rolling } from '../../strategies/rolling.js';
import type { Observation, Verdict } from '../../strategies/strategy.js';
import { saveEvidence } from './evidence.js';
import { countFailures } from './failures.js';
import { fullLook, type Look, nextLook, nextLookAfterMs } from './look.js';
import { pictureOf } from './picture.js';
import type { EcsPorts } from './ports.js';
import type { Ours } from './service-deployments.js';

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

/** A verdict is only given on a full look: a brief one may be some seconds old in everything but the deployment's status. */
export const follow = async (
  io: ActionIo<EcsPorts>,
  input: FollowInput,
  ours: Ours,
): Promise<Polled<DeploymentOutputs>> => {
  const looking = { ref: input, ours, stepId: io.stepId };
  const first = await nextLook(io.ports, looking);
  const isEnding = first.kind === 'brief' && judged(io, input, first).kind !== 'going';
  const look = isEnding ? await fullLook(io.ports, looking) : first;
  if (look.kind === 'full' && look.stopped.length > 0)
    await saveEvidence(io, { ref: input, look: look.service, located: look.located, stopped: look.stopped });
  const verdict = judged(io, input, look);
  if (verdict.kind !== 'going') io.ports.memory.looks.delete(io.stepId);
  return answer(verdict, look, { ours, afterMs: nextLookAfterMs(io.now()) });
};

const judged = (io: ActionIo<EcsPorts>, input: FollowInput, look: Look): Verdict =>
  rolling.judge(undefined, toObservation(io, input, look));

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
  { ours, afterMs }: { readonly ours: Ours; readonly afterMs: number },
): Polled<DeploymentOutputs> => {
  const post = pictureOf(look.service);
  switch (verdict.kind) {
    case 'going':
      return { kind: 'pending', progress: progressOf(verdict.phase, look), afterMs };
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
  ...countsOf(look),
  old: look.others,
  healthy: look.healthy,
  targets: look.targets ?? null,
  failures: {
    count: look.located.ours?.failures?.count ?? look.stopped.length,
    threshold: look.located.ours?.failures?.threshold ?? 0,
  },
  stage: look.located.ours?.stage ?? null,
});

/** Between two full looks the deployment's own counts are the newer ones. */
const countsOf = (look: Look): { readonly running: number; readonly pending: number } =>
  look.kind === 'brief' && look.located.ours
    ? { running: look.located.ours.running, pending: look.located.ours.pending }
    : {
        running: look.tasks.filter((task) => task.status === 'RUNNING').length,
        pending: look.tasks.filter((task) => task.status !== 'RUNNING').length,
      };

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
