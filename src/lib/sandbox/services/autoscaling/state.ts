/**
 * Application Auto Scaling's data: plain JSON, times in sandbox ms. Only `ecs:service:DesiredCount` is simulated.
 * targets.ts, policies.ts and scheduled-actions.ts are the API, scale.ts moves a service's desired count.
 */
import type {
  ScalableTargetAction,
  ScalingActivityStatusCode,
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';

export interface Suspension {
  scaleIn: boolean;
  scaleOut: boolean;
  scheduled: boolean;
}

export interface ScalableTarget {
  /** `service/<cluster>/<name>` */
  readonly resourceId: string;
  readonly arn: string;
  readonly createdAt: number;
  minCapacity: number;
  maxCapacity: number;
  roleArn: string;
  suspended: Suspension;
  tags: Record<string, string>;
  /** When a scaling policy may scale out / in again. */
  cooldown: { outUntil: number; inUntil: number };
}

export interface ScalingPolicy {
  readonly name: string;
  readonly arn: string;
  readonly resourceId: string;
  readonly createdAt: number;
  type: 'StepScaling' | 'TargetTrackingScaling';
  step?: StepScalingPolicyConfiguration;
  tracking?: TargetTrackingScalingPolicyConfiguration;
  /** Alarms that the policy made for itself (target tracking). */
  alarms: { readonly name: string; readonly arn: string }[];
}

export interface ScheduledAction {
  readonly name: string;
  readonly arn: string;
  readonly resourceId: string;
  readonly createdAt: number;
  schedule: string;
  timezone?: string;
  startAt?: number;
  endAt?: number;
  action: ScalableTargetAction;
  timer?: number;
}

export interface ScalingActivity {
  readonly id: string;
  readonly resourceId: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly capacity: number;
  endedAt?: number;
  status: ScalingActivityStatusCode;
  statusMessage: string;
}

export interface AutoScalingState {
  /** By resource id. */
  readonly targets: Record<string, ScalableTarget>;
  /** By resource id and name, as `keyOf` makes it; the same for scheduled actions. */
  readonly policies: Record<string, ScalingPolicy>;
  readonly scheduledActions: Record<string, ScheduledAction>;
  /** Newest first. */
  readonly activities: ScalingActivity[];
}

export const initialAutoScaling = (): AutoScalingState => ({
  targets: {},
  policies: {},
  scheduledActions: {},
  activities: [],
});

export const namespace = 'ecs';
export const dimension = 'ecs:service:DesiredCount';

export const autoScalingState = ({ world, region }: Place): AutoScalingState =>
  world.service<AutoScalingState>(region, 'autoscaling');

/** A resource id has no spaces. */
export const keyOf = (resourceId: string, name: string): string => `${resourceId} ${name}`;

/** Own members only: names come from requests. */
export const ownOf = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

export const placeOf = ({ world, region }: Call): Place => ({ world, region });

/** `service/<cluster>/<name>` → its parts. */
export const serviceOf = (resourceId: string): { readonly cluster: string; readonly service: string } => {
  const [, cluster = '', service = ''] = resourceId.split('/');
  return { cluster, service };
};

export const validation = (message: string): AwsError => new AwsError('ValidationException', message);

export const targetNotFound = (resourceId: string): AwsError =>
  new AwsError(
    'ObjectNotFoundException',
    `No scalable target found for service namespace: ${namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}`,
  );
