/** The doing half of decide: which steps start, go on, are skipped or wait. Pure; decide.ts puts the halves together. */
import type { ActionStep, Effect, Step } from '../plan/plan.js';
import type { StepError } from './action.js';
import type { DecideContext, Decision, Findings, Pause } from './decision.js';
import { exitOfPause } from './outcomes.js';
import {
  endedWell,
  failedForGood,
  failsChain,
  isForgiven,
  laneKey,
  type Phase,
  retryAt,
  waitsForCredentials,
  waitsForPerson,
} from './step-rules.js';
import { holds } from './values.js';
import type { RunView, StepView } from './view.js';

/** How a set of steps is looked at: the run's own steps, or its `finally` steps, which no failure stops. */
interface Stage {
  readonly view: RunView;
  readonly context: DecideContext;
  readonly steps: readonly Step[];
  readonly kind: 'main' | 'finally';
  /** No new step starts, because a person is needed; what runs may end. */
  readonly isHeld: boolean;
  readonly findings: Findings;
}

/** A started step that nobody holds: attach when AWS gave a handle, else by what the action says about its effect. */
export const recover = (lane: { phase: Phase; step: string; handle: unknown; effect: Effect }): Decision => {
  const { phase, step } = lane;
  if (lane.handle !== undefined) return { kind: 'attach', phase, step };
  switch (lane.effect) {
    case 'read':
    case 'idempotent':
      return { kind: 'rerun', phase, step };
    case 'probed':
    case 'manual':
      return { kind: 'probe', phase, step };
  }
};

const stepView = (view: RunView, id: string): StepView | undefined => view.steps.get(id);

/** A step that stops others: not forgiven, and not one that a person still decides about. */
const hasFailed = (step: StepView): boolean => failsChain(step) && !waitsForPerson(step);

/** The failed step whose author said that nothing new may start anywhere, or whose undo covers the whole run. */
const aborter = (view: RunView): StepView | undefined =>
  view.plan.steps
    .flatMap((step) => stepView(view, step.id) ?? [])
    .find(
      (step) =>
        hasFailed(step) &&
        step.step.kind === 'action' &&
        (step.step.onError === 'abort' || (step.step.onError === 'undo' && step.step.undoScope === 'run')),
    );

const stoppedBy = (stage: Stage, step: Step): string | undefined => {
  const { view } = stage;
  const siblings = view.plan.steps.filter((other) => other.chain === step.chain);
  if (stage.kind === 'main') {
    const failed = siblings.flatMap((other) => stepView(view, other.id) ?? []).find(hasFailed);
    if (failed) return `${failed.step.id} failed`;
    const abort = aborter(view);
    if (abort) return `${abort.step.id} failed, which ends the run`;
  }
  const broken = relevantNeeds(stage, step).find((need) => {
    const needed = stepView(view, need);
    if (!needed) return false;
    return (needed.state === 'skipped' && needed.skippedBecause === 'failure') || isBroken(stage, needed);
  });
  return broken === undefined ? undefined : `it needs ${broken}, which did not end well`;
};

const isBroken = (stage: Stage, needed: StepView): boolean =>
  stage.kind === 'main' ? hasFailed(needed) : failedForGood(needed) && !isForgiven(needed);

/** `finally` steps come after everything else however it ended, so only their needs among themselves count. */
const relevantNeeds = (stage: Stage, step: Step): readonly string[] => {
  if (stage.kind === 'main') return step.needs;
  const own = new Set(stage.steps.map((other) => other.id));
  return step.needs.filter((need) => own.has(need));
};

const isReady = (stage: Stage, step: Step): boolean =>
  relevantNeeds(stage, step).every((need) => {
    const needed = stepView(stage.view, need);
    return needed !== undefined && (endedWell(needed) || isForgiven(needed));
  });

export const decideForward = (stage: Stage): void => {
  for (const step of stage.steps) {
    const view = stepView(stage.view, step.id);
    if (!view) continue;
    switch (view.state) {
      case 'pending':
        decidePending(stage, step, view);
        break;
      case 'waiting':
        decideGate(stage, step, view);
        break;
      case 'running':
      case 'in-doubt':
        decideRunning(stage, step, view);
        break;
      case 'failed':
        decideFailed(stage, step, view);
        break;
      case 'succeeded':
      case 'found':
      case 'skipped':
      case 'undone':
      case 'undo-failed':
        break;
    }
  }
};

const decidePending = (stage: Stage, step: Step, view: StepView): void => {
  const { findings } = stage;
  if (stage.context.owned.has(laneKey('do', step.id))) {
    findings.busy();
    return;
  }
  const parked = stage.context.parked.get(laneKey('do', step.id));
  if (parked) {
    findings.pause(parked);
    return;
  }
  const reason = stoppedBy(stage, step);
  if (reason !== undefined) {
    findings.decide({ kind: 'skip', step: step.id, reason, because: 'failure' });
    return;
  }
  if (!isReady(stage, step)) {
    findings.open();
    return;
  }
  if (stage.isHeld) findings.open();
  else decideReady(stage, step, view);
};

const decideReady = (stage: Stage, step: Step, view: StepView): void => {
  const { findings } = stage;
  if (step.when && !holds(step.when, stage.view)) {
    const reason = `its condition on ${step.when.$ref} does not hold`;
    findings.decide({ kind: 'skip', step: step.id, reason, because: 'condition' });
    return;
  }
  switch (step.kind) {
    case 'action':
      findings.start({ kind: 'start', phase: 'do', step: step.id, attempt: view.attempt + 1 });
      break;
    case 'gate':
      findings.decide({ kind: 'open-gate', step: step.id });
      break;
    case 'manual':
      findings.pause({ reason: 'manual', exit: exitOfPause.manual, details: { step: step.id, text: step.text } });
      break;
  }
};

const decideGate = (stage: Stage, step: Step, view: StepView): void => {
  if (view.expiresAt !== undefined && stage.context.now > Date.parse(view.expiresAt)) {
    const error = {
      class: 'timeout',
      code: 'gate-expired',
      message: `nobody decided before ${view.expiresAt}`,
    } as const;
    stage.findings.decide({ kind: 'fail', step: step.id, error });
    return;
  }
  const message = step.kind === 'gate' ? step.message : step.title;
  stage.findings.pause({ reason: 'gate', exit: exitOfPause.gate, details: { step: step.id, message } });
};

const decideRunning = (stage: Stage, step: Step, view: StepView): void => {
  const key = laneKey('do', step.id);
  const parked = stage.context.parked.get(key);
  if (parked) stage.findings.pause(parked);
  else if (stage.context.owned.has(key)) stage.findings.busy();
  else if (step.kind === 'action') {
    stage.findings.decide(recover({ phase: 'do', step: step.id, handle: view.handle, effect: step.effect }));
  }
};

const decideFailed = (stage: Stage, step: Step, view: StepView): void => {
  const { findings } = stage;
  if (stage.context.owned.has(laneKey('do', step.id))) {
    findings.busy();
    return;
  }
  const parked = stage.context.parked.get(laneKey('do', step.id));
  if (parked) findings.pause(parked);
  else if (stage.kind === 'main' && waitsForPerson(view)) findings.pause(pauseOfFailure(view));
  else if (step.kind === 'action' && !failedForGood(view)) decideRetry(stage, step, view);
};

const decideRetry = (stage: Stage, step: ActionStep, view: StepView): void => {
  if (stoppedBy(stage, step) !== undefined) return;
  if (stage.isHeld) {
    stage.findings.open();
    return;
  }
  const due = retryAt(step, view);
  if (stage.context.now < due) stage.findings.decide({ kind: 'wait', until: due });
  else stage.findings.start({ kind: 'start', phase: 'do', step: step.id, attempt: view.attempt + 1 });
};

export const pauseOfFailure = (half: { readonly step?: Step; readonly error?: StepError }): Pause => {
  const reason = waitsForCredentials(half) ? 'credentials' : 'step-error';
  const error = half.error ? { class: half.error.class, code: half.error.code, message: half.error.message } : null;
  return { reason, exit: exitOfPause[reason], details: { step: half.step?.id ?? null, error } };
};
