/** Looks at a service whose count was changed and answers the engine's poll. Reads only; strategies/count.ts judges. */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsService, EcsTask } from '../../aws/ecs-model.js';
import type { ActionIo, Polled } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';
import { type CountSeen, isBack, isReady, judgeCount } from '../../strategies/count.js';
import { saveEvidence } from './evidence.js';
import { countFailures } from './failures.js';
import { countTargets, isHealthy } from './look.js';
import { pictureOf, primaryOf, serviceOrFail } from './picture.js';
import type { EcsPorts } from './ports.js';

export type CountInput = {
  readonly cluster: string;
  readonly service: string;
  readonly desiredCount: number;
  readonly deadlineMs: number;
  readonly onTimeout: 'undo' | 'leave';
  /** healthy: as many healthy tasks as asked for, twice; back: the count of before, as it was. */
  readonly until: 'healthy' | 'back';
};

export type CountHandle = {
  readonly from: number;
  readonly to: number;
  readonly deploymentId: string;
  /** AWS time: tasks and events that are newer came with the change. */
  readonly sinceMs: number;
};

export type CountOutputs = {
  readonly from: number;
  readonly desiredCount: number;
  readonly running: number;
  readonly healthy: number;
  readonly targets: { readonly healthy: number; readonly total: number } | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
};

const pollMs = 5_000;

interface Look {
  readonly service: EcsService;
  readonly tasks: readonly EcsTask[];
  readonly stopped: readonly EcsTask[];
  readonly targets: { readonly healthy: number; readonly total: number } | undefined;
  readonly healthy: number;
}

export const watchCount = async (
  io: ActionIo<EcsPorts>,
  input: CountInput,
  handle: CountHandle,
): Promise<Polled<CountOutputs>> => {
  const look = await lookAt(io.ports, input, handle);
  const seen = toSeen(io, look, { input, handle });
  if (input.until === 'back') return isBack(seen) ? done(io, look, handle) : pending('going-back', look);
  if (look.stopped.length > 0) {
    await saveEvidence(io, {
      ref: input,
      look: look.service,
      located: {},
      stopped: look.stopped,
      sinceMs: handle.sinceMs,
    });
  }
  const verdict = judgeCount(seen);
  switch (verdict.kind) {
    case 'going':
      return pending(verdict.phase, look);
    case 'succeeded':
      return done(io, look, handle);
    case 'failed': {
      const { code, message, outcome } = verdict;
      const error = { class: 'assert', code, message, details: { ...outputsOf(io, look, handle) } } as const;
      return { kind: 'failed', error, post: pictureOf(look.service), ...(outcome === undefined ? {} : { outcome }) };
    }
  }
};

const lookAt = async (ports: EcsPorts, ref: ServiceRef, handle: CountHandle): Promise<Look> => {
  const service = await serviceOrFail(ports, ref);
  const [tasks, stopped, groups] = await Promise.all([
    ports.ecs.tasks(ref, 'RUNNING'),
    // Fewer tasks start none, so none of them can fail to.
    handle.to > handle.from ? ports.ecs.tasks(ref, 'STOPPED') : [],
    Promise.all(service.targetGroups.map((group) => ports.elb.targetHealth(group))),
  ]);
  const health = new Map(groups.flat().map((target) => [target.id, target.state]));
  const targets = service.targetGroups.length > 0 ? countTargets(tasks, health) : undefined;
  return {
    service,
    tasks,
    stopped: stopped.filter((task) => isOurs(task, handle)).filter((task) => countFailures([task]).length > 0),
    targets,
    healthy: tasks.filter((task) => isHealthy(task, targets ? health : undefined)).length,
  };
};

/** Of the deployment whose count was changed, and started since. */
const isOurs = (task: EcsTask, { deploymentId, sinceMs }: CountHandle): boolean =>
  (task.startedBy === undefined || task.startedBy === deploymentId) && task.createdAtMs > sinceMs;

const toSeen = (
  io: ActionIo<EcsPorts>,
  look: Look,
  { input, handle }: { readonly input: CountInput; readonly handle: CountHandle },
): CountSeen => {
  const { service, healthy } = look;
  const counts = { asked: handle.to, desired: service.desired, running: service.running, pending: service.pending };
  return {
    ...counts,
    atMs: io.now(),
    startedAtMs: io.startedAt,
    deadlineMs: input.deadlineMs,
    onTimeout: input.onTimeout,
    from: handle.from,
    healthy,
    deployment: (primaryOf(service)?.id ?? '') === handle.deploymentId ? 'same' : 'another',
    readySinceMs: readySince(io, isReady({ ...counts, healthy }) ? 'ready' : 'not-ready'),
    failures: countFailures(look.stopped),
  };
};

/** Kept in this process only: after a crash two looks of the next one say it again. */
const readySince = (io: ActionIo<EcsPorts>, state: 'ready' | 'not-ready'): number | undefined => {
  const { readySince: known } = io.ports.memory;
  const since = known.get(io.key);
  if (state === 'not-ready') known.delete(io.key);
  else if (since === undefined) known.set(io.key, io.now());
  return state === 'ready' ? since : undefined;
};

const pending = (phase: string, look: Look): Polled<CountOutputs> => ({
  kind: 'pending',
  progress: progressOf(phase, look),
  afterMs: pollMs,
});

const progressOf = (phase: string, { service, targets, healthy, stopped }: Look): Json => ({
  status: 'SCALING',
  phase,
  desired: service.desired,
  running: service.running,
  pending: service.pending,
  healthy,
  targets: targets ?? null,
  failures: { count: stopped.length, threshold: 0 },
});

const outputsOf = (io: ActionIo<EcsPorts>, look: Look, handle: CountHandle): CountOutputs => ({
  from: handle.from,
  desiredCount: look.service.desired,
  running: look.service.running,
  healthy: look.healthy,
  targets: look.targets ?? null,
  startedAtMs: io.startedAt,
  finishedAtMs: io.now(),
});

const done = (io: ActionIo<EcsPorts>, look: Look, handle: CountHandle): Polled<CountOutputs> => ({
  kind: 'done',
  outputs: outputsOf(io, look, handle),
  post: pictureOf(look.service),
});
