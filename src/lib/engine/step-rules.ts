/** What is true of one step, read off its view. The vocabulary that decide, undo-plan and chain-outcomes share. Pure. */
import { type ActionStep, isUndoable } from '../plan/plan.js';
import type { StepError } from './action.js';
import type { StepState, StepView, UndoView } from './view.js';

/** Which half of a step: doing it, or undoing it. An undo obeys the same rules as the doing. */
export type Phase = 'do' | 'undo';

/** What this process holds a call for, or has put aside: the key of a step's half. */
export const laneKey = (phase: Phase, step: string): string => `${phase}:${step}`;

/** Its intent was journaled, so it may have changed the world. */
export const hasBegun = (view: StepView): boolean => view.serviceAt !== undefined;

export const endedWell = (view: StepView): boolean =>
  view.state === 'succeeded' ||
  view.state === 'found' ||
  (view.state === 'skipped' && view.skippedBecause === 'condition');

/** Error code of a `finally` step that was given up while in doubt: it must never be started again. */
export const leftInDoubt = 'left-in-doubt';

const isRetryable = (step: ActionStep, half: { readonly attempt: number; readonly error?: StepError }): boolean =>
  half.error !== undefined &&
  half.error.code !== leftInDoubt &&
  half.attempt < step.retry.attempts &&
  step.retry.on.includes(half.error.class);

/** A definite failure that no attempt is left for. */
export const failedForGood = (view: StepView): boolean =>
  view.state === 'failed' && !(view.step.kind === 'action' && isRetryable(view.step, view));

/** Failed, but its author said that the chain goes on. */
export const isForgiven = (view: StepView): boolean =>
  failedForGood(view) && view.step.kind === 'action' && view.step.onError === 'continue';

/** Failed in a way that stops its chain (a pause or expired credentials stop it too, until a person resumes). */
export const failsChain = (view: StepView): boolean => failedForGood(view) && !isForgiven(view);

/** A failure that a person decides about: the run pauses, its chain is neither skipped nor undone. */
export const waitsForPerson = (view: StepView): boolean =>
  failedForGood(view) && ((view.step.kind === 'action' && view.step.onError === 'pause') || waitsForCredentials(view));

/** Credentials are the operator's trouble, not the step's: the run pauses and a resume grants a new attempt. */
export const waitsForCredentials = (half: { readonly error?: StepError } | undefined): boolean =>
  half?.error?.class === 'auth';

export const undoOf = (view: StepView): UndoView => view.undo ?? { state: 'pending', attempt: 0 };

export const undoFailedForGood = (view: StepView): boolean =>
  view.undo?.state === 'undo-failed' && !(view.step.kind === 'action' && isRetryable(view.step, view.undo));

export const undoIsSettled = (view: StepView): boolean =>
  view.undo?.state === 'undone' || view.undo?.state === 'skipped' || undoFailedForGood(view);

/** Wall time at which the next attempt after a definite failure may start: exponential from the failure event's time. */
export const retryAt = (step: ActionStep, half: { readonly attempt: number; readonly endedAt?: string }): number => {
  const { backoffMs, factor, maxMs } = step.retry;
  const pause = Math.min(maxMs, backoffMs * factor ** Math.max(0, half.attempt - 1));
  return (half.endedAt === undefined ? 0 : Date.parse(half.endedAt)) + pause;
};

/** Undone at once when it was stopped by somebody else's doing: AWS's own roll-back, or another deployment's take-over. */
export const isOutOfOurHands = (view: StepView): boolean =>
  view.state === 'failed' && (view.outcome === 'rolled-back' || view.outcome === 'superseded');

export const mayNeedUndo = (view: StepView): boolean =>
  isUndoable(view.step) && hasBegun(view) && !isOutOfOurHands(view);

/** The word for people: the step's own state until it was undone; `in-doubt` when nobody holds its call. */
export const shownState = (view: StepView, owned: ReadonlySet<string>): StepState => {
  if (view.undo?.state === 'undone') return 'undone';
  if (undoFailedForGood(view)) return 'undo-failed';
  return view.state === 'running' && !owned.has(laneKey('do', view.step.id)) ? 'in-doubt' : view.state;
};
