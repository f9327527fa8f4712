/**
 * Between a noun and the base class: a noun prepares an Operation (plan and all that is needed to run it), the base class
 * does --dry-run, consent, lock, engine, signals, progress and output. `runs resume|undo` find the kind by plan.operation.
 */

import type { Ctx } from '../context/context.js';
import type { ActionRegistry } from '../engine/action.js';
import type { RunView } from '../engine/view.js';
import type { Json } from '../plan/json.js';
import type { Plan, Target, Uses } from '../plan/plan.js';
import type { Line, NextStep, Report, Warning } from './report.js';

/** One line of live progress, for example a service. Columns are aligned by the renderer. */
export interface ProgressRow {
  readonly key: string;
  readonly label: string;
  readonly what: string;
  /** 0…1; a bar is drawn when there is one. */
  readonly fraction?: number;
  readonly state: 'waiting' | 'active' | 'good' | 'bad' | 'warn';
  readonly details: readonly string[];
}

/** A line that what runs in AWS has written; stdout is its own. */
export interface StreamedLine {
  /** AWS time. */
  readonly atMs: number;
  readonly service: string;
  readonly stream: string;
  readonly text: string;
}

export interface OperationKind<R> {
  readonly uses: Uses;
  /** Command words, for the envelope: `deploy`. */
  readonly command: string;
  bind(ctx: Ctx, target: Target): Promise<{ readonly actions: ActionRegistry<unknown>; readonly ports: unknown }>;
  /** `latest` holds the newest poll progress per step id (not journaled). */
  progress(view: RunView, latest: ReadonlyMap<string, unknown>): readonly ProgressRow[];
  /** The lines that a poll's progress brought, under `lines`; each poll brings its own. Present where a command is followed. */
  streamed?(view: RunView, progress: Json): readonly StreamedLine[];
  report(ctx: Ctx, view: RunView): Promise<Report<R>>;
}

export interface Operation<R> {
  readonly kind: OperationKind<R>;
  readonly plan: Plan;
  /** Present when there is nothing to do: reported instead of running (no journal, no lock). */
  readonly nothingToDo?: Report<R>;
  /** What a person sees before consent and with --dry-run, beyond the steps' own previews. */
  readonly intro: readonly Line[];
  readonly warnings: readonly Warning[];
  readonly isProtected: boolean;
  /** Result for `--dry-run --json`. */
  readonly dryRunResult: R;
  /** Milliseconds that it usually takes (service time), from history. */
  readonly usuallyMs?: number;
  readonly next?: readonly NextStep[];
  /** Leave as soon as this is true, as by Ctrl-C: AWS goes on, and the run can be gone on with. */
  readonly detachWhen?: (view: RunView) => boolean;
}
