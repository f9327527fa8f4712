/**
 * ECS as the rest of the program sees it: our own readonly records, made from the SDK's shapes here and nowhere else.
 * Times are milliseconds since epoch in AWS time. Start reading at EcsService; the calls are in ecs.ts.
 */
import type { Container, Deployment, Service, ServiceDeployment, ServiceRevision, Task } from '@aws-sdk/client-ecs';
import { redactText } from '../engine/redact.js';

export interface EcsDeployment {
  /** `ecs-svc/…`; tasks of this deployment carry it as `startedBy`. */
  readonly id: string;
  readonly status: string;
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly failed: number;
  readonly rollout?: string | undefined;
  readonly reason?: string | undefined;
  readonly createdAtMs: number;
}

export interface Breaker {
  readonly enabled: boolean;
  readonly rollback: boolean;
}

/** Where a service's tasks run, for a task of its own that is to run beside them. */
export type Placement = {
  /** Null unless its network mode is awsvpc. */
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
    readonly assignPublicIp: 'ENABLED' | 'DISABLED';
  } | null;
  /** Null where capacity providers decide. */
  readonly launchType: string | null;
  readonly capacityProviders: readonly { readonly name: string; readonly weight: number; readonly base: number }[];
  readonly platformVersion: string | null;
};

export interface EcsService {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  /** ARN of the task definition of the primary deployment. */
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly deployments: readonly EcsDeployment[];
  /** Newest first, as ECS gives them. */
  readonly events: readonly { readonly id: string; readonly atMs: number; readonly message: string }[];
  readonly currentServiceDeployment?: string | undefined;
  readonly breaker: Breaker;
  readonly strategy: string;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly targetGroups: readonly string[];
  /** ARNs of the service revisions that have tasks: one, or several while a deployment is under way. */
  readonly revisions?: readonly string[] | undefined;
  /** CloudWatch alarms that watch its deployments. */
  readonly alarmNames?: readonly string[] | undefined;
  readonly loadBalancers?: readonly EcsLoadBalancer[] | undefined;
  readonly network?: EcsNetwork | undefined;
  /** Whether tasks that start from now on can be entered (ECS Exec). */
  readonly execEnabled?: boolean | undefined;
  readonly createdAtMs: number;
}

export interface EcsLoadBalancer {
  readonly targetGroup?: string | undefined;
  readonly container?: string | undefined;
  readonly port?: number | undefined;
}

export interface EcsNetwork {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

export type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED';

export interface EcsServiceDeployment {
  readonly arn: string;
  readonly status: ServiceDeploymentStatus;
  readonly statusReason?: string | undefined;
  readonly createdAtMs: number;
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  readonly targetRevision?: string | undefined;
  readonly sourceRevisions: readonly string[];
  readonly requested: number;
  readonly running: number;
  readonly pending: number;
  readonly stage?: string | undefined;
  readonly rollbackReason?: string | undefined;
  readonly rollbackRevision?: string | undefined;
  readonly failures?:
    | { readonly status?: string | undefined; readonly count: number; readonly threshold: number }
    | undefined;
}

export interface EcsServiceRevision {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly images: readonly {
    readonly container: string;
    readonly image: string;
    readonly digest?: string | undefined;
  }[];
  readonly createdAtMs: number;
}

export interface EcsContainer {
  readonly name: string;
  readonly status?: string | undefined;
  readonly health?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly image?: string | undefined;
  readonly digest?: string | undefined;
  /** By which a session finds it. */
  readonly runtimeId?: string | undefined;
  /** The agent of ECS Exec; undefined where the task was started without. */
  readonly execAgent?: { readonly status: string; readonly reason?: string | undefined } | undefined;
}

export interface EcsTask {
  readonly arn: string;
  /** Last part of the ARN. */
  readonly id: string;
  readonly taskDefinition: string;
  readonly status: string;
  readonly desiredStatus: string;
  readonly health?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly execEnabled?: boolean | undefined;
  readonly platformVersion?: string | undefined;
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly createdAtMs: number;
  readonly startedAtMs?: number | undefined;
  readonly stoppedAtMs?: number | undefined;
  /** Private address, by which a target group knows the task. */
  readonly address?: string | undefined;
  readonly containers: readonly EcsContainer[];
}

export interface TaskDefinitionRecord {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly status: string;
  readonly registeredAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** The definition in AWS's JSON shape. May hold plain-text environment values: never journal it. */
  readonly definition: Readonly<Record<string, unknown>>;
}

export const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** `…:task-definition/shop-api:12` → 12. */
export const revisionOf = (taskDefinition: string): number => {
  const number = Number(taskDefinition.slice(taskDefinition.lastIndexOf(':') + 1));
  return Number.isInteger(number) ? number : 0;
};

/** `…:task-definition/shop-api:12` → `shop-api`. */
export const familyOf = (taskDefinition: string): string => lastPart(taskDefinition).replace(/:\d+$/, '');

/** AWS passes on what programs and people said; a connection string in it goes no further than here. */
export const spoken = (text: string): string => redactText(text);
const spokenOrNone = (text: string | undefined): string | undefined => (text === undefined ? undefined : spoken(text));

const ms = (date: Date | undefined): number | undefined => date?.getTime();

const toDeployment = (d: Deployment): EcsDeployment => ({
  id: d.id ?? '',
  status: d.status ?? '',
  taskDefinition: d.taskDefinition ?? '',
  desired: d.desiredCount ?? 0,
  running: d.runningCount ?? 0,
  pending: d.pendingCount ?? 0,
  failed: d.failedTasks ?? 0,
  rollout: d.rolloutState,
  reason: spokenOrNone(d.rolloutStateReason),
  createdAtMs: ms(d.createdAt) ?? 0,
});

export const toPlacement = (s: Service): Placement => {
  const network = s.networkConfiguration?.awsvpcConfiguration;
  return {
    network: network
      ? {
          subnets: network.subnets ?? [],
          securityGroups: network.securityGroups ?? [],
          assignPublicIp: network.assignPublicIp ?? 'DISABLED',
        }
      : null,
    launchType: s.launchType ?? null,
    capacityProviders: (s.capacityProviderStrategy ?? []).map((item) => ({
      name: item.capacityProvider ?? '',
      weight: item.weight ?? 0,
      base: item.base ?? 0,
    })),
    platformVersion: s.platformVersion ?? null,
  };
};

export const toService = (s: Service): EcsService => ({
  arn: s.serviceArn ?? '',
  name: s.serviceName ?? '',
  status: s.status ?? '',
  taskDefinition: s.taskDefinition ?? '',
  desired: s.desiredCount ?? 0,
  running: s.runningCount ?? 0,
  pending: s.pendingCount ?? 0,
  deployments: (s.deployments ?? []).map(toDeployment),
  events: (s.events ?? []).map((e) => ({
    id: e.id ?? '',
    atMs: ms(e.createdAt) ?? 0,
    // A hundred come with every service at every look, and few are shown.
    get message() {
      return spoken(e.message ?? '');
    },
  })),
  currentServiceDeployment: s.currentServiceDeployment,
  breaker: {
    enabled: s.deploymentConfiguration?.deploymentCircuitBreaker?.enable ?? false,
    rollback: s.deploymentConfiguration?.deploymentCircuitBreaker?.rollback ?? false,
  },
  strategy: s.deploymentConfiguration?.strategy ?? 'ROLLING',
  minimumHealthyPercent: s.deploymentConfiguration?.minimumHealthyPercent ?? 100,
  maximumPercent: s.deploymentConfiguration?.maximumPercent ?? 200,
  execEnabled: s.enableExecuteCommand ?? false,
  targetGroups: (s.loadBalancers ?? []).flatMap((lb) => (lb.targetGroupArn ? [lb.targetGroupArn] : [])),
  revisions: (s.currentServiceRevisions ?? []).flatMap((r) => (r.arn ? [r.arn] : [])),
  alarmNames: s.deploymentConfiguration?.alarms?.alarmNames ?? [],
  loadBalancers: (s.loadBalancers ?? []).map((lb) => ({
    targetGroup: lb.targetGroupArn,
    container: lb.containerName,
    port: lb.containerPort,
  })),
  network: toNetwork(s),
  createdAtMs: ms(s.createdAt) ?? 0,
});

const toNetwork = (s: Service): EcsNetwork | undefined => {
  const network = s.networkConfiguration?.awsvpcConfiguration;
  return (
    network && {
      subnets: network.subnets ?? [],
      securityGroups: network.securityGroups ?? [],
      assignPublicIp: network.assignPublicIp === 'ENABLED',
    }
  );
};

export const toServiceDeployment = (d: ServiceDeployment): EcsServiceDeployment => ({
  arn: d.serviceDeploymentArn ?? '',
  status: (d.status ?? 'PENDING') as ServiceDeploymentStatus,
  statusReason: spokenOrNone(d.statusReason),
  createdAtMs: ms(d.createdAt) ?? 0,
  startedAtMs: ms(d.startedAt),
  finishedAtMs: ms(d.finishedAt) ?? ms(d.stoppedAt),
  targetRevision: d.targetServiceRevision?.arn,
  sourceRevisions: (d.sourceServiceRevisions ?? []).flatMap((r) => (r.arn ? [r.arn] : [])),
  requested: d.targetServiceRevision?.requestedTaskCount ?? 0,
  running: d.targetServiceRevision?.runningTaskCount ?? 0,
  pending: d.targetServiceRevision?.pendingTaskCount ?? 0,
  stage: d.lifecycleStage,
  rollbackReason: spokenOrNone(d.rollback?.reason),
  rollbackRevision: d.rollback?.serviceRevisionArn,
  failures: d.deploymentCircuitBreaker
    ? {
        status: d.deploymentCircuitBreaker.status,
        count: d.deploymentCircuitBreaker.failureCount ?? 0,
        threshold: d.deploymentCircuitBreaker.threshold ?? 0,
      }
    : undefined,
});

export const toServiceRevision = (r: ServiceRevision): EcsServiceRevision => ({
  arn: r.serviceRevisionArn ?? '',
  taskDefinition: r.taskDefinition ?? '',
  images: (r.containerImages ?? []).map((i) => ({
    container: i.containerName ?? '',
    image: i.image ?? '',
    digest: i.imageDigest,
  })),
  createdAtMs: ms(r.createdAt) ?? 0,
});

const toContainer = (c: Container): EcsContainer => ({
  name: c.name ?? '',
  status: c.lastStatus,
  health: c.healthStatus,
  exitCode: c.exitCode,
  reason: spokenOrNone(c.reason),
  image: c.image,
  digest: c.imageDigest,
  runtimeId: c.runtimeId,
  execAgent: execAgentOf(c),
});

const execAgentOf = (c: Container): EcsContainer['execAgent'] => {
  const agent = c.managedAgents?.find(({ name }) => name === 'ExecuteCommandAgent');
  return agent && { status: agent.lastStatus ?? '', reason: agent.reason };
};

const addressOf = (t: Task): string | undefined => {
  const direct = t.containers?.flatMap((c) => c.networkInterfaces ?? []).find((n) => n.privateIpv4Address);
  if (direct?.privateIpv4Address) return direct.privateIpv4Address;
  const details = t.attachments?.flatMap((a) => a.details ?? []);
  return details?.find((d) => d.name === 'privateIPv4Address')?.value;
};

export const toTask = (t: Task): EcsTask => ({
  arn: t.taskArn ?? '',
  id: lastPart(t.taskArn ?? ''),
  taskDefinition: t.taskDefinitionArn ?? '',
  status: t.lastStatus ?? '',
  desiredStatus: t.desiredStatus ?? '',
  health: t.healthStatus,
  startedBy: t.startedBy,
  execEnabled: t.enableExecuteCommand ?? false,
  platformVersion: t.platformVersion,
  stopCode: t.stopCode,
  stoppedReason: spokenOrNone(t.stoppedReason),
  createdAtMs: ms(t.createdAt) ?? 0,
  startedAtMs: ms(t.startedAt),
  stoppedAtMs: ms(t.stoppedAt) ?? ms(t.stoppingAt),
  address: addressOf(t),
  containers: (t.containers ?? []).map(toContainer),
});
