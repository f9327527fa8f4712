/** What `platform status` finds: the JSON contract of its result, its order and its counts. result-schemas.ts is the same as zod. Pure. */

/** deploying: a service deployment is under way. degraded: it is not, and something is wrong. */
export type ServiceState = 'healthy' | 'deploying' | 'degraded' | 'asleep' | 'missing';

/** How the newest service deployment ended, or what it does. */
export type DeploymentOutcome =
  | 'succeeded'
  | 'in-progress'
  | 'rolling-back'
  | 'rolled-back'
  | 'rollback-failed'
  | 'stopped';

export interface DeploymentStatus {
  /** ECS's rollout state of the live deployment. */
  readonly status: string;
  readonly since: string;
  readonly reason?: string;
  /** Of the newest service deployment; absent where only the rollout state was asked for (large environments). */
  readonly outcome?: DeploymentOutcome;
  readonly endedAt?: string;
  readonly seconds?: number;
  /** ARN of the newest service deployment. */
  readonly id?: string;
}

export interface AlarmStatus {
  readonly name: string;
  /** missing: platform.yaml or the service names it, CloudWatch does not have it. */
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing';
  readonly since?: string;
  readonly reason?: string;
}

export interface ServiceStatus {
  readonly service: string;
  readonly serviceName: string;
  readonly state: ServiceState;
  /** The task definition's revision. */
  readonly release: number;
  /** ARN; empty for a missing service. */
  readonly taskDefinition: string;
  /** For people: the tag that was shipped where it is known, else the digest. */
  readonly image: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly strategy: string;
  readonly targets?: { readonly healthy: number; readonly total: number };
  /** Where Application Auto Scaling moves the desired count. */
  readonly scaling?: { readonly min: number; readonly max: number; readonly isSuspended: boolean };
  readonly deployment?: DeploymentStatus;
  readonly alarms: readonly AlarmStatus[];
  readonly problems: readonly string[];
}

export interface LockStatus {
  readonly run: string;
  readonly scope: string;
  readonly operation: string;
  readonly by: string;
  readonly since: string;
  /** gone: the process that held it no longer exists. remote: on another machine, it cannot be known from here. */
  readonly liveness: 'live' | 'gone' | 'remote';
}

export type StateCounts = Readonly<Record<ServiceState, number>>;

export interface StatusResult {
  /** Of every service that was looked at, also those that `--state` leaves out. */
  readonly counts: StateCounts;
  /** Problems first. */
  readonly services: readonly ServiceStatus[];
  readonly lock: readonly LockStatus[];
}

export const hasTrouble = (entry: ServiceStatus): boolean => entry.problems.length > 0;

const rank: Readonly<Record<ServiceState, number>> = { missing: 0, degraded: 1, deploying: 3, healthy: 4, asleep: 5 };
const deployingBadly = 2;

const rankOf = (entry: ServiceStatus): number =>
  entry.state === 'deploying' && hasTrouble(entry) ? deployingBadly : rank[entry.state];

/** Problems first, then what moves, then what is calm. */
export const inOrder = (services: readonly ServiceStatus[]): readonly ServiceStatus[] =>
  [...services].sort((a, b) => rankOf(a) - rankOf(b) || (a.service < b.service ? -1 : 1));

export const countsOf = (services: readonly ServiceStatus[]): StateCounts => {
  const counts = { healthy: 0, deploying: 0, degraded: 0, asleep: 0, missing: 0 };
  for (const { state } of services) counts[state] += 1;
  return counts;
};
