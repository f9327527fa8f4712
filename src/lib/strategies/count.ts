/**
 * Changing how many tasks a service runs. A count-only update makes no service deployment, so nothing in ECS says how it
 * ended: the verdict is read off the counts, the tasks and their targets. Pure; imports the outcome words only.
 */
import type { Outcome } from '../plan/plan.js';
import { equalFailuresLimit } from './rolling.js';

/** AWS's reads lag its writes: until then an old count says nothing. */
export const countSettleMs = 10_000;
/** As asked for in two looks that lie this far apart. */
export const steadyMs = 10_000;

export interface CountSeen {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly onTimeout: 'undo' | 'leave';
  readonly from: number;
  readonly asked: number;
  /** What ECS says is desired now. */
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** Running, not UNHEALTHY, and healthy in every target group that the service has. */
  readonly healthy: number;
  /** The deployment that the count belongs to is still the service's own. */
  readonly deployment: 'same' | 'another';
  /** Since when every look was as asked; undefined when the last one was not. */
  readonly readySinceMs: number | undefined;
  /** Equal failures of tasks that stopped since the change, most frequent first. */
  readonly failures: readonly { readonly signature: string; readonly count: number }[];
}

export type CountVerdict =
  | { readonly kind: 'going'; readonly phase: 'requested' | 'starting' | 'stopping' | 'steadying' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly outcome?: Outcome };

export const isReady = (seen: Pick<CountSeen, 'asked' | 'desired' | 'running' | 'pending' | 'healthy'>): boolean =>
  seen.desired === seen.asked && seen.running === seen.asked && seen.pending === 0 && seen.healthy === seen.asked;

export const judgeCount = (seen: CountSeen): CountVerdict => {
  const elapsedMs = seen.atMs - seen.startedAtMs;
  if (seen.deployment === 'another') {
    const message = 'a deployment was started meanwhile: it decides now which tasks run';
    return { kind: 'failed', code: 'superseded', message, outcome: 'superseded' };
  }
  if (seen.desired !== seen.asked) {
    if (elapsedMs < countSettleMs) return { kind: 'going', phase: 'requested' };
    const message = `the desired count is ${seen.desired} now: somebody, or autoscaling, has changed it since`;
    return { kind: 'failed', code: 'count-changed', message, outcome: 'superseded' };
  }
  if (isReady(seen)) {
    const isSteady = seen.readySinceMs !== undefined && seen.atMs - seen.readySinceMs >= steadyMs;
    return isSteady ? { kind: 'succeeded' } : { kind: 'going', phase: 'steadying' };
  }
  return judgeUnready(seen, elapsedMs);
};

const judgeUnready = (seen: CountSeen, elapsedMs: number): CountVerdict => {
  const [worst] = seen.failures;
  // Fewer tasks start none: what fails then has failed before.
  if (seen.asked > seen.from && worst && worst.count >= equalFailuresLimit) {
    const message = `${worst.count} tasks ended the same way: ${worst.signature}`;
    return { kind: 'failed', code: 'same-failure', message };
  }
  if (seen.onTimeout === 'undo' && elapsedMs >= seen.deadlineMs) {
    const seconds = Math.round(seen.deadlineMs / 1000);
    const state =
      seen.asked === 0
        ? `${seen.running} tasks still run`
        : `${seen.healthy} of ${seen.asked} tasks are healthy, ${seen.running} run`;
    return { kind: 'failed', code: 'not-ready-in-time', message: `${state} after ${seconds} s` };
  }
  return { kind: 'going', phase: seen.running > seen.asked ? 'stopping' : 'starting' };
};

/** Going back asks for the count only: whether the old tasks were healthy was nobody's question then either. */
export const isBack = (seen: Pick<CountSeen, 'from' | 'asked' | 'desired' | 'running' | 'pending'>): boolean => {
  if (seen.desired !== seen.asked) return false;
  return seen.from > seen.asked
    ? seen.running + seen.pending <= seen.asked
    : seen.running >= seen.asked && seen.pending === 0;
};
