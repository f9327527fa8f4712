/**
 * ECS's data: plain JSON, times in sandbox ms (names end in `At`). Start at reconcile.ts for what a service does,
 * task-life.ts for what a task does; *-operations.ts are the API, *-view.ts its shapes.
 */
import type {
  AwsVpcConfiguration,
  ClusterSetting,
  DeploymentConfiguration,
  LoadBalancer,
  ServiceDeploymentStatus,
  ServiceRegistry,
  Tag,
  TaskDefinition,
  TaskOverride,
} from '@aws-sdk/client-ecs';
import type { World } from '../../world.js';
import type { Place } from '../neighbours.js';

export interface ClusterState {
  readonly name: string;
  readonly arn: string;
  status: 'ACTIVE' | 'INACTIVE';
  settings: ClusterSetting[];
  capacityProviders: string[];
}

export interface StoredTaskDefinition
  extends Omit<TaskDefinition, 'registeredAt' | 'deregisteredAt' | 'deleteRequestedAt'> {
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  registeredAt: number;
  deregisteredAt?: number;
}

export interface FamilyState {
  next: number;
  readonly revisions: Record<string, StoredTaskDefinition>;
}

export type TaskStage =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated';

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly arn: string;
  readonly isEssential: boolean;
  readonly fault?: string;
  readonly tag?: string;
  digest?: string;
  status: 'PENDING' | 'RUNNING' | 'STOPPED';
  health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  hasHealthCheck: boolean;
  /** A child process runs it. */
  isReal: boolean;
  runtimeId?: string;
  startedAt?: number;
  exitCode?: number;
  reason?: string;
}

export interface TaskNetwork {
  readonly attachmentId: string;
  readonly interfaceId: string;
  readonly mac: string;
  readonly ip: string;
  readonly subnet: string;
  readonly zone: string;
}

export interface TaskState {
  readonly id: string;
  readonly arn: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly family: string;
  /** Key of its service. */
  readonly service?: string;
  /** Id of the deployment that it counts for now: a rollback takes the tasks of the revision it goes back to. */
  deployment?: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly overrides: TaskOverride;
  readonly network: TaskNetwork;
  readonly targets: readonly { readonly targetGroupArn: string; readonly port: number }[];
  readonly containers: ContainerState[];
  readonly enableExecuteCommand: boolean;
  stage: TaskStage;
  /** The timer that moves it to its next stage. */
  timer?: number;
  stop?: { readonly code: StopCode; readonly reason: string };
  /** Counts as healthy for its service now / has done so once. */
  isReady: boolean;
  wasReady: boolean;
  /** The time for which a task without health checks must run is over. */
  isSettled: boolean;
  version: number;
  readonly createdAt: number;
  connectivityAt?: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  stoppingAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
}

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

export interface DeploymentState {
  readonly id: string;
  readonly revision: string;
  readonly taskDefinition: string;
  readonly createdAt: number;
  updatedAt: number;
  status: 'PRIMARY' | 'ACTIVE';
  rolloutState: RolloutState;
  rolloutStateReason: string;
  /** Tasks that failed, ever. */
  failedTasks: number;
  /** Tasks in a row that never reached RUNNING. */
  failedStarts: number;
  /** No task is launched before. */
  backoffUntil: number;
  isImpaired: boolean;
}

export interface RevisionSummary {
  readonly arn: string;
  readonly requestedTaskCount: number;
  readonly runningTaskCount: number;
  readonly pendingTaskCount: number;
}

export interface BreakerState {
  status: 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'DISABLED';
  failureCount: number;
  readonly threshold: number;
  readonly isRollback: boolean;
  readonly isReset: boolean;
}

export interface ServiceDeploymentState {
  readonly arn: string;
  readonly deployment: string;
  readonly targetRevision: string;
  readonly sources: readonly { readonly deployment: string; readonly revision: string }[];
  readonly configuration: DeploymentConfiguration;
  readonly breaker: BreakerState;
  readonly createdAt: number;
  status: ServiceDeploymentStatus;
  statusReason?: string;
  startedAt?: number;
  finishedAt?: number;
  stoppedAt?: number;
  updatedAt: number;
  /** Counts when it ended. */
  final?: { readonly target: RevisionSummary; readonly sources: readonly RevisionSummary[] };
  rollback?: {
    readonly reason: string;
    readonly startedAt: number;
    readonly revision?: string;
    readonly deployment?: string;
    failures: number;
  };
}

export interface RevisionState {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly createdAt: number;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly network?: AwsVpcConfiguration;
  readonly platformVersion: string;
  readonly images: readonly { readonly containerName: string; readonly image: string; readonly imageDigest?: string }[];
}

export interface ServiceEvent {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

export interface ServiceState {
  readonly key: string;
  readonly name: string;
  readonly arn: string;
  readonly cluster: string;
  readonly createdAt: number;
  readonly clientToken?: string;
  readonly schedulingStrategy: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  taskDefinition: string;
  desiredCount: number;
  loadBalancers: LoadBalancer[];
  serviceRegistries: ServiceRegistry[];
  network?: AwsVpcConfiguration;
  platformVersion: string;
  configuration: DeploymentConfiguration;
  healthCheckGracePeriodSeconds?: number;
  propagateTags: string;
  enableECSManagedTags: boolean;
  enableExecuteCommand: boolean;
  availabilityZoneRebalancing: string;
  /** Newest first. */
  deployments: DeploymentState[];
  serviceDeployments: ServiceDeploymentState[];
  events: ServiceEvent[];
  revisions: Record<string, RevisionState>;
  /** Revision of the last deployment that completed. */
  completedRevision?: string;
  /** Tasks that are not STOPPED yet, oldest first. */
  tasks: string[];
  wake?: { readonly timer: number; readonly at: number };
  isSteady: boolean;
}

export interface EcsState {
  readonly clusters: Record<string, ClusterState>;
  readonly families: Record<string, FamilyState>;
  readonly services: Record<string, ServiceState>;
  readonly tasks: Record<string, TaskState>;
  /** Private address → task id, while the interface exists. */
  readonly addresses: Record<string, string>;
  readonly runTokens: Record<
    string,
    { readonly taskIds: readonly string[]; readonly request: string; readonly at: number }
  >;
  readonly tags: Record<string, Tag[]>;
  nextAddress: number;
}

export const initialEcs = (): EcsState => ({
  clusters: {},
  families: {},
  services: {},
  tasks: {},
  addresses: {},
  runTokens: {},
  tags: {},
  nextAddress: 10,
});

export const ecsState = ({ world, region }: Place): EcsState => world.service<EcsState>(region, 'ecs');

/** Own members only: names come from requests. */
export const own = <T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

export const lastPart = (arnOrName: string): string => arnOrName.slice(arnOrName.lastIndexOf('/') + 1);

export const dateOf = (at: number | undefined): Date | undefined => (at === undefined ? undefined : new Date(at));

/** Tasks of a service that are not STOPPED. */
export const tasksOf = (place: Place, service: ServiceState): readonly TaskState[] => {
  const { tasks } = ecsState(place);
  return service.tasks.flatMap((id) => {
    const task = own(tasks, id);
    return task ? [task] : [];
  });
};

export const isLive = (task: TaskState): boolean => task.stop === undefined;

const starting: ReadonlySet<TaskStage> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING']);
export const isStarting = (task: TaskState): boolean => starting.has(task.stage);

const ongoing: ReadonlySet<ServiceDeploymentStatus> = new Set([
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]);
export const isOngoing = (deployment: ServiceDeploymentState): boolean => ongoing.has(deployment.status);

export const activeServiceDeployment = (service: ServiceState): ServiceDeploymentState | undefined =>
  service.serviceDeployments.find(isOngoing);

export const primaryOf = (service: ServiceState): DeploymentState | undefined => service.deployments[0];

export const taskDefinitionOf = (place: Place, arn: string): StoredTaskDefinition | undefined => {
  const [family = '', revision = ''] = lastPart(arn).split(':');
  const found = own(ecsState(place).families, family);
  return found && own(found.revisions, revision);
};

export const placeOf = (call: { readonly world: World; readonly region: string }): Place => ({
  world: call.world,
  region: call.region,
});
