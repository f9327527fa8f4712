/**
 * Which service deployment is ours. UpdateService answers with an ECS deployment id (`ecs-svc/…`); end states live on the
 * *service deployment*, a different resource that may not be listed yet. The link is the task definition of its target
 * revision, and that it was not there before us. Reads only.
 */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsService, EcsServiceDeployment } from '../../aws/ecs-model.js';
import { primaryOf } from './picture.js';
import type { EcsPorts } from './ports.js';

type Ports = Pick<EcsPorts, 'ecs' | 'memory'>;

/** Newest deployments looked at: ours is among them unless ten others were started after it. */
const window = 10;

export interface Candidate {
  readonly deployment: EcsServiceDeployment;
  readonly taskDefinition: string | undefined;
}

/** Service deployments newest first, each with the task definition that it goes to. */
export const recentDeployments = async (
  ports: Ports,
  ref: ServiceRef,
  limit = window,
): Promise<readonly Candidate[]> => {
  const arns = await ports.ecs.listServiceDeployments(ref, { limit });
  const deployments = await ports.ecs.describeServiceDeployments(arns);
  return withTaskDefinitions(ports, deployments);
};

const withTaskDefinitions = async (
  ports: Ports,
  deployments: readonly EcsServiceDeployment[],
): Promise<readonly Candidate[]> => {
  const { revisions } = ports.memory;
  const unknown = deployments.flatMap((d) =>
    d.targetRevision && !revisions.has(d.targetRevision) ? [d.targetRevision] : [],
  );
  for (const revision of await ports.ecs.serviceRevisions(unknown))
    revisions.set(revision.arn, revision.taskDefinition);
  return deployments.map((deployment) => ({
    deployment,
    taskDefinition: deployment.targetRevision === undefined ? undefined : revisions.get(deployment.targetRevision),
  }));
};

export type Ours = {
  /** Null after a lost answer whose deployment has already left the service. */
  readonly deploymentId: string | null;
  readonly taskDefinition: string;
  /** Newest service deployment before our UpdateService; null when there was none. */
  readonly after: string | null;
};

/** Our service deployment and, if somebody has started one after it, theirs. */
export interface Located {
  readonly ours?: EcsServiceDeployment;
  readonly newer?: { readonly taskDefinition: string };
}

/**
 * Deployments newer than `after`, oldest first: the first one to our task definition is ours, because the run holds the
 * lock and read the live deployment right before its only UpdateService.
 */
export const locate = async (
  ports: Ports,
  service: EcsService,
  options: { readonly ref: ServiceRef; readonly ours: Ours },
): Promise<Located> => {
  const { ref, ours } = options;
  const known = ours.deploymentId === null ? undefined : ports.memory.serviceDeployments.get(ours.deploymentId);
  const primary = primaryOf(service);
  // While ours is primary nobody has started another one and nobody goes back: no need to list.
  if (known !== undefined && primary?.id === ours.deploymentId) {
    const [deployment] = await ports.ecs.describeServiceDeployments([known]);
    if (deployment) return { ours: deployment };
  }
  const recent = await recentDeployments(ports, ref);
  const end = recent.findIndex((candidate) => candidate.deployment.arn === ours.after);
  const since = [...(end < 0 ? recent : recent.slice(0, end))].reverse();
  const at = since.findIndex((candidate) =>
    known === undefined ? candidate.taskDefinition === ours.taskDefinition : candidate.deployment.arn === known,
  );
  const mine = since[at]?.deployment;
  if (mine && ours.deploymentId !== null) ports.memory.serviceDeployments.set(ours.deploymentId, mine.arn);
  const newer = mine ? since.slice(at + 1).at(-1) : newerThanUnlisted(service, ours);
  return {
    ...(mine ? { ours: mine } : {}),
    ...(newer ? { newer: { taskDefinition: newer.taskDefinition ?? 'unknown' } } : {}),
  };
};

/** Not listed yet: only a primary deployment that is neither ours nor older tells that somebody was faster. */
const newerThanUnlisted = (
  service: EcsService,
  ours: Ours,
): { readonly taskDefinition: string | undefined } | undefined => {
  if (ours.deploymentId === null) return undefined;
  const primary = primaryOf(service);
  const mine = service.deployments.find((deployment) => deployment.id === ours.deploymentId);
  if (!primary || !mine || primary.id === mine.id) return undefined;
  return primary.createdAtMs > mine.createdAtMs ? { taskDefinition: primary.taskDefinition } : undefined;
};

/** Task definition that ECS itself would roll back to: of the newest deployment that ended well. */
export const lastCompleted = async (
  ports: Ports,
  ref: ServiceRef,
  service: EcsService,
): Promise<string | undefined> => {
  const primary = primaryOf(service);
  // Services older than service deployments have none listed; their own word is the same one.
  if (primary?.rollout === 'COMPLETED') return primary.taskDefinition;
  const arns = await ports.ecs.listServiceDeployments(ref, { statuses: ['SUCCESSFUL'], limit: window });
  const [newest] = await withTaskDefinitions(ports, await ports.ecs.describeServiceDeployments(arns));
  return newest?.taskDefinition;
};
