/**
 * What the simulated services ask of each other, as functions that a module may carry in its `neighbour` member:
 * ECS asks the SSM, Secrets Manager, IAM and ECR modules; ELBv2 asks ECS how a target answers. A world without a
 * module (a unit test) gets the answer "it exists". This file knows no module, so the folders stay free of import cycles.
 */
import type { Call, ServiceModule } from '../service.js';
import type { World } from '../world.js';

export interface Place {
  readonly world: World;
  readonly region: string;
}

/** How a target answers an HTTP request to it; `pending` means that a real probe is under way and reports by itself. */
export type ProbeAnswer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'pending' };

export interface Probe {
  readonly targetGroupArn: string;
  readonly ip: string;
  readonly port: number;
  readonly path: string;
}

/** What is behind an address of the simulated network. */
export interface Backend {
  readonly taskId: string;
  readonly service: string;
  readonly container: string;
  readonly version: string;
  readonly fault?: string;
  /** A child process runs it (`--exec`). */
  readonly isReal: boolean;
  /** The loopback port of that process. */
  readonly loopbackPort?: number;
  readonly logs?: { readonly region: string; readonly group: string; readonly stream: string };
}

export interface TargetChange {
  readonly targetGroupArn: string;
  readonly ip: string;
  readonly port: number;
  readonly state: string;
  readonly description?: string;
}

/** One metric with its dimensions, as CloudWatch names it. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What a metric was in the minute that begins `at`; `values` is how often it had which value. */
export interface MetricMinute {
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** Metrics that a service writes into CloudWatch. They are made up when somebody reads them. */
export interface MetricSource {
  readonly namespace: string;
  /** Unit by metric name. */
  readonly units: Readonly<Record<string, string>>;
  readonly list: (place: Place) => readonly MetricId[];
  /** Brings everything up to now; who reads much calls it once and then reads `isPrepared`. */
  readonly prepare?: (place: Place) => void;
  /** Minutes that begin in [from, to), oldest first; those without data are left out. */
  readonly read: (place: Place, ask: MetricSpan) => readonly MetricMinute[];
}

export interface MetricSpan {
  readonly metric: MetricId;
  readonly from: number;
  readonly to: number;
  readonly isPrepared?: true;
}

/** An alarm's action on a scaling policy. */
export interface AlarmNotice {
  readonly policyArn: string;
  readonly alarm: string;
  readonly state: string;
  /** The newest value of the alarm's metric, and what it was compared with. */
  readonly value: number;
  readonly threshold: number;
}

/** What a role may be asked for when a task starts. */
export type RoleUse = 'assume' | 'ecr' | 'logs' | 'ssm' | 'secretsmanager' | 'ssmmessages';

/** A running container whose agent answers, as the target of a session. */
export interface SessionTarget {
  readonly taskArn: string;
  readonly container: string;
  /** The loopback port of its process, when it is one that listens. */
  readonly ownPort?: { readonly containerPort: number; readonly loopbackPort: number };
}

/** A command to run in a container, through a session. */
export interface CommandSession {
  readonly target: string;
  readonly taskArn: string;
  readonly container: string;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Neighbour {
  /** ssm: a parameter's value by name or ARN; undefined when there is none. */
  readonly parameterValue?: (place: Place, nameOrArn: string) => string | undefined;
  /** secretsmanager: a secret's current value by name or ARN (with or without `:json-key:stage:version`). */
  readonly secretValue?: (place: Place, nameOrArn: string) => string | undefined;
  /** iam: whether the role exists and its policies allow this use. */
  readonly roleAllows?: (place: Place, ask: { readonly roleArn: string; readonly use: RoleUse }) => boolean;
  /** ecr: whether the account's registry has the repository. */
  readonly repositoryExists?: (place: Place, repository: string) => boolean;
  /** ecr: whether a pull by tag or digest finds the image in the account's registry. */
  readonly isPullable?: (
    place: Place,
    image: { readonly repository: string; readonly tag?: string; readonly digest?: string },
  ) => boolean;
  /** ecs: how the task behind an address answers. */
  readonly answerProbe?: (place: Place, probe: Probe) => ProbeAnswer;
  /** ecs: which task is behind an address. */
  readonly backend?: (place: Place, address: { readonly ip: string; readonly port: number }) => Backend | undefined;
  /** ecs: the container that a session's target names; undefined when no agent answers there. */
  readonly sessionTarget?: (
    place: Place,
    ask: { readonly cluster: string; readonly task: string; readonly runtimeId: string },
  ) => SessionTarget | undefined;
  /** ssm: opens a session in which a command runs. */
  readonly openCommandSession?: (
    call: Call,
    session: CommandSession,
  ) => { readonly sessionId: string; readonly streamUrl: string; readonly tokenValue: string };
  /** ssm: a container has ended, and so have the sessions in it. */
  readonly containerStopped?: (
    world: World,
    container: { readonly taskArn: string; readonly container: string },
  ) => void;
  /** ecs: a target of one of its tasks changed. */
  readonly targetChanged?: (place: Place, change: TargetChange) => void;
  /** ecs: an active service's task counts; undefined when there is none. */
  readonly serviceCapacity?: (
    place: Place,
    service: { readonly cluster: string; readonly service: string },
  ) => { readonly desired: number; readonly running: number; readonly isDeploying: boolean } | undefined;
  /** ecs: what Application Auto Scaling does to a service. */
  readonly setDesiredCount?: (
    place: Place,
    change: { readonly cluster: string; readonly service: string; readonly count: number },
  ) => void;
  /** elbv2, ecs: what they report to CloudWatch. */
  readonly metrics?: MetricSource;
  /** cloudwatch: alarms that a scaling policy keeps for itself; the input is PutMetricAlarm's. */
  readonly putAlarm?: (place: Place, input: object) => void;
  readonly deleteAlarm?: (place: Place, name: string) => void;
  /** autoscaling: an alarm asks a scaling policy to act; false when there is no such policy. */
  readonly alarmed?: (place: Place, notice: AlarmNotice) => boolean;
  /** sns: false when there is no such topic. */
  readonly publish?: (
    place: Place,
    notice: { readonly topicArn: string; readonly subject: string; readonly message: string },
  ) => boolean;
}

/** A module that answers its neighbours. */
export interface NeighbourlyModule extends ServiceModule {
  readonly neighbour: Neighbour;
}

const nobody: Neighbour = {};

export const neighbour = (world: World, id: string): Neighbour => {
  const module: ServiceModule | undefined = world.modules.get(id);
  return module && 'neighbour' in module ? (module as NeighbourlyModule).neighbour : nobody;
};
