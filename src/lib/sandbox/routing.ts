/** Which target group and target a request goes to: rules by priority, weights, healthy targets. */
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  type Elbv2State,
  forwardWeights,
  type ListenerState,
  routes,
  type TargetState,
} from './services/elbv2/state.js';

export interface Route {
  /** ARN of its rule, or of the listener for default actions. */
  readonly id: string;
  readonly seed: number;
  readonly groups: readonly { readonly arn: string; readonly weight: number }[];
  readonly pathPattern: string;
}

/** Well spread 32 bits of two numbers (a finaliser in the manner of MurmurHash). */
export const mix = (a: number, b: number): number => {
  let x = (a ^ Math.imul(b + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
};

const seedOf = (text: string): number => {
  let seed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    seed = Math.imul(seed ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return seed;
};

const pathOf = (conditions: readonly RuleCondition[]): string => {
  const condition = conditions.find((each) => each.Field === 'path-pattern');
  return condition?.PathPatternConfig?.Values?.[0] ?? condition?.Values?.[0] ?? '/*';
};

/**
 * The routes that have load of their own: one per set of target groups, on the lowest listener port (a test listener
 * forwards to the same groups and gets none), and only where a group has a target.
 */
export const servedRoutes = (state: Elbv2State): readonly Route[] => {
  const bySet = new Map<string, { readonly port: number; readonly route: Route }>();
  for (const { id, listener, actions } of routes(state)) {
    const groups = forwardWeights(actions);
    if (!groups.some(({ arn }) => hasTargets(state, arn))) continue;
    const key = groups
      .map(({ arn }) => arn)
      .sort()
      .join(' ');
    const known = bySet.get(key);
    if (known && known.port <= listener.port) continue;
    const pathPattern = pathOf(state.rules[id]?.conditions ?? []);
    bySet.set(key, { port: listener.port, route: { id, seed: seedOf(id), groups, pathPattern } });
  }
  return [...bySet.values()].map(({ route }) => route);
};

const hasTargets = (state: Elbv2State, arn: string): boolean => {
  for (const key in state.targetGroups[arn]?.targets) if (key) return true;
  return false;
};

/** Healthy targets; when there is none, every registered one (a balancer fails open). */
export const eligibleTargets = (state: Elbv2State, targetGroupArn: string): readonly TargetState[] => {
  const targets = Object.values(state.targetGroups[targetGroupArn]?.targets ?? {});
  const healthy = targets.filter((target) => target.state === 'healthy');
  return healthy.length > 0 ? healthy : targets.filter((target) => target.state !== 'draining');
};

/** Undefined when all weights are 0. */
export const pickWeighted = <T extends { readonly weight: number }>(
  items: readonly T[],
  dice: number,
): T | undefined => {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  if (total <= 0) return undefined;
  let rest = dice % total;
  for (const item of items) {
    if (rest < item.weight) return item;
    rest -= item.weight;
  }
  return undefined;
};

const samples = ['', 'orders', 'orders/42', 'items', 'items/7', 'customers/19'];

/** A path that the route's rule matches. */
export const samplePath = (route: Route, dice: number): string =>
  route.pathPattern.replaceAll('*', samples[dice % samples.length] ?? '').replaceAll('?', 'a');

const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

export interface IncomingCall {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly header: (name: string) => string | undefined;
}

const matches = (condition: RuleCondition, call: IncomingCall): boolean => {
  const values = condition.Values ?? [];
  switch (condition.Field) {
    case 'path-pattern':
      return (condition.PathPatternConfig?.Values ?? values).some((pattern) => glob(pattern).test(call.path));
    case 'host-header':
      return (condition.HostHeaderConfig?.Values ?? values).some((pattern) =>
        glob(pattern.toLowerCase()).test(call.host.toLowerCase()),
      );
    case 'http-request-method':
      return (condition.HttpRequestMethodConfig?.Values ?? values).includes(call.method);
    case 'http-header': {
      const { HttpHeaderName: name = '', Values: patterns = [] } = condition.HttpHeaderConfig ?? {};
      const value = call.header(name.toLowerCase());
      return value !== undefined && patterns.some((pattern) => glob(pattern).test(value));
    }
    default:
      return false;
  }
};

/** The actions for a request at a listener: of the first rule by priority whose conditions all hold, or the default's. */
export const actionsFor = (
  state: Elbv2State,
  of: { readonly listener: ListenerState; readonly call: IncomingCall },
): readonly Action[] => {
  const rule = Object.values(state.rules)
    .filter((each) => each.listenerArn === of.listener.arn)
    .sort((a, b) => a.priority - b.priority)
    .find((each) => each.conditions.every((condition) => matches(condition, of.call)));
  return rule?.actions ?? of.listener.defaultActions;
};
