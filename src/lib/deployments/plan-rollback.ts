/** A rollback as a plan. Pure. */
import type { TaskDefinitionRecord } from '../aws/ecs-model.js';
import type { ResolvedEnvironment } from '../config/project.js';
import type { ActionStep, Plan, Step, Target } from '../plan/plan.js';
import { breakerText, type LiveService } from '../services/observe-live.js';
import { lastStepOf, rolling } from '../strategies/rolling.js';
import type { RollbackChoice } from './choose-rollback.js';
import type { PlannedService } from './deploy-types.js';
import { smokeOf } from './plan-deploy.js';
import { planServices, serviceScopes } from './service-plan.js';

/** What is to happen to one service. */
export interface Aim {
  readonly live: LiveService;
  readonly choice: RollbackChoice;
  /** What the service runs afterwards. */
  readonly target: TaskDefinitionRecord;
  readonly planned: PlannedService;
}

export interface RollbackPlanRequest {
  readonly runId: string;
  readonly nowMs: number;
  readonly target: Target;
  readonly environment: ResolvedEnvironment;
  readonly aims: readonly Aim[];
  readonly deadlineMs?: number;
}

export const planRollback = (options: RollbackPlanRequest): Plan => {
  const { runId, nowMs, target, aims } = options;
  const lastSteps = new Map<string, string>();
  const steps: Step[] = [];
  for (const aim of aims) {
    const needs = aim.live.service.dependsOn.flatMap((name) => lastSteps.get(name) ?? []);
    const own = stepsOf(options, aim, needs);
    steps.push(...own);
    if (own.length > 0) lastSteps.set(aim.live.service.name, lastStepOf(own));
  }
  const planned = aims.map((aim) => aim.planned);
  const changing = planned.filter((service) => service.kind === 'change');
  return planServices({
    runId,
    nowMs,
    operation: 'rollback@1',
    target,
    danger: 'confirm',
    isProtected: options.environment.isProtected,
    planned,
    steps,
    closing: aims.filter(({ choice }) => choice.kind === 'go').map((aim) => aim.planned),
    locks: serviceScopes(changing),
  });
};

const stepsOf = (options: RollbackPlanRequest, aim: Aim, needs: readonly string[]): readonly Step[] => {
  switch (aim.choice.kind) {
    case 'go':
      return goSteps(options, aim, needs);
    case 'abort':
      return [abortStep(options, aim, needs)];
    case 'nothing':
    case 'busy':
    case 'impossible':
      return [];
  }
};

const goSteps = (options: RollbackPlanRequest, aim: Aim, needs: readonly string[]): readonly Step[] => {
  const { live, target, planned } = aim;
  const smoke = smokeOf(live.service, options.environment);
  const steps = rolling.plan(
    {
      runId: options.runId,
      purpose: 'rollback',
      service: live.service.name,
      cluster: live.cluster,
      serviceName: live.service.serviceName,
      release: { kind: 'existing', taskDefinition: target.arn },
      deadlineMs: options.deadlineMs ?? live.service.deadlineMs,
      onTimeout: 'rollback',
      ...(smoke ? { smoke } : {}),
      needs,
      undoScope: 'chain',
      shown: { before: planned.previousImage, after: planned.image, breaker: breakerText(live.seen) },
    },
    {
      live: live.picture,
      ...(live.completed === undefined ? {} : { completed: live.completed }),
      breaker: live.seen.breaker,
    },
  );
  return [...steps, markStep(options.runId, live, `update[${live.service.name}]`)];
};

/** The release that was left is no candidate any more: a second rollback must not come back to it. */
const markStep = (runId: string, { service, live }: LiveService, after: string): ActionStep => {
  const id = `mark[${service.name}]`;
  const before = live.tags['platform:outcome'];
  return {
    kind: 'action',
    id,
    title: `record that release ${live.revision} of ${service.name} was rolled back from`,
    chain: service.name,
    needs: [after],
    uses: 'ecs.tag-outcome@1',
    with: { taskDefinition: live.arn, outcome: 'rolled-back' },
    effect: 'idempotent',
    key: `${runId}/${id}`,
    undo:
      before === undefined
        ? { none: 'it had no recorded outcome before' }
        : { uses: 'ecs.tag-outcome@1', with: { taskDefinition: live.arn, outcome: before } },
    retry: { attempts: 4, backoffMs: 1_000, factor: 2, maxMs: 10_000, on: ['throttle', 'network'] },
    timeoutMs: 5 * 60_000,
    onError: 'continue',
    undoScope: 'chain',
    preview: {
      verb: 'tag',
      target: live.arn.slice(live.arn.lastIndexOf('/') + 1),
      changes: [{ field: 'platform:outcome', ...(before === undefined ? {} : { before }), after: 'rolled-back' }],
    },
  };
};

const abortStep = (options: RollbackPlanRequest, aim: Aim, needs: readonly string[]): ActionStep => {
  const { live, target } = aim;
  const id = `update[${live.service.name}]`;
  return {
    kind: 'action',
    id,
    title: `abort the deployment of ${live.service.name}`,
    chain: live.service.name,
    needs,
    uses: 'ecs.stop-deployment@1',
    with: {
      cluster: live.cluster,
      service: live.service.serviceName,
      taskDefinition: live.picture.taskDefinition,
      back: target.arn,
      deadlineMs: options.deadlineMs ?? live.service.deadlineMs,
    },
    effect: 'probed',
    key: `${options.runId}/${id}`,
    expects: live.picture,
    undo: { none: 'an aborted deployment is deployed again' },
    retry: { attempts: 6, backoffMs: 2_000, factor: 2, maxMs: 30_000, on: ['throttle', 'network', 'conflict'] },
    timeoutMs: 60 * 60_000,
    onError: 'abort',
    undoScope: 'chain',
    preview: {
      verb: 'update',
      target: `service ${live.service.serviceName}`,
      changes: [{ field: 'task definition', before: live.picture.taskDefinition, after: target.arn }],
      note: `stops ${live.inProgress?.arn ?? 'the deployment in progress'}`,
    },
  };
};
