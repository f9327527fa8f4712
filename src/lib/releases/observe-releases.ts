/**
 * A service's releases, as AWS remembers them: revisions of its family with our tags, service deployments of the last 90
 * days, and what is live. A release's number is its revision. Reads only. Start reading at observeReleases.
 */
import type { EcsGateway } from '../aws/ecs.js';
import { type EcsServiceDeployment, familyOf, revisionOf, type TaskDefinitionRecord } from '../aws/ecs-model.js';
import type { ResolvedService } from '../config/project.js';
import { primaryOf } from '../runtimes/ecs/picture.js';
import { createMemory } from '../runtimes/ecs/ports.js';
import { recentDeployments } from '../runtimes/ecs/service-deployments.js';
import { imageOf } from '../services/observe-live.js';

export interface Release {
  readonly service: string;
  readonly release: number;
  readonly taskDefinition: string;
  readonly image: string;
  /** worked: its deployment ended SUCCESSFUL with tasks and its smoke test passed. */
  readonly outcome: 'worked' | 'rolled-back' | 'failed' | 'unknown';
  readonly isLive: boolean;
  readonly registeredAt: string;
  readonly tag?: string;
  readonly commit?: string;
  readonly run?: string;
  /** ARN of the principal that registered it, as AWS knows it. */
  readonly registeredBy?: string;
  /** ARN of the service deployment that shipped it; ECS lists those of the last 90 days. */
  readonly deployment?: string;
  readonly deployedAt?: string;
  /** AWS seconds of that deployment; absent while it is under way. */
  readonly seconds?: number;
}

export interface ReleaseRequest {
  readonly ecs: EcsGateway;
  readonly cluster: string;
  readonly service: ResolvedService;
  /** Newest revisions looked at. */
  readonly limit?: number;
}

/** Deployments that ECS lists: enough for 90 days of most services; tags know the rest. */
const deploymentLimit = 100;
const defaultLimit = 20;

/** Newest first. Empty for a family without revisions. */
export const observeReleases = async (request: ReleaseRequest): Promise<readonly Release[]> => {
  const { ecs, cluster, service, limit = defaultLimit } = request;
  const ref = { cluster, service: service.serviceName };
  const seen = await ecs.service(ref);
  const live = seen && (primaryOf(seen)?.taskDefinition ?? seen.taskDefinition);
  const [arns, deployments] = await Promise.all([
    ecs.revisions(service.family, limit),
    seen ? recentDeployments({ ecs, memory: createMemory() }, ref, deploymentLimit) : [],
  ]);
  // A service may run a family of another name (Terraform's), then its live revision is a release too.
  const wanted = live !== undefined && !arns.includes(live) ? [live, ...arns] : arns;
  const records = await Promise.all(wanted.map((arn) => ecs.taskDefinition(arn)));
  const completed = seen && primaryOf(seen)?.rollout === 'COMPLETED' && seen.running > 0 ? live : undefined;
  return records
    .flatMap((record) => (record ? [record] : []))
    .sort((a, b) => b.registeredAtMs - a.registeredAtMs || b.revision - a.revision)
    .map((record) => {
      const own = deployments.filter((candidate) => candidate.taskDefinition === record.arn);
      return toRelease(service, record, {
        isLive: record.arn === live,
        outcome: outcomeOf(record, { deployments: own.map(({ deployment }) => deployment), completed }),
        // Newest first, so the last one shipped it: the others are restarts and roll-backs to it.
        ...shippedBy(own.at(-1)?.deployment),
      });
    });
};

const toRelease = (
  service: ResolvedService,
  record: TaskDefinitionRecord,
  state: Pick<Release, 'isLive' | 'outcome' | 'deployment' | 'deployedAt' | 'seconds'>,
): Release => {
  const { tags } = record;
  const registeredBy = record.definition['registeredBy'];
  return {
    service: service.name,
    release: record.revision,
    taskDefinition: record.arn,
    image: imageOf(record.definition, service.container),
    ...state,
    registeredAt: new Date(record.registeredAtMs).toISOString(),
    ...(tags['platform:tag'] === undefined ? {} : { tag: tags['platform:tag'] }),
    ...(tags['platform:commit'] === undefined ? {} : { commit: tags['platform:commit'] }),
    ...(tags['platform:run'] === undefined ? {} : { run: tags['platform:run'] }),
    ...(typeof registeredBy === 'string' ? { registeredBy } : {}),
  };
};

const shippedBy = (
  deployment: EcsServiceDeployment | undefined,
): Pick<Release, 'deployment' | 'deployedAt' | 'seconds'> => {
  if (deployment === undefined) return {};
  const { arn, createdAtMs, startedAtMs, finishedAtMs } = deployment;
  const from = startedAtMs ?? createdAtMs;
  return {
    deployment: arn,
    deployedAt: new Date(from).toISOString(),
    ...(finishedAtMs === undefined ? {} : { seconds: Math.round((finishedAtMs - from) / 1000) }),
  };
};

interface History {
  readonly deployments: readonly EcsServiceDeployment[];
  /** The live release, when its deployment completed with tasks. */
  readonly completed: string | undefined;
}

/** Our verdict is on the tag; ECS's own history speaks for releases that other tools made. */
export const outcomeOf = (record: Pick<TaskDefinitionRecord, 'arn' | 'tags'>, history: History): Release['outcome'] => {
  switch (record.tags['platform:outcome']) {
    case 'worked':
      return 'worked';
    case 'rolled-back':
      return 'rolled-back';
    case 'failed':
      return 'failed';
    default:
      break;
  }
  // Without a verdict of ours a tagged release is unfinished business: its smoke test may not have passed.
  if (record.tags['platform:run'] !== undefined) return 'unknown';
  const [newest] = history.deployments;
  if (newest?.status === 'SUCCESSFUL' && newest.requested > 0) return 'worked';
  if (newest?.status === 'ROLLBACK_SUCCESSFUL') return 'rolled-back';
  if (newest?.status === 'ROLLBACK_FAILED') return 'failed';
  return record.arn === history.completed ? 'worked' : 'unknown';
};

/** Where a rollback goes: the newest release before the live one that worked; pure. */
export const lastThatWorked = (releases: readonly Release[]): Release | undefined => {
  const live = releases.find((release) => release.isLive);
  if (!live) return undefined;
  const sameFamily = (release: Release): boolean => familyOf(release.taskDefinition) === familyOf(live.taskDefinition);
  return releases
    .filter((release) => release.outcome === 'worked' && !release.isLive)
    .filter((release) => !sameFamily(release) || release.release < live.release)
    .sort((a, b) => revisionOf(b.taskDefinition) - revisionOf(a.taskDefinition))[0];
};
