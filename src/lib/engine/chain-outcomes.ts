/** How each chain ended: a pure function of its steps' results, so that `onError` never rewrites what happened. */
import type { Outcome } from '../plan/plan.js';
import { combineOutcomes } from './outcomes.js';
import { endedWell, failedForGood, failsChain, hasBegun, isForgiven, undoFailedForGood } from './step-rules.js';
import type { RunView, StepView } from './view.js';

export const chainsOf = (view: RunView): readonly string[] => [...new Set(view.plan.steps.map((step) => step.chain))];

export const chainSteps = (view: RunView, chain: string): readonly StepView[] =>
  view.plan.steps.filter((step) => step.chain === chain).flatMap((step) => view.steps.get(step.id) ?? []);

export const chainOutcomes = (view: RunView): { readonly [chain: string]: Outcome } =>
  Object.fromEntries(chainsOf(view).map((chain) => [chain, chainOutcome(chainSteps(view, chain))]));

export const chainOutcome = (steps: readonly StepView[]): Outcome => {
  const failed = steps.find(failsChain) ?? steps.find((step) => step.state === 'failed' && !isForgiven(step));
  const undone = outcomeOfUndo(steps, failed);
  if (undone === 'rollback-failed') return undone;
  if (failed) return outcomeOfFailure(failed, undone);
  if (undone) return undone;
  return outcomeWithoutFailure(steps);
};

/** What ended the step wins (AWS rolled back, another deployment took over); a plain failure is told by its undo. */
const outcomeOfFailure = (failed: StepView, undone: Outcome | undefined): Outcome => {
  if (failed.outcome !== undefined && failed.outcome !== 'failed') return failed.outcome;
  return undone ?? 'failed';
};

const outcomeOfUndo = (steps: readonly StepView[], failed: StepView | undefined): Outcome | undefined => {
  if (steps.some((step) => undoFailedForGood(step) || step.undo?.state === 'skipped')) return 'rollback-failed';
  const undone = steps.filter((step) => step.undo?.state === 'undone');
  if (undone.length === 0) return undefined;
  const said = failed?.undo?.outcome ?? undone.find((step) => step.undo?.outcome !== undefined)?.undo?.outcome;
  return said ?? 'rolled-back';
};

const outcomeWithoutFailure = (steps: readonly StepView[]): Outcome => {
  if (steps.some((step) => step.state === 'skipped' && step.skippedBecause === 'failure')) {
    return steps.some(hasBegun) ? 'stopped' : 'skipped';
  }
  if (steps.every((step) => step.state === 'skipped')) return 'skipped';
  const said = steps.filter((step) => endedWell(step) || failedForGood(step)).flatMap((step) => step.outcome ?? []);
  return said.length === 0 ? 'succeeded' : combineOutcomes(said).outcome;
};
