/**
 * An environment at a glance: what runs, how healthy it is, who holds the lock, and what is wrong. Reads only, and few:
 * services/10 + services/20 calls, one per target group, and a constant (docs/status-and-diff.md has the sums).
 * service-status.ts makes an entry of what was read; report-status.ts draws it. Start reading at observeStatus.
 */
import { createAutoscalingGateway, resourceIdOf, type ScalableTarget } from '../aws/autoscaling.js';
import { atMost } from '../aws/batches.js';
import { type Alarm, createCloudWatchGateway } from '../aws/cloudwatch.js';
import { createEcsGateway } from '../aws/ecs.js';
import type { EcsService } from '../aws/ecs-model.js';
import { createElbGateway, type TargetHealth } from '../aws/elbv2.js';
import { toPlatformError } from '../aws/errors.js';
import type { Warning } from '../cli/report.js';
import type { ResolvedService } from '../config/project.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import type { LockHolder, LockStore } from '../engine/ports.js';
import { missingCluster } from '../services/observe-live.js';
import { newestDeployments } from './newest-deployments.js';
import { releaseLabels } from './release-labels.js';
import { alarmNamesOf, isAsleep, missingService, serviceStatus } from './service-status.js';
import { countsOf, inOrder, type LockStatus, type StatusResult } from './status-types.js';

export interface ObservedStatus {
  readonly result: StatusResult;
  /** What could not be looked at. */
  readonly warnings: readonly Warning[];
}

type Needs = Pick<Ctx, 'locks' | 'cache'>;
type Live = readonly { readonly service: ResolvedService; readonly seen: EcsService }[];

const targetGroupsAtOnce = 8;

export const observeStatus = async (
  ctx: Needs,
  at: ResolvedTarget,
  services: readonly ResolvedService[],
): Promise<ObservedStatus> => {
  const ecs = createEcsGateway(at.aws);
  const { cluster } = at.environment;
  const locks = ctx.locks(at.target);
  const names = services.map((service) => service.serviceName);
  const [found, row] = await Promise.all([
    ecs.services(cluster, names).catch((error: unknown) => {
      throw missingCluster(error, cluster);
    }),
    locks.read(),
  ]);
  const live = worstFirst(
    services.flatMap((service) => {
      const seen = found.get(service.serviceName);
      return seen ? [{ service, seen }] : [];
    }),
  );
  const [labels, targets, newest, alarms, scaling] = await Promise.all([
    releaseLabels({ ecs, cache: ctx.cache(at.target), services: live }),
    targetHealth(at, live),
    newestDeployments(ecs, cluster, live),
    allAlarms(at, live),
    allBounds(at, live),
  ]);
  const entries = services.map((service) => {
    const seen = found.get(service.serviceName);
    if (!seen) return missingService(service);
    const ref = resourceIdOf({ cluster, service: seen.name });
    return serviceStatus({
      service,
      seen,
      label: labels.get(service.name) ?? {},
      targets: seen.targetGroups.flatMap((group) => targets.get(group) ?? []),
      newest: newest.get(service.name),
      alarms: alarms.found,
      scaling: scaling.found?.get(ref),
    });
  });
  return {
    result: {
      counts: countsOf(entries),
      services: inOrder(entries),
      lock: row.holders.map((holder) => lockStatus(holder, locks)),
    },
    warnings: [...alarms.warnings, ...scaling.warnings],
  };
};

/** What deserves the calls that are limited: trouble first, then what changed last. */
const worstFirst = (live: Live): Live => {
  const urgency = ({ seen }: Live[number]): number => {
    if (seen.deployments.some(({ rollout }) => rollout === 'FAILED')) return 0;
    return seen.running < seen.desired || seen.deployments.length > 1 ? 1 : 2;
  };
  const changedAt = ({ seen }: Live[number]): number => Math.max(0, ...seen.deployments.map((d) => d.createdAtMs));
  return [...live].sort((a, b) => urgency(a) - urgency(b) || changedAt(b) - changedAt(a));
};

/** By target group. Nobody asks about the targets of a service that sleeps. */
const targetHealth = async (at: ResolvedTarget, live: Live): Promise<ReadonlyMap<string, readonly TargetHealth[]>> => {
  const elb = createElbGateway(at.aws);
  const groups = [...new Set(live.filter(({ seen }) => !isAsleep(seen)).flatMap(({ seen }) => [...seen.targetGroups]))];
  const answers = await atMost(targetGroupsAtOnce, groups, (group) => elb.targetHealth(group));
  return new Map(groups.map((group, index) => [group, answers[index] ?? []]));
};

interface Looked<T> {
  readonly found: T | undefined;
  readonly warnings: readonly Warning[];
}

/** Alarms and scaling are worth a warning, not the whole status: a role may lack the permission for them. */
const orWarning = async <T>(code: string, what: string, look: Promise<T>): Promise<Looked<T>> => {
  try {
    return { found: await look, warnings: [] };
  } catch (error) {
    const known = toPlatformError(error);
    if (known.code === 'E_CREDENTIALS') throw known;
    return { found: undefined, warnings: [{ code, message: `${what} could not be read: ${known.message}` }] };
  }
};

const allAlarms = async (at: ResolvedTarget, live: Live): Promise<Looked<ReadonlyMap<string, Alarm>>> => {
  const names = live.flatMap(({ service, seen }) => alarmNamesOf(service, seen));
  const looked = await orWarning('alarms-unread', 'alarms', createCloudWatchGateway(at.aws).alarms(names));
  if (looked.found === undefined) return looked;
  const gone = [...new Set(names)].filter((name) => !looked.found?.has(name));
  const warnings = gone.map((name) => ({ code: 'alarm-missing', message: `there is no alarm ${name} in CloudWatch` }));
  return { found: looked.found, warnings };
};

const allBounds = (at: ResolvedTarget, live: Live): Promise<Looked<ReadonlyMap<string, ScalableTarget>>> => {
  const { cluster } = at.environment;
  const refs = live.map(({ seen }) => ({ cluster, service: seen.name }));
  return orWarning('scaling-unread', 'autoscaling', createAutoscalingGateway(at.aws).targets(refs));
};

const lockStatus = (holder: LockHolder, locks: LockStore): LockStatus => ({
  run: holder.runId,
  scope:
    holder.scope.kind === 'service'
      ? holder.scope.service
      : holder.scope.kind === 'database'
        ? holder.scope.database
        : holder.scope.kind === 'run'
          ? 'a run of its own'
          : 'environment',
  operation: holder.operation,
  by: `${holder.writer.user}@${holder.writer.host}`,
  since: holder.since,
  liveness: locks.liveness?.(holder) ?? 'remote',
});
