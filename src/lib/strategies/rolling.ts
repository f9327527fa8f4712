/**
 * The rolling strategy on ECS: one UpdateService, ECS replaces tasks within the service's own min/max percent.
 * `judge` is the table of end states (product.md's deploy contract); its order matters and is explained line by line.
 * Pure; imports plan types and step building only.
 */
import type { ActionStep, Outcome, Retry, Step, Uses, Value } from '../plan/plan.js';
import type { Change, Facts, Observation, Smoke, Strategy, Verdict } from './strategy.js';

/** Equal failures of the new release after which we stop, where the service has no breaker of its own. */
export const equalFailuresLimit = 3;

const minuteMs = 60_000;

/** Definite refusals that pass by themselves (a superseded step is none of them); a lost answer is never retried, it is probed. */
const patient: Retry = {
  attempts: 6,
  backoffMs: 2_000,
  factor: 2,
  maxMs: 30_000,
  on: ['throttle', 'network', 'conflict'],
};

const failed = (code: string, message: string, outcome?: Outcome): Verdict => ({
  kind: 'failed',
  code,
  message,
  ...(outcome === undefined ? {} : { outcome }),
});

const supersededBy = (taskDefinition: string): Verdict =>
  failed('superseded', `another deployment (${taskDefinition}) was started after this one`, 'superseded');

const judge = (_before: Verdict | undefined, seen: Observation): Verdict => {
  const ours = seen.deployment;
  // Not listed yet: ECS's reads lag its writes. Only a newer deployment or our own limits can end this.
  if (!ours) return seen.newer ? supersededBy(seen.newer.taskDefinition) : judgeProgress(seen);
  switch (ours.status) {
    // An end that ECS has recorded stays true, whoever deployed afterwards.
    case 'SUCCESSFUL':
      return { kind: 'succeeded' };
    case 'ROLLBACK_SUCCESSFUL':
      return ours.failures?.status === 'TRIGGERED'
        ? failed('breaker-rolled-back', describeBreaker(ours.failures), 'rolled-back')
        : failed('rolled-back', ours.reason ?? 'the deployment was rolled back', 'rolled-back');
    case 'ROLLBACK_FAILED':
      if (seen.newer) return supersededBy(seen.newer.taskDefinition);
      // A first deployment: ECS calls it a failed roll-back, but nothing that ran has been lost. Ours scales it to 0.
      if (seen.earlier === 'none') return failed('nothing-to-go-back-to', ours.reason ?? 'the first deployment failed');
      return failed('rollback-failed', ours.reason ?? 'ECS could not roll the deployment back', 'rollback-failed');
    case 'STOPPED':
      // ECS stops a deployment that a newer one replaces, one that a breaker without roll-back ended, and one that a
      // person stopped: the same word for three ends.
      if (seen.newer) return supersededBy(seen.newer.taskDefinition);
      return ours.failures?.status === 'TRIGGERED'
        ? failed('breaker-stopped', `${describeBreaker(ours.failures)}; the service's breaker does not roll back`)
        : failed('stopped', ours.reason ?? 'the deployment was stopped', 'stopped');
    case 'STOP_REQUESTED':
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return { kind: 'going', phase: 'rolling-back' };
    case 'PENDING':
    case 'IN_PROGRESS':
      return seen.newer ? supersededBy(seen.newer.taskDefinition) : judgeProgress(seen);
  }
};

const judgeProgress = (seen: Observation): Verdict => {
  const worst = seen.failures[0];
  if (!seen.breaker.enabled && worst && worst.count >= equalFailuresLimit) {
    return failed('same-failure', `${worst.count} tasks of the new release ended the same way: ${worst.signature}`);
  }
  const elapsedMs = seen.atMs - seen.startedAtMs;
  if (seen.onTimeout === 'rollback' && elapsedMs >= seen.deadlineMs && seen.healthy === 0 && seen.desired > 0) {
    return failed(
      'not-ready-in-time',
      `no healthy task of the new release within ${Math.round(seen.deadlineMs / 1000)} s`,
    );
  }
  return { kind: 'going', phase: seen.running + seen.pending === 0 ? 'starting' : 'rolling-out' };
};

const describeBreaker = (failures: { readonly count: number; readonly threshold: number }): string =>
  failures.threshold > 0
    ? `the deployment circuit breaker was triggered after ${failures.count} of ${failures.threshold} failures`
    : 'the deployment circuit breaker was triggered';

const plan = (change: Change, facts: Facts): readonly Step[] => {
  const register = registerStep(change);
  const update = updateStep(change, facts, register);
  const smoke = smokeStep(change, update.id);
  const tag = tagStep(change, facts, smoke?.id ?? update.id);
  return [register, update, smoke, tag].filter((step): step is ActionStep => step !== undefined);
};

export const rolling: Strategy = { kind: 'rolling', plan, judge };

/** The id of the step after which a service counts as done for the services that depend on it. */
export const lastStepOf = (steps: readonly Step[]): string => steps.at(-1)?.id ?? '';

const actionStep = (
  change: Change,
  step: Pick<ActionStep, 'id' | 'title' | 'uses' | 'effect' | 'preview'> &
    Partial<Pick<ActionStep, 'needs' | 'undo' | 'retry' | 'timeoutMs' | 'onError' | 'expects' | 'when'>> & {
      readonly with: Value;
    },
): ActionStep => ({
  kind: 'action',
  chain: change.service,
  needs: [],
  key: `${change.runId}/${step.id}`,
  undo: { none: 'it changes nothing' },
  retry: patient,
  timeoutMs: 5 * minuteMs,
  onError: 'undo',
  undoScope: change.undoScope,
  ...step,
});

const registerStep = (change: Change): ActionStep | undefined => {
  if (change.release.kind !== 'register') return undefined;
  const { family, source, tags } = change.release;
  return actionStep(change, {
    id: `register[${change.service}]`,
    title: `register a revision of ${family}`,
    uses: 'ecs.register-task-definition@1',
    needs: change.needs,
    with: { family, source, tags },
    effect: 'probed',
    undo: { none: 'an unused revision costs nothing and harms nobody' },
    preview: {
      verb: 'create',
      target: `task definition ${family}`,
      changes: [{ field: 'image', before: change.shown.before, after: change.shown.after }],
    },
  });
};

const releaseReference = (change: Change): Value =>
  change.release.kind === 'existing'
    ? change.release.taskDefinition
    : { $ref: `steps.register[${change.service}].outputs.taskDefinition` };

const updateStep = (change: Change, facts: Facts, register: ActionStep | undefined): ActionStep => {
  const id = `update[${change.service}]`;
  const target = { cluster: change.cluster, service: change.serviceName };
  const taskDefinition = releaseReference(change);
  return actionStep(change, {
    id,
    title: `roll ${change.service} out`,
    uses: 'ecs.update-service@1',
    needs: register ? [register.id] : change.needs,
    with: {
      ...target,
      taskDefinition,
      deadlineMs: change.deadlineMs,
      onTimeout: change.onTimeout,
      earlier: facts.completed === undefined ? 'none' : 'completed',
    },
    effect: 'probed',
    expects: facts.live,
    // Left alone on a time-out: the engine then pauses the run (exit 10) and nothing is taken back. Otherwise our own
    // deadline acts first, and this is only the end of patience for a roll-out that is healthy but never finishes.
    timeoutMs: change.onTimeout === 'leave' ? change.deadlineMs : Math.max(4 * change.deadlineMs, 60 * minuteMs),
    undo:
      facts.completed === undefined
        ? { uses: 'ecs.scale-service@1', with: { ...target, desiredCount: 0, because: 'first-deployment' } }
        : {
            uses: 'ecs.stop-deployment@1',
            with: {
              ...target,
              taskDefinition,
              back: { $ref: `steps.${id}.captured.completed` },
              deadlineMs: change.deadlineMs,
            },
          },
    preview: {
      verb: 'update',
      target: `service ${change.serviceName}`,
      changes: [
        {
          field: 'task definition',
          before: shortName(facts.live.taskDefinition),
          after: register ? `known after ${register.id}` : shortName(String(taskDefinition)),
        },
      ],
      note: `rolling, ${change.shown.breaker}`,
    },
  });
};

/** `arn:…:task-definition/shop-api:12` → `shop-api:12`. */
const shortName = (taskDefinition: string): string => taskDefinition.slice(taskDefinition.lastIndexOf('/') + 1);

const smokeStep = (change: Change, after: string): ActionStep | undefined => {
  const { smoke } = change;
  if (!smoke) return undefined;
  const uses: Uses = smoke.kind === 'http' ? 'smoke.http@1' : 'smoke.command@1';
  return actionStep(change, {
    id: `smoke[${change.service}]`,
    title: `smoke test ${change.service}`,
    uses,
    needs: [after],
    with: smokeInput(smoke),
    effect: 'read',
    // After a roll-back there is nothing better to go back to.
    onError: change.purpose === 'deploy' ? 'undo' : 'abort',
    timeoutMs: smoke.attempts * (smoke.timeoutMs + minuteMs),
    preview: { verb: 'check', target: smoke.kind === 'http' ? smoke.url : smoke.argv.join(' ') },
  });
};

const smokeInput = (smoke: Smoke): Value => {
  switch (smoke.kind) {
    case 'http': {
      const { kind: _kind, ...input } = smoke;
      return input;
    }
    case 'command': {
      const { kind: _kind, ...input } = smoke;
      return input;
    }
  }
};

/** "Worked" is only said of a release that ran: a service at desired 0 proves nothing. */
const tagStep = (change: Change, facts: Facts, after: string): ActionStep | undefined => {
  if (facts.live.desiredCount === 0) return undefined;
  const taskDefinition = releaseReference(change);
  return actionStep(change, {
    id: `tag[${change.service}]`,
    title: `record that the release of ${change.service} worked`,
    uses: 'ecs.tag-outcome@1',
    needs: [after],
    with: { taskDefinition, outcome: 'worked' },
    effect: 'idempotent',
    // The release runs and is healthy: a tag that cannot be written is no reason to take it back.
    onError: 'continue',
    undo: { uses: 'ecs.tag-outcome@1', with: { taskDefinition, outcome: 'rolled-back' } },
    preview: {
      verb: 'tag',
      target: 'the new task definition',
      changes: [{ field: 'platform:outcome', after: 'worked' }],
    },
  });
};
