/** The journal's events: the whole truth about a run. The format is a contract (docs/journal.md). */
import type { Json } from '../plan/json.js';
import type { Instant, Outcome, Plan, Scope } from '../plan/plan.js';
import type { StepError } from './action.js';

export type RunState =
  | 'planned'
  | 'awaiting-approval'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'paused'
  | 'undoing'
  | 'undone'
  | 'undo-failed'
  | 'abandoned';

export type PauseReason =
  | 'gate'
  | 'manual'
  | 'unknown-probe'
  | 'partial-probe'
  | 'credentials'
  | 'stale-plan'
  | 'drift'
  | 'detached'
  | 'step-error'
  | 'timed-out';

/** Who wrote: shown to people; identity fields are claims (SECURITY.md). */
export interface Writer {
  readonly nonce: string;
  readonly host: string;
  readonly pid: number;
  readonly user: string;
  readonly cli: string;
  readonly ci?: string;
}

export type EventBody =
  | { readonly type: 'run.planned'; readonly plan: Plan }
  | { readonly type: 'run.approved'; readonly by: string; readonly how: string }
  | { readonly type: 'lease.taken'; readonly scope: Scope; readonly counter: number; readonly forced?: string }
  | { readonly type: 'run.fenced'; readonly by: string }
  | {
      readonly type: 'run.resumed';
      readonly force?: readonly string[];
      /** Service time, ms: the run's and its steps' time limits start anew here where they had run out. */
      readonly serviceAt?: number;
    }
  | { readonly type: 'step.captured'; readonly step: string; readonly value: Json }
  | {
      readonly type: 'step.started';
      readonly step: string;
      readonly attempt: number;
      readonly inputs: Json /** service time, ms */;
      readonly serviceAt: number;
    }
  | { readonly type: 'step.accepted'; readonly step: string; readonly handle: Json }
  | { readonly type: 'step.observed'; readonly step: string; readonly evidence: Json }
  | {
      readonly type: 'step.succeeded' | 'step.found';
      readonly step: string;
      readonly outputs: Json;
      readonly post: Json;
      readonly outcome?: Outcome;
    }
  | {
      readonly type: 'step.failed';
      readonly step: string;
      readonly error: StepError;
      readonly outcome?: Outcome;
      readonly post?: Json;
    }
  | {
      readonly type: 'step.skipped';
      readonly step: string;
      readonly reason: string;
      /** condition: its `when` was false, which is a good end; failure: what it needs did not end well. */
      readonly because: 'condition' | 'failure';
    }
  | {
      readonly type: 'step.resolved';
      readonly step: string;
      readonly as: 'done' | 'not-done';
      readonly by: string;
      readonly reason: string;
    }
  | { readonly type: 'gate.opened'; readonly step: string; readonly expiresAt?: Instant }
  | {
      readonly type: 'gate.approved' | 'gate.denied';
      readonly step: string;
      readonly by: string;
      readonly reason?: string;
    }
  | {
      readonly type: 'undo.requested';
      readonly scope: 'run' | { readonly chain: string };
      readonly by: string;
      readonly force?: readonly string[];
      /** failure: the engine itself, by a step's onError; person (the default): `runs undo`, which ends the run as undone. */
      readonly cause?: 'person' | 'failure';
    }
  | { readonly type: 'undo.captured'; readonly step: string; readonly value: Json }
  | {
      readonly type: 'undo.started';
      readonly step: string;
      readonly attempt: number;
      readonly inputs: Json;
      readonly serviceAt: number;
    }
  | { readonly type: 'undo.accepted'; readonly step: string; readonly handle: Json }
  | {
      readonly type: 'undo.succeeded';
      readonly step: string;
      readonly outputs: Json;
      readonly post: Json;
      readonly outcome?: Outcome;
    }
  | { readonly type: 'undo.failed'; readonly step: string; readonly error: StepError; readonly outcome?: Outcome }
  | { readonly type: 'undo.skipped'; readonly step: string; readonly reason: string }
  | { readonly type: 'run.paused'; readonly reason: PauseReason; readonly exit: number; readonly details?: Json }
  | { readonly type: 'run.abandoned'; readonly by: string; readonly reason: string }
  | {
      readonly type: 'run.ended';
      readonly state: RunState;
      readonly outcome: Outcome;
      readonly exit: number;
      readonly chains: { readonly [chain: string]: Outcome };
    };

export type EventType = EventBody['type'];

/** `sum` = sha256 of the canonical event without `sum`; `prev` = the sum before it (`''` for the first). */
export type JournalEvent = {
  readonly v: 1;
  readonly runId: string;
  readonly seq: number;
  readonly at: Instant;
  readonly epoch: number;
  readonly writer: Writer;
  readonly prev: string;
  readonly sum: string;
} & EventBody;
