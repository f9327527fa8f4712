/**
 * Faults on purpose, kept in the world's state (so a snapshot holds them): rules that the dispatcher asks before each
 * call. Rules are tried in the order in which they were added; the first that matches and whose dice fall decides.
 * What breaks the estate itself (a deleted log group, a role's permission) is estate-faults.ts.
 */

import type { FaultKind } from './fault-kinds.js';
import type { Fault, FaultCall, FaultPlan } from './fault-plan.js';
import type { Json } from './service.js';
import { waitInAwsTime } from './wake.js';
import type { World } from './world.js';

export interface FaultRule {
  readonly id: string;
  readonly kind: FaultKind;
  /** `service:Operation`; `*` stands for anything. */
  readonly operation: string;
  readonly percent: number;
  readonly delayMs?: number;
  readonly region?: string;
  readonly code?: string;
  readonly message?: string;
  /** Hits left; for ever when absent. */
  remaining?: number;
  hits: number;
}

export interface FaultDraft {
  readonly kind: FaultKind;
  readonly operation: string;
  readonly percent?: number;
  readonly count?: number;
  readonly delayMs?: number;
  readonly region?: string;
  readonly code?: string;
  readonly message?: string;
}

interface FaultState {
  rules: FaultRule[];
  nextRule: number;
  /** Dice of their own: how often a client calls must not change what happens in the world. */
  dice: number;
}

const faultState = (world: World): FaultState => {
  const state = world.state.faults as Partial<FaultState>;
  state.rules ??= [];
  state.nextRule ??= 1;
  state.dice ??= 2_463_534_242;
  return state as FaultState;
};

export const listFaults = (world: World): readonly FaultRule[] => faultState(world).rules;

export const addFault = (world: World, draft: FaultDraft): FaultRule => {
  const state = faultState(world);
  const { count, ...rest } = draft;
  const rule: FaultRule = {
    ...rest,
    id: `f${state.nextRule++}`,
    percent: draft.percent ?? 100,
    hits: 0,
    ...(count !== undefined && { remaining: count }),
  };
  state.rules.push(rule);
  world.record({ kind: 'fault', subject: rule.id, message: `added: ${describeFault(rule)}` });
  return rule;
};

/** All, or one by id. Returns how many went. */
export const clearFaults = (world: World, id?: string): number => {
  const state = faultState(world);
  const gone = state.rules.filter((rule) => id === undefined || rule.id === id);
  state.rules = state.rules.filter((rule) => !gone.includes(rule));
  for (const rule of gone)
    world.record({ kind: 'fault', subject: rule.id, message: `cleared: ${describeFault(rule)}` });
  return gone.length;
};

export const describeFault = (rule: FaultRule): string =>
  [
    rule.kind,
    rule.operation,
    ...(rule.percent < 100 ? [`${rule.percent} %`] : []),
    ...(rule.delayMs === undefined ? [] : [`${rule.delayMs} ms`]),
    ...(rule.remaining === undefined ? [] : [`${rule.remaining} more`]),
  ].join(' ');

const globMatches = (pattern: string, text: string): boolean =>
  pattern === '*' ||
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  ).test(text);

const concerns = (rule: FaultRule, call: FaultCall): boolean => {
  if (rule.region !== undefined && rule.region !== call.region) return false;
  const [service = '*', operation] = rule.operation.split(':');
  if (operation === undefined) return globMatches(service, call.operation);
  return globMatches(service, call.service) && globMatches(operation, call.operation);
};

/** 0…99 */
const roll = (state: FaultState): number => {
  let x = state.dice;
  x ^= x << 13;
  x >>>= 0;
  x ^= x >>> 17;
  x ^= x << 5;
  x >>>= 0;
  state.dice = x;
  return x % 100;
};

const toFault = (rule: FaultRule): Fault => {
  const error = {
    ...(rule.code !== undefined && { code: rule.code }),
    ...(rule.message !== undefined && { message: rule.message }),
  };
  switch (rule.kind) {
    case 'throttle':
      return { kind: 'throttle' };
    case 'fail':
      return { kind: 'error-before', ...error };
    case 'fail-after-write':
      return { kind: 'error-after-write', ...error };
    case 'lose-answer':
      return { kind: 'lose-answer' };
    case 'drop':
      return { kind: 'drop-request' };
    case 'delay':
      return { kind: 'delay', delayMs: rule.delayMs ?? 1_000 };
    case 'deny':
      return { kind: 'deny' };
    case 'expire-credentials':
      return { kind: 'expired-credentials' };
  }
};

export const faultPlan = (world: World): FaultPlan => ({
  decide: (call) => {
    const state = faultState(world);
    const rule = state.rules.find(
      (each) => concerns(each, call) && (each.percent >= 100 || roll(state) < each.percent),
    );
    if (!rule) return { kind: 'none' };
    rule.hits += 1;
    if (rule.remaining !== undefined) rule.remaining -= 1;
    if (rule.remaining === 0) state.rules = state.rules.filter((each) => each !== rule);
    world.record({
      kind: 'fault',
      region: call.region,
      subject: rule.id,
      message: `${rule.kind} on ${call.service}:${call.operation}${summaryText(call.summary)}`,
    });
    return toFault(rule);
  },
  wait: (delayMs, signal) => waitInAwsTime(world, delayMs, signal),
});

const summaryText = (summary: Json | undefined): string => (summary === undefined ? '' : ` ${JSON.stringify(summary)}`);
