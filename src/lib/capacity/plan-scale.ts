/**
 * From counts that were asked for to steps. Autoscaling's range is moved before the count and given back after it: a count
 * outside the range would be taken back by the next scaling activity. Pure.
 */
import type { JsonObject } from '../plan/json.js';
import {
  type ActionStep,
  type Outcome,
  type Plan,
  type Retry,
  type Step,
  sealPlan,
  type Target,
} from '../plan/plan.js';
import type { Picture } from '../strategies/strategy.js';
import type { PlannedCount, Range } from './scale-types.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;

export interface CountChange extends PlannedCount {
  readonly picture: Picture;
  readonly deadlineMs: number;
}

export interface ScalePlan {
  readonly runId: string;
  /** Wall time, ms. */
  readonly nowMs: number;
  readonly target: Target;
  readonly isProtected: boolean;
  readonly changes: readonly CountChange[];
  readonly onTimeout: 'undo' | 'leave';
}

/** Down to nothing is a service that does not answer any more: that is asked for. */
export const dangerOf = (changes: readonly Pick<PlannedCount, 'before' | 'asked'>[]): 'none' | 'confirm' =>
  changes.some(({ before, asked }) => asked === 0 && before > 0) ? 'confirm' : 'none';

/** The range that has room for the count; undefined when it has already. */
export const rangeFor = (range: Range, count: number): Range | undefined =>
  count >= range.min && count <= range.max
    ? undefined
    : { min: Math.min(range.min, count), max: Math.max(range.max, count) };

export const planScale = (plan: ScalePlan): Plan => {
  const changes = plan.changes.filter((change) => change.kind === 'change');
  return sealPlan({
    runId: plan.runId,
    operation: 'scale@1',
    createdAt: new Date(plan.nowMs).toISOString(),
    target: plan.target,
    locks: changes.map(({ service }) => ({ kind: 'service', service })),
    danger: plan.isProtected ? 'type-name' : dangerOf(changes),
    inputs: { services: Object.fromEntries(plan.changes.map((change) => [change.service, plannedOf(change)])) },
    steps: changes.flatMap((change) => stepsOf(plan, change)),
    finally: changes.map((change) => diagnoseStep(plan, change)),
    limits: {
      maxParallel: 10,
      maxDurationMs: 12 * hourMs,
      expiresAt: new Date(plan.nowMs + 24 * hourMs).toISOString(),
    },
  });
};

const plannedOf = ({ picture: _picture, deadlineMs: _deadlineMs, ...planned }: CountChange): JsonObject => ({
  ...planned,
});

const retry: Retry = {
  attempts: 6,
  backoffMs: 2_000,
  factor: 2,
  maxMs: 30_000,
  on: ['throttle', 'network', 'conflict'],
};

const base = (plan: ScalePlan, change: CountChange, id: string) =>
  ({
    kind: 'action',
    id,
    chain: change.service,
    key: `${plan.runId}/${id}`,
    retry,
    onError: 'undo',
    undoScope: 'chain',
  }) as const;

const stepsOf = (plan: ScalePlan, change: CountChange): readonly Step[] => {
  const bounds =
    change.range && change.movedTo ? boundsStep(plan, change, { from: change.range, to: change.movedTo }) : undefined;
  const count = countStep(plan, change, bounds ? [bounds.id] : []);
  return bounds ? [bounds, count] : [count];
};

const boundsStep = (
  plan: ScalePlan,
  change: CountChange,
  { from, to }: { readonly from: Range; readonly to: Range },
): ActionStep => {
  const id = `bounds[${change.service}]`;
  const target = { cluster: change.cluster, service: change.serviceName };
  return {
    ...base(plan, change, id),
    title: `move autoscaling's range of ${change.service}`,
    needs: [],
    uses: 'autoscaling.set-bounds@1',
    with: { ...target, ...to },
    effect: 'probed',
    expects: { ...from },
    undo: {
      uses: 'autoscaling.set-bounds@1',
      with: { ...target, min: { $ref: `steps.${id}.captured.min` }, max: { $ref: `steps.${id}.captured.max` } },
    },
    timeoutMs: 5 * minuteMs,
    preview: {
      verb: 'update',
      target: `autoscaling of ${change.serviceName}`,
      changes: (['min', 'max'] as const)
        .filter((bound) => from[bound] !== to[bound])
        .map((bound) => ({ field: bound, before: String(from[bound]), after: String(to[bound]) })),
    },
  };
};

const countStep = (plan: ScalePlan, change: CountChange, needs: readonly string[]): ActionStep => {
  const id = `scale[${change.service}]`;
  const { deadlineMs } = change;
  const target = { cluster: change.cluster, service: change.serviceName, deadlineMs };
  return {
    ...base(plan, change, id),
    title: `scale ${change.service} to ${change.asked}`,
    needs,
    uses: 'ecs.change-count@1',
    with: { ...target, desiredCount: change.asked, onTimeout: plan.onTimeout, until: 'healthy' },
    effect: 'probed',
    expects: { ...change.picture },
    undo: {
      uses: 'ecs.change-count@1',
      with: {
        ...target,
        desiredCount: { $ref: `steps.${id}.captured.desiredCount` },
        onTimeout: 'leave',
        until: 'back',
      },
    },
    // Left alone on a time-out: the engine then pauses the run (exit 10). Otherwise our own deadline acts first.
    timeoutMs: plan.onTimeout === 'leave' ? deadlineMs : deadlineMs + 10 * minuteMs,
    preview: {
      verb: 'update',
      target: `service ${change.serviceName}`,
      changes: [{ field: 'desired count', before: String(change.before), after: String(change.asked) }],
    },
  };
};

const badEnds: readonly Outcome[] = ['failed', 'stopped', 'rolled-back', 'rollback-failed', 'timed-out'];

const diagnoseStep = (plan: ScalePlan, change: CountChange): ActionStep => {
  const id = `diagnose[${change.service}]`;
  return {
    ...base(plan, change, id),
    title: `save what is known about ${change.service}`,
    needs: [],
    uses: 'diagnosis.collect@1',
    with: {
      cluster: change.cluster,
      service: change.serviceName,
      taskDefinition: change.picture.taskDefinition,
      deploymentId: change.picture.deploymentId,
      after: null,
      sinceMs: { $ref: `steps.scale[${change.service}].captured.sinceMs` },
    },
    effect: 'read',
    when: { $ref: `chains.${change.service}.outcome`, in: badEnds },
    undo: { none: 'it only records' },
    onError: 'continue',
    timeoutMs: 5 * minuteMs,
    preview: { verb: 'read', target: `what went wrong with ${change.service}, if anything does` },
  };
};
