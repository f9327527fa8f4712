/** From a folded run to `result.services[]`: the same facts for terminal, step summary and JSON. Pure. */
import { revisionOf } from '../aws/ecs-model.js';
import { chainOutcomes } from '../engine/chain-outcomes.js';
import type { RunView, StepView } from '../engine/view.js';
import type { Outcome } from '../plan/plan.js';
import type { DeploymentOutputs } from '../runtimes/ecs/follow.js';
import type { EvidenceBlock, PlannedService, ServiceResult } from './deploy-types.js';
import { failureCardOf } from './failure-card.js';

export const plannedOf = (view: RunView): readonly PlannedService[] => {
  const services = (view.plan.inputs['services'] ?? {}) as unknown as Readonly<Record<string, PlannedService>>;
  return Object.values(services);
};

export const serviceResults = (view: RunView): readonly ServiceResult[] => {
  const outcomes = view.state === 'paused' ? {} : view.outcome === undefined ? chainOutcomes(view) : view.chains;
  return plannedOf(view).map((planned) => serviceResult(view, planned, outcomes[planned.service]));
};

const serviceResult = (view: RunView, planned: PlannedService, ended: Outcome | undefined): ServiceResult => {
  const { service } = planned;
  if (planned.kind === 'unchanged' || planned.kind === 'nothing-to-undo') return unchangedResult(planned);
  const update = view.steps.get(`update[${service}]`);
  const deployment = afterStop(deploymentOf(update), update);
  const card = failureCardOf(view, service);
  return {
    service,
    outcome: ended ?? outcomeWhilePaused(view, service),
    release: releaseOf(view, planned),
    image: planned.image,
    previous: planned.previous,
    strategy: 'rolling',
    deploymentId: deployment?.deploymentId ?? idInHandle(update),
    seconds: secondsOf(deployment),
    evidence: update ? evidenceOf(view, service, deployment) : null,
    ...(card ? { card } : {}),
  };
};

/** A paused run has ended for nobody: a chain that is through says so, the rest waits. */
const outcomeWhilePaused = (view: RunView, service: string): Outcome => {
  const all = chainOutcomes(view)[service];
  const open = [...view.steps.values()].some(
    (step) =>
      step.step.chain === service && (step.state === 'pending' || step.state === 'running' || step.state === 'waiting'),
  );
  if (!open) return all ?? 'paused';
  return view.pause?.reason === 'timed-out' ? 'timed-out' : 'paused';
};

export const unchangedResult = (planned: PlannedService): ServiceResult => ({
  service: planned.service,
  outcome: 'unchanged',
  release: planned.release ?? planned.previous,
  image: planned.image,
  previous: planned.previous,
  strategy: 'rolling',
  deploymentId: null,
  seconds: null,
  evidence: null,
});

/** For --dry-run. */
export const plannedResult = (planned: PlannedService): ServiceResult => ({
  ...unchangedResult(planned),
  outcome: planned.kind === 'change' || planned.kind === 'attach' ? 'planned' : 'unchanged',
  release: planned.release,
});

/** A finished step has outputs; a failed one tells the same in its error's details. */
export const deploymentOf = (step: StepView | undefined): DeploymentOutputs | undefined => {
  const found = step?.outputs ?? step?.error?.details;
  const isDeployment = typeof found === 'object' && found !== null && 'serviceDeployment' in found;
  return isDeployment ? (found as unknown as DeploymentOutputs) : undefined;
};

/** What the update step last saw was a deployment under way; stopping it made it end. */
const afterStop = (
  deployment: DeploymentOutputs | undefined,
  step: StepView | undefined,
): DeploymentOutputs | undefined => {
  const undone = step?.undo?.outputs as { readonly how?: string; readonly endedAtMs?: number } | undefined;
  if (deployment === undefined || undone?.how !== 'stopped') return deployment;
  return { ...deployment, status: 'ROLLBACK_SUCCESSFUL', finishedAtMs: undone.endedAtMs ?? deployment.finishedAtMs };
};

const idInHandle = (step: StepView | undefined): string | null => {
  const handle = step?.handle as { readonly deploymentId?: string | null } | undefined;
  return handle?.deploymentId ?? null;
};

const releaseOf = (view: RunView, planned: PlannedService): number | null => {
  const outputs = view.steps.get(`register[${planned.service}]`)?.outputs as
    | { readonly taskDefinition?: string }
    | undefined;
  return outputs?.taskDefinition === undefined ? planned.release : revisionOf(outputs.taskDefinition);
};

const secondsOf = (deployment: DeploymentOutputs | undefined): number | null => {
  if (deployment?.startedAtMs == null || deployment.finishedAtMs == null) return null;
  return Math.round((deployment.finishedAtMs - deployment.startedAtMs) / 1000);
};

/** Only where somebody was asked, or a flag answered for them. */
const approvedBy = ({ approvedBy: consent }: RunView): string | null =>
  consent === undefined || consent.how === 'not needed' ? null : `${consent.by} (${consent.how})`;

const evidenceOf = (view: RunView, service: string, deployment: DeploymentOutputs | undefined): EvidenceBlock => ({
  deployment: deployment?.serviceDeployment ?? null,
  status: deployment?.status ?? 'UNKNOWN',
  digests: deployment?.digests ?? [],
  targets: deployment?.targets ?? null,
  smoke: (view.steps.get(`smoke[${service}]`)?.outputs ?? null) as EvidenceBlock['smoke'],
  approvedBy: approvedBy(view),
});
