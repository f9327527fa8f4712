/** The words of decide: what it is told, what it answers. Types only. */
import type { ExitCode } from '../errors/codes.js';
import type { Json } from '../plan/json.js';
import type { Effect, Outcome, Uses } from '../plan/plan.js';
import type { StepError } from './action.js';
import type { PauseReason, RunState } from './event.js';
import type { Phase } from './step-rules.js';

export interface Pause {
  readonly reason: PauseReason;
  readonly exit: ExitCode;
  readonly details?: Json;
}

export interface DecideContext {
  /** Wall time, ms: retries and gate expiry count by the journal's instants. */
  readonly now: number;
  /** Service time, ms: the run's time limit. */
  readonly serviceNow: number;
  /** Lanes (step-rules.ts, laneKey) that this process is working on. */
  readonly owned: ReadonlySet<string>;
  /** Lanes that this process has put aside, because only a person or another day can bring them further. */
  readonly parked: ReadonlyMap<string, Pause>;
  readonly effectOf: (uses: Uses) => Effect;
}

export type Start = { readonly kind: 'start'; readonly phase: Phase; readonly step: string; readonly attempt: number };

export type Decision =
  | Start
  | { readonly kind: 'attach' | 'rerun' | 'probe'; readonly phase: Phase; readonly step: string }
  /** An undo was asked for while this step's fate is unknown: find out, but never start it again. */
  | { readonly kind: 'settle'; readonly step: string }
  | { readonly kind: 'skip'; readonly step: string; readonly reason: string; readonly because: 'condition' | 'failure' }
  | { readonly kind: 'skip-undo'; readonly step: string; readonly reason: string }
  | { readonly kind: 'open-gate'; readonly step: string }
  | { readonly kind: 'fail'; readonly step: string; readonly error: StepError }
  | { readonly kind: 'begin-undo'; readonly scope: 'run' | { readonly chain: string }; readonly step: string }
  | { readonly kind: 'wait'; readonly until: number }
  | ({ readonly kind: 'pause' } & Pause)
  | {
      readonly kind: 'end';
      readonly state: RunState;
      readonly outcome: Outcome;
      readonly exit: ExitCode;
      readonly chains: { readonly [chain: string]: Outcome };
    };

/** Collects what the halves find: decisions, reasons to pause, and whether anything is still open. */
export interface Findings {
  decide(decision: Decision): void;
  /** Takes a free place (maxParallel) or waits for one. */
  start(decision: Start): void;
  pause(pause: Pause): void;
  /** This process is working on something. */
  busy(): void;
  /** Not ended, and nothing to do for it now. */
  open(): void;
}
