/** The undoing half of decide. An undo is a step of its own: it starts, is attached to, probed and retried like one. Pure. */
import { isUndoable } from '../plan/plan.js';
import { pauseOfFailure, recover } from './decide-forward.js';
import type { DecideContext, Decision, Findings } from './decision.js';
import {
  failsChain,
  laneKey,
  retryAt,
  undoFailedForGood,
  undoOf,
  waitsForCredentials,
  waitsForPerson,
} from './step-rules.js';
import { stepsInScope, undoTargets, undoTurn } from './undo-plan.js';
import type { RunView, StepView } from './view.js';

interface UndoStage {
  readonly view: RunView;
  readonly context: DecideContext;
  readonly isHeld: boolean;
  readonly findings: Findings;
}

/** A failed step with `onError: 'undo'` whose scope is not yet being undone. */
export const undoToBegin = (view: RunView): Extract<Decision, { kind: 'begin-undo' }> | undefined => {
  for (const { id } of view.plan.steps) {
    const failed = view.steps.get(id);
    if (failed?.step.kind !== 'action' || failed.step.onError !== 'undo') continue;
    if (!failsChain(failed) || waitsForPerson(failed)) continue;
    const { chain, undoScope } = failed.step;
    // Another deployment owns this service now, or a person has stopped it: going back would be against their will.
    if ((failed.outcome === 'superseded' || failed.outcome === 'stopped') && undoScope === 'chain') continue;
    const covered = view.undoing?.scope === 'run' || (undoScope === 'chain' && view.undoing?.scope.includes(chain));
    if (!covered) return { kind: 'begin-undo', scope: undoScope === 'run' ? 'run' : { chain }, step: id };
  }
  return undefined;
};

export const decideUndo = (stage: UndoStage): void => {
  const targets = undoTargets(stage.view);
  for (const target of targets) decideTarget(stage, targets, target);
};

const decideTarget = (stage: UndoStage, targets: readonly StepView[], target: StepView): void => {
  const { context, findings } = stage;
  const key = laneKey('undo', target.step.id);
  const undo = undoOf(target);
  const parked = context.parked.get(key);
  if (context.owned.has(key)) findings.busy();
  else if (parked) findings.pause(parked);
  else if (undo.state === 'pending') decidePendingUndo(stage, targets, target);
  else if ((undo.state === 'running' || undo.state === 'in-doubt') && isUndoable(target.step)) {
    const effect = context.effectOf(target.step.undo.uses);
    findings.decide(recover({ phase: 'undo', step: target.step.id, handle: undo.handle, effect }));
  } else if (undo.state === 'undo-failed') decideFailedUndo(stage, target);
};

const decidePendingUndo = (stage: UndoStage, targets: readonly StepView[], target: StepView): void => {
  const { view, findings } = stage;
  const turn = undoTurn(view, targets, target);
  if (turn.kind === 'never') {
    findings.decide({ kind: 'skip-undo', step: target.step.id, reason: turn.because });
    return;
  }
  findings.open();
  if (turn.kind === 'later' || stage.isHeld) return;
  if (isScopeQuiet(stage, target)) {
    findings.start({ kind: 'start', phase: 'undo', step: target.step.id, attempt: undoOf(target).attempt + 1 });
  }
};

/**
 * Before the first undo nothing of the scope may still be on its way. After a failure what runs is left to end; a person
 * does not wait for an accepted change to end, but one that nobody knows the fate of is looked for first.
 */
const isScopeQuiet = (stage: UndoStage, target: StepView): boolean => {
  const { view, context, findings } = stage;
  if (view.undoing?.cause !== 'person') {
    return stepsInScope(view, view.undoing?.scope ?? 'run').every((step) => step.state !== 'running');
  }
  const key = laneKey('do', target.step.id);
  if (context.owned.has(key)) {
    findings.busy();
    return false;
  }
  const parked = context.parked.get(key);
  if (parked) {
    findings.pause(parked);
    return false;
  }
  const isLost =
    target.state === 'running' &&
    target.handle === undefined &&
    target.step.kind === 'action' &&
    target.step.effect === 'probed';
  if (isLost) findings.decide({ kind: 'settle', step: target.step.id });
  return !isLost;
};

const decideFailedUndo = (stage: UndoStage, target: StepView): void => {
  const { findings, context } = stage;
  const undo = undoOf(target);
  if (target.step.kind !== 'action') return;
  if (waitsForCredentials(undo)) {
    findings.pause(pauseOfFailure({ step: target.step, ...(undo.error ? { error: undo.error } : {}) }));
    return;
  }
  if (undoFailedForGood(target)) return;
  const due = retryAt(target.step, undo);
  if (stage.isHeld) findings.open();
  else if (context.now < due) findings.decide({ kind: 'wait', until: due });
  else findings.start({ kind: 'start', phase: 'undo', step: target.step.id, attempt: undo.attempt + 1 });
};
