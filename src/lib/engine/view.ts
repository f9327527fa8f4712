/** The folded journal: what run, resume, undo, `runs show` and every renderer look at. fold.ts makes it; types only. */
import type { Json } from '../plan/json.js';
import type { Instant, Outcome, Plan, Step } from '../plan/plan.js';
import type { StepError } from './action.js';
import type { PauseReason, RunState } from './event.js';

/** in-doubt is derived: started, not finished, and this process does not hold the call. */
export type StepState =
  | 'pending'
  | 'waiting'
  | 'running'
  | 'in-doubt'
  | 'succeeded'
  | 'found'
  | 'failed'
  | 'skipped'
  | 'undone'
  | 'undo-failed';

export interface UndoView {
  readonly state: 'pending' | 'running' | 'in-doubt' | 'undone' | 'undo-failed' | 'skipped';
  readonly attempt: number;
  readonly captured?: Json;
  readonly inputs?: Json;
  readonly handle?: Json;
  readonly outputs?: Json;
  readonly outcome?: Outcome;
  readonly error?: StepError;
  readonly serviceAt?: number;
  readonly post?: Json;
  readonly reason?: string;
  readonly endedAt?: Instant;
  /** Sequence number of the event that ended it: which of two effects on one subject is the newer. */
  readonly endedSeq?: number;
}

export interface StepView {
  readonly step: Step;
  readonly state: StepState;
  readonly attempt: number;
  readonly captured?: Json;
  readonly inputs?: Json;
  readonly handle?: Json;
  readonly outputs?: Json;
  readonly post?: Json;
  readonly outcome?: Outcome;
  readonly error?: StepError;
  readonly reason?: string;
  readonly observed: readonly Json[];
  /** Wall instants of step.started and of the end; service time of the start. */
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly serviceAt?: number;
  readonly endedSeq?: number;
  /** Why it was skipped (event.ts, `step.skipped`). */
  readonly skippedBecause?: 'condition' | 'failure';
  /** Of a gate: who approved so far, and when it closes. */
  readonly approvedBy?: readonly string[];
  readonly expiresAt?: Instant;
  readonly undo?: UndoView;
}

export interface RunView {
  readonly runId: string;
  readonly plan: Plan;
  readonly state: RunState;
  readonly steps: ReadonlyMap<string, StepView>;
  /** Final outcome per chain, known once the run has ended. */
  readonly chains: { readonly [chain: string]: Outcome };
  readonly outcome?: Outcome;
  readonly exit?: number;
  readonly pause?: { readonly reason: PauseReason; readonly exit: number; readonly details?: Json };
  /** Chains (or the whole run) that are undone; `cause: person` ends the run as undone instead of failed. */
  readonly undoing?: { readonly scope: 'run' | readonly string[]; readonly cause: 'person' | 'failure' };
  /** Step ids whose differences the newest resume or undo was told to accept. */
  readonly forced: readonly string[];
  readonly approvedBy?: { readonly by: string; readonly how: string };
  /** Service time from which `maxDurationMs` counts: the first step's start, or the newest resume. */
  readonly serviceFrom?: number;
  readonly resumedServiceAt?: number;
  readonly fencedBy?: string;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly lastSeq: number;
  readonly lastSum: string;
}
