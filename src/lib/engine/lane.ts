/**
 * One half of one step, doing or undoing, with everything that differs between the two: which action, which inputs, which
 * journal events, which part of the view. So step-runner.ts can treat an undo as the step that it is.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Json } from '../plan/json.js';
import { type ActionStep, isUndoable, type Outcome, type Uses, type Value } from '../plan/plan.js';
import type { ActionRegistry, AnyAction, StepError } from './action.js';
import type { EventBody } from './event.js';
import { laneKey, type Phase, undoOf } from './step-rules.js';
import type { RunView } from './view.js';

/** What the journal knows about this half. */
export interface LaneRecord {
  readonly attempt: number;
  readonly captured?: Json;
  readonly inputs?: Json;
  readonly handle?: Json;
  readonly serviceAt?: number;
}

export interface Done {
  readonly outputs: Json;
  readonly post: Json;
  readonly outcome?: Outcome;
}

export interface Lane {
  readonly phase: Phase;
  readonly key: string;
  readonly step: ActionStep;
  readonly action: AnyAction<unknown>;
  readonly template: Value;
  /** A `finally` step never pauses the run. */
  readonly isFinal: boolean;
  record(view: RunView): LaneRecord;
  /** The idempotency key of an attempt. */
  keyOf(attempt: number): string;
  captured(value: Json): EventBody;
  started(start: { readonly attempt: number; readonly inputs: Json; readonly serviceAt: number }): EventBody;
  accepted(handle: Json): EventBody;
  succeeded(done: Done): EventBody;
  found(done: Done): EventBody;
  failed(failure: { readonly error: StepError; readonly outcome?: Outcome; readonly post?: Json }): EventBody;
}

export const actionFor = (actions: ActionRegistry<unknown>, uses: Uses): AnyAction<unknown> => {
  const action = actions.get(uses);
  if (action) return action;
  throw new PlatformError('E_CONFIG', `this version of platform does not know the action ${uses}`, {
    hints: ['use the version that made the plan, or make a new plan'],
    details: { uses },
  });
};

interface LaneRequest {
  readonly view: RunView;
  readonly actions: ActionRegistry<unknown>;
  readonly phase: Phase;
  readonly step: string;
}

export const laneOf = (request: LaneRequest): Lane => {
  const step = request.view.steps.get(request.step)?.step;
  if (step?.kind !== 'action') throw new PlatformError('E_BUG', `${request.step} is no action step`);
  return request.phase === 'do' ? doLane(request, step) : undoLane(request, step);
};

const doLane = ({ view, actions }: LaneRequest, step: ActionStep): Lane => ({
  phase: 'do',
  key: laneKey('do', step.id),
  step,
  action: actionFor(actions, step.uses),
  template: step.with,
  isFinal: view.plan.finally.some((last) => last.id === step.id),
  record: (now) => now.steps.get(step.id) ?? { attempt: 0 },
  keyOf: (attempt) => `${step.key}/${attempt}`,
  captured: (value) => ({ type: 'step.captured', step: step.id, value }),
  started: (start) => ({ type: 'step.started', step: step.id, ...start }),
  accepted: (handle) => ({ type: 'step.accepted', step: step.id, handle }),
  succeeded: (done) => ({ type: 'step.succeeded', step: step.id, ...done }),
  found: (done) => ({ type: 'step.found', step: step.id, ...done }),
  failed: (failure) => ({ type: 'step.failed', step: step.id, ...failure }),
});

const undoLane = ({ actions }: LaneRequest, step: ActionStep): Lane => {
  if (!isUndoable(step)) throw new PlatformError('E_BUG', `${step.id} has no undo`);
  return {
    phase: 'undo',
    key: laneKey('undo', step.id),
    step,
    action: actionFor(actions, step.undo.uses),
    template: step.undo.with,
    isFinal: false,
    record: (now) => {
      const view = now.steps.get(step.id);
      return view ? undoOf(view) : { attempt: 0 };
    },
    keyOf: (attempt) => `${step.key}/undo/${attempt}`,
    captured: (value) => ({ type: 'undo.captured', step: step.id, value }),
    started: (start) => ({ type: 'undo.started', step: step.id, ...start }),
    accepted: (handle) => ({ type: 'undo.accepted', step: step.id, handle }),
    succeeded: (done) => ({ type: 'undo.succeeded', step: step.id, ...done }),
    found: (done) => ({ type: 'undo.succeeded', step: step.id, ...done }),
    failed: ({ error, outcome }) => ({
      type: 'undo.failed',
      step: step.id,
      error,
      ...(outcome === undefined ? {} : { outcome }),
    }),
  };
};
