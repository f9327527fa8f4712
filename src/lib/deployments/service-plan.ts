/**
 * One run for several services: the strategies' steps, the closing steps of each service, locks and limits. Shared by
 * deploy, rollback and restart. Pure.
 */
import type { Json } from '../plan/json.js';
import {
  type ActionStep,
  type Outcome,
  type Plan,
  type Scope,
  type Step,
  sealPlan,
  type Target,
  type Uses,
} from '../plan/plan.js';
import type { PlannedService } from './deploy-types.js';

const hourMs = 3_600_000;
const maxParallel = 10;

export interface ServicePlan {
  readonly runId: string;
  /** Wall time, ms. */
  readonly nowMs: number;
  readonly operation: Uses;
  readonly target: Target;
  /** What it takes outside a protected environment; inside one, the name is always needed, also to resume and to undo. */
  readonly danger: Plan['danger'];
  readonly isProtected: boolean;
  readonly planned: readonly PlannedService[];
  readonly steps: readonly Step[];
  readonly inputs?: Readonly<Record<string, Json>>;
  /** Chains that get a diagnosis and a recorded outcome when they fail. */
  readonly closing: readonly PlannedService[];
  readonly locks: readonly Scope[];
}

export const planServices = (plan: ServicePlan): Plan =>
  sealPlan({
    runId: plan.runId,
    operation: plan.operation,
    createdAt: new Date(plan.nowMs).toISOString(),
    target: plan.target,
    locks: plan.locks,
    danger: plan.isProtected ? 'type-name' : plan.danger,
    inputs: {
      ...plan.inputs,
      services: Object.fromEntries(plan.planned.map((service) => [service.service, service])),
    },
    steps: plan.steps,
    finally: plan.closing.flatMap((service) => closingSteps(plan.runId, service, plan.steps)),
    limits: {
      maxParallel,
      maxDurationMs: 12 * hourMs,
      expiresAt: new Date(plan.nowMs + 24 * hourMs).toISOString(),
    },
  });

export const serviceScopes = (planned: readonly PlannedService[]): readonly Scope[] =>
  planned.map(({ service }) => ({ kind: 'service', service }));

const badEnds: readonly Outcome[] = ['failed', 'stopped', 'rolled-back', 'rollback-failed', 'timed-out'];
/** Ends that say something about the release itself. */
const recordedEnds: readonly Outcome[] = ['failed', 'rolled-back', 'rollback-failed'];

/** Diagnosis first: the longer it waits, the more of it AWS has forgotten. */
const closingSteps = (runId: string, service: PlannedService, steps: readonly Step[]): readonly Step[] => {
  const update = `update[${service.service}]`;
  const isRegistered = steps.some((step) => step.id === `register[${service.service}]`);
  const base = { runId, chain: service.service };
  const ended = { $ref: `chains.${service.service}.outcome` };
  const diagnose = closingStep(base, {
    id: `diagnose[${service.service}]`,
    title: `save what is known about ${service.service}`,
    uses: 'diagnosis.collect@1',
    with: {
      cluster: service.cluster,
      service: service.serviceName,
      taskDefinition: releaseOf(service, steps) ?? null,
      deploymentId: { $ref: `steps.${update}.handle.deploymentId` },
      after: { $ref: `steps.${update}.captured.serviceDeployment` },
    },
    effect: 'read',
    when: { ...ended, in: badEnds },
    preview: { verb: 'read', target: `what went wrong with ${service.service}, if anything does` },
  });
  if (!isRegistered) return [diagnose];
  const record = closingStep(base, {
    id: `record[${service.service}]`,
    title: `record how the release of ${service.service} ended`,
    uses: 'ecs.tag-outcome@1',
    with: { taskDefinition: releaseOf(service, steps) ?? null, outcome: ended },
    effect: 'idempotent',
    when: { ...ended, in: recordedEnds },
    preview: { verb: 'tag', target: 'the new task definition, if it fails' },
  });
  return [diagnose, record];
};

/** The revision as the update step names it: a reference to what was registered, or an ARN. */
const releaseOf = (service: PlannedService, steps: readonly Step[]) => {
  const update = steps.find((step) => step.id === `update[${service.service}]`);
  const input = update?.kind === 'action' ? update.with : undefined;
  return typeof input === 'object' && input !== null && 'taskDefinition' in input ? input.taskDefinition : undefined;
};

const closingStep = (
  base: { readonly runId: string; readonly chain: string },
  step: Pick<ActionStep, 'id' | 'title' | 'uses' | 'with' | 'effect' | 'when' | 'preview'>,
): ActionStep => ({
  kind: 'action',
  chain: base.chain,
  needs: [],
  key: `${base.runId}/${step.id}`,
  undo: { none: 'it only records' },
  retry: { attempts: 4, backoffMs: 1_000, factor: 2, maxMs: 10_000, on: ['throttle', 'network'] },
  timeoutMs: 5 * 60_000,
  onError: 'continue',
  undoScope: 'chain',
  ...step,
});
