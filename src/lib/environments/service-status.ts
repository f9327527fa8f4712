/** From what AWS said to one service's entry. Pure. Start reading at serviceStatus. */
import type { Alarm } from '../aws/cloudwatch.js';
import type { EcsDeployment, EcsService, EcsServiceDeployment, ServiceDeploymentStatus } from '../aws/ecs-model.js';
import { revisionOf } from '../aws/ecs-model.js';
import type { TargetHealth } from '../aws/elbv2.js';
import type { ResolvedService } from '../config/project.js';
import { parseReference, shortDigest } from '../images/image-reference.js';
import { primaryOf } from '../runtimes/ecs/picture.js';
import type { Label } from './release-labels.js';
import type { AlarmStatus, DeploymentOutcome, DeploymentStatus, ServiceState, ServiceStatus } from './status-types.js';

export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
  readonly suspended: { readonly scaleIn: boolean; readonly scaleOut: boolean };
}

export interface ServiceFacts {
  readonly service: ResolvedService;
  readonly seen: EcsService;
  readonly label: Label;
  readonly targets: readonly TargetHealth[];
  /** Newest service deployment, where it was asked for. */
  readonly newest?: EcsServiceDeployment | undefined;
  /** Alarms that belong to it, by name; undefined when CloudWatch could not be asked. */
  readonly alarms?: ReadonlyMap<string, Alarm> | undefined;
  readonly scaling?: ScalingBounds | undefined;
}

export const serviceStatus = (facts: ServiceFacts): ServiceStatus => {
  const { service, seen, label, targets, scaling } = facts;
  const primary = primaryOf(seen);
  const taskDefinition = primary?.taskDefinition ?? seen.taskDefinition;
  const deployment = primary && deploymentStatus(primary, facts.newest);
  const alarms = alarmsOf(facts);
  const problems = [...problemsOf(facts), ...alarmProblems(alarms)];
  return {
    service: service.name,
    serviceName: seen.name,
    state: stateOf(seen, problems.length > 0 ? 'troubled' : 'calm'),
    release: revisionOf(taskDefinition),
    taskDefinition,
    image: imageText(label),
    ...(label.tag === undefined ? {} : { tag: label.tag }),
    ...(label.digest === undefined ? {} : { digest: label.digest }),
    desired: seen.desired,
    running: seen.running,
    pending: seen.pending,
    strategy: seen.strategy.toLowerCase().replaceAll('_', '-'),
    ...(seen.targetGroups.length > 0
      ? { targets: { healthy: targets.filter(({ state }) => state === 'healthy').length, total: targets.length } }
      : {}),
    ...(scaling === undefined ? {} : { scaling: scalingOf(scaling) }),
    ...(deployment === undefined ? {} : { deployment }),
    alarms,
    problems,
  };
};

export const missingService = (service: ResolvedService): ServiceStatus => ({
  service: service.name,
  serviceName: service.serviceName,
  state: 'missing',
  release: 0,
  taskDefinition: '',
  image: '',
  desired: 0,
  running: 0,
  pending: 0,
  strategy: 'rolling',
  alarms: [],
  problems: [`${service.serviceName} does not exist in the cluster`],
});

/** Alarms that belong to a service: those that watch its deployments, and those that platform.yaml names. */
export const alarmNamesOf = (service: ResolvedService, seen: EcsService): readonly string[] => [
  ...new Set([...(seen.alarmNames ?? []), ...(service.config.alarms ?? [])]),
];

export const isAsleep = (seen: EcsService): boolean => seen.desired === 0 && seen.running === 0;

export const isDeploying = (seen: EcsService): boolean =>
  seen.deployments.length > 1 || primaryOf(seen)?.rollout === 'IN_PROGRESS';

const stateOf = (seen: EcsService, condition: 'troubled' | 'calm'): ServiceState => {
  if (isAsleep(seen) && !isDeploying(seen)) return 'asleep';
  if (isDeploying(seen)) return 'deploying';
  return condition === 'troubled' ? 'degraded' : 'healthy';
};

const problemsOf = ({ seen, targets, newest }: ServiceFacts): readonly string[] => {
  const problems: string[] = [];
  const moving = isDeploying(seen);
  const starting = seen.pending > 0 ? `, ${seen.pending} starting` : '';
  if (!moving && seen.running < seen.desired) problems.push(`${seen.running} of ${seen.desired} tasks run${starting}`);
  const failed = moving ? (primaryOf(seen)?.failed ?? 0) : 0;
  if (failed > 0) problems.push(`${failed} ${failed === 1 ? 'task has' : 'tasks have'} failed in this deployment`);
  const sick = targets.filter((target) => target.state === 'unhealthy');
  if (sick.length > 0)
    problems.push(`${sick.length} of ${targets.length} targets unhealthy: ${sick[0]?.reason ?? 'no reason given'}`);
  if (newest?.status === 'ROLLBACK_FAILED') problems.push('the last deployment failed, and so did its roll-back');
  else if (seen.deployments.some((deployment) => deployment.rollout === 'FAILED'))
    problems.push('the last deployment failed');
  return problems;
};

const alarmsOf = ({ service, seen, alarms }: ServiceFacts): readonly AlarmStatus[] =>
  alarms === undefined
    ? []
    : alarmNamesOf(service, seen).map((name): AlarmStatus => {
        const alarm = alarms.get(name);
        if (alarm === undefined) return { name, state: 'missing' };
        return {
          name,
          state: alarm.state,
          ...(alarm.sinceMs === undefined ? {} : { since: new Date(alarm.sinceMs).toISOString() }),
          ...(alarm.reason === undefined ? {} : { reason: alarm.reason }),
        };
      });

/** An alarm that is missing says nothing about the service; a warning names it. */
const alarmProblems = (alarms: readonly AlarmStatus[]): readonly string[] =>
  alarms
    .filter(({ state }) => state === 'ALARM')
    .map(({ name, reason }) => `alarm ${name}${reason === undefined ? '' : `: ${reason}`}`);

const outcomes: Readonly<Record<ServiceDeploymentStatus, DeploymentOutcome>> = {
  PENDING: 'in-progress',
  IN_PROGRESS: 'in-progress',
  SUCCESSFUL: 'succeeded',
  STOP_REQUESTED: 'stopped',
  STOPPED: 'stopped',
  ROLLBACK_REQUESTED: 'rolling-back',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCESSFUL: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
};

const deploymentStatus = (primary: EcsDeployment, newest: EcsServiceDeployment | undefined): DeploymentStatus => ({
  status: primary.rollout ?? primary.status,
  since: new Date(newest?.startedAtMs ?? newest?.createdAtMs ?? primary.createdAtMs).toISOString(),
  ...(primary.reason === undefined ? {} : { reason: primary.reason }),
  ...(newest === undefined ? {} : newestStatus(newest)),
});

const newestStatus = (newest: EcsServiceDeployment): Partial<DeploymentStatus> => {
  const { startedAtMs, finishedAtMs } = newest;
  return {
    outcome: outcomes[newest.status],
    ...(finishedAtMs === undefined ? {} : { endedAt: new Date(finishedAtMs).toISOString() }),
    ...(startedAtMs === undefined || finishedAtMs === undefined
      ? {}
      : { seconds: Math.round((finishedAtMs - startedAtMs) / 1000) }),
    id: newest.arn,
  };
};

const scalingOf = ({ min, max, suspended }: ScalingBounds): NonNullable<ServiceStatus['scaling']> => ({
  min,
  max,
  isSuspended: suspended.scaleIn && suspended.scaleOut,
});

/** The tag that was shipped beats the digest that ECS runs: people know the tag. */
const imageText = ({ image, tag, digest }: Label): string => {
  if (image === undefined) return '';
  const written = parseReference(image);
  const repository = written.repository.slice(written.repository.lastIndexOf('/') + 1);
  const named = tag ?? written.tag;
  if (named !== undefined) return `${repository}:${named}`;
  const known = written.digest ?? digest;
  return known === undefined ? repository : `${repository}@${shortDigest(known)}`;
};
