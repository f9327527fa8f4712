/**
 * ELBv2's data: plain JSON, times in sandbox ms. targets.ts moves targets, the other files are the operations.
 */
import type { Action, RuleCondition, Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { World } from '../../world.js';

export interface LoadBalancerState {
  readonly arn: string;
  readonly name: string;
  readonly type: string;
  readonly scheme: string;
  readonly vpcId: string;
  readonly createdAt: number;
  subnets: string[];
  securityGroups: string[];
  stateCode: 'provisioning' | 'active';
  attributes: Record<string, string>;
}

export interface ListenerState {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
  protocol: string;
  certificates: string[];
  sslPolicy?: string;
  defaultActions: Action[];
}

export interface RuleState {
  readonly arn: string;
  readonly listenerArn: string;
  priority: number;
  conditions: RuleCondition[];
  actions: Action[];
}

export type TargetStateName = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface TargetState {
  readonly id: string;
  readonly port: number;
  readonly zone?: string;
  readonly registeredAt: number;
  state: TargetStateName;
  reason?: string;
  description?: string;
  /** Consecutive checks of one kind. */
  passes: number;
  fails: number;
  /** The next health check, or the end of draining. */
  timer?: number;
}

export interface HealthCheck {
  enabled: boolean;
  protocol: string;
  port: string;
  path: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  matcher: string;
}

export interface TargetGroupState {
  readonly arn: string;
  readonly name: string;
  readonly protocol: string;
  readonly protocolVersion: string;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: string;
  healthCheck: HealthCheck;
  attributes: Record<string, string>;
  /** `ip:port` → target, in order of registration. */
  targets: Record<string, TargetState>;
}

/** What a target group's requests were in one minute; a tuple, because a snapshot holds thousands. */
export type MinuteMetrics = [
  minuteSinceEpoch: number,
  requests: number,
  /** 5xx answers of targets, and of the balancer itself. */
  targetErrors: number,
  balancerErrors: number,
  /** Milliseconds, of requests that a target answered. */
  latencySum: number,
  /** 4xx answers of targets. */
  clientErrors?: number,
  /** Requests for which there was no target. */
  unrouted?: number,
  /** Counts of latencies: index i holds those from 1.25^i - 1 to 1.25^(i+1) - 1 ms. */
  latencies?: number[],
];

/** From `at` on, a target group had so many healthy and unhealthy targets. */
export type HostCounts = [at: number, healthy: number, unhealthy: number];

export interface TrafficState {
  /**
   * Per route: since when it has traffic, at which rate, how many of its requests were counted so far, and up to which
   * one the log has its lines.
   */
  readonly made: Record<string, { readonly from: number; readonly rate: number; count: number; lined?: number }>;
  /** Per target group, oldest minute first. */
  readonly metrics: Record<string, MinuteMetrics[]>;
  /** Per target group, oldest first. */
  hosts?: Record<string, HostCounts[]>;
}

export interface Elbv2State {
  readonly loadBalancers: Record<string, LoadBalancerState>;
  readonly listeners: Record<string, ListenerState>;
  readonly rules: Record<string, RuleState>;
  readonly targetGroups: Record<string, TargetGroupState>;
  readonly tags: Record<string, Tag[]>;
  readonly traffic: TrafficState;
}

export const initialElbv2 = (): Elbv2State => ({
  loadBalancers: {},
  listeners: {},
  rules: {},
  targetGroups: {},
  tags: {},
  traffic: { made: {}, metrics: {} },
});

export const elbv2State = (world: World, region: string): Elbv2State => world.service<Elbv2State>(region, 'elbv2');

export const targetKey = (target: { readonly ip: string; readonly port: number }): string =>
  `${target.ip}:${target.port}`;

/** Target groups that an action sends requests to, with their weights. */
export const forwardWeights = (
  actions: readonly Action[],
): readonly { readonly arn: string; readonly weight: number }[] => {
  const forward = actions.find((action) => action.Type === 'forward');
  if (!forward) return [];
  const groups = forward.ForwardConfig?.TargetGroups;
  if (groups?.length)
    return groups.flatMap((group) =>
      group.TargetGroupArn ? [{ arn: group.TargetGroupArn, weight: group.Weight ?? 1 }] : [],
    );
  return forward.TargetGroupArn ? [{ arn: forward.TargetGroupArn, weight: 1 }] : [];
};

/** Every action list of a region, with its listener: rules first, then default actions. */
export const routes = (
  state: Elbv2State,
): readonly { readonly id: string; readonly listener: ListenerState; readonly actions: readonly Action[] }[] => {
  const found: { id: string; listener: ListenerState; actions: readonly Action[] }[] = [];
  for (const rule of Object.values(state.rules)) {
    const listener = state.listeners[rule.listenerArn];
    if (listener) found.push({ id: rule.arn, listener, actions: rule.actions });
  }
  for (const listener of Object.values(state.listeners))
    found.push({ id: listener.arn, listener, actions: listener.defaultActions });
  return found;
};

export const loadBalancersOf = (state: Elbv2State, targetGroupArn: string): readonly string[] => [
  ...new Set(
    routes(state)
      .filter((route) => forwardWeights(route.actions).some((group) => group.arn === targetGroupArn))
      .map((route) => route.listener.loadBalancerArn),
  ),
];
