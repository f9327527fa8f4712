/**
 * What an undo covers and in which order. Undo is registered by the intent: a step that may have changed the world is
 * undone even when nobody knows whether it did. Last in, first out along `needs`: a step is undone only after every
 * step that needed it. Pure.
 */
import type { Step } from '../plan/plan.js';
import { allSteps } from './fold.js';
import { mayNeedUndo, undoFailedForGood, undoIsSettled } from './step-rules.js';
import type { RunView, StepView } from './view.js';

export type UndoScope = NonNullable<RunView['undoing']>['scope'];

const covers = (scope: UndoScope, step: Step): boolean => scope === 'run' || scope.includes(step.chain);

/** Steps of the scope that must be undone, in plan order. `finally` steps are never undone: they are the run's report. */
export const undoTargets = (view: RunView): readonly StepView[] => {
  const scope = view.undoing?.scope;
  if (scope === undefined) return [];
  return stepsInScope(view, scope).filter(mayNeedUndo);
};

export const stepsInScope = (view: RunView, scope: UndoScope): readonly StepView[] =>
  view.plan.steps.filter((step) => covers(scope, step)).flatMap((step) => view.steps.get(step.id) ?? []);

/** Every step that needs `id`, directly or through others. */
export const dependantsOf = (view: RunView, id: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const visit = (needed: string): void => {
    for (const step of allSteps(view.plan)) {
      if (!step.needs.includes(needed) || found.has(step.id)) continue;
      found.add(step.id);
      visit(step.id);
    }
  };
  visit(id);
  return found;
};

export type UndoTurn =
  | { readonly kind: 'now' }
  | { readonly kind: 'later' }
  /** Something built upon it could not be undone: going on underneath would make it worse. */
  | { readonly kind: 'never'; readonly because: string };

export const undoTurn = (view: RunView, targets: readonly StepView[], target: StepView): UndoTurn => {
  const dependants = dependantsOf(view, target.step.id);
  const before = targets.filter((other) => dependants.has(other.step.id));
  const broken = before.find((other) => undoFailedForGood(other) || other.undo?.state === 'skipped');
  if (broken) return { kind: 'never', because: `${broken.step.id}, which was built upon it, could not be undone` };
  return before.every(undoIsSettled) ? { kind: 'now' } : { kind: 'later' };
};
