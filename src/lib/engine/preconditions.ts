/** What must be true before a plan is run or a run is gone on with: whole, understood, fresh, not fenced. */
import { PlatformError } from '../errors/platform-error.js';
import { isIntact, isUndoable, type Plan } from '../plan/plan.js';
import type { EngineOptions } from './api.js';
import { allSteps } from './fold.js';
import { actionFor } from './lane.js';
import { hasBegun } from './step-rules.js';
import type { RunView } from './view.js';

export const assertRunnable = (plan: Plan, options: EngineOptions): void => {
  assertIntact(plan);
  assertKnown(plan, options);
};

const assertIntact = (plan: Plan): void => {
  if (!isIntact(plan)) {
    throw new PlatformError('E_JOURNAL', 'the plan was altered after it was made: its digest does not match', {
      details: { reason: 'digest', runId: plan.runId },
    });
  }
};

const assertKnown = (plan: Plan, options: EngineOptions): void => {
  for (const step of allSteps(plan)) {
    if (step.kind !== 'action') continue;
    for (const uses of isUndoable(step) ? [step.uses, step.undo.uses] : [step.uses]) {
      const action = actionFor(options.actions, uses);
      if (action.effect === 'probed' && !action.probe)
        throw new PlatformError('E_BUG', `${uses} is probed and has no probe`);
    }
    const { effect } = actionFor(options.actions, step.uses);
    if (effect !== step.effect) {
      throw new PlatformError('E_BUG', `${step.id} says effect ${step.effect}, its action ${step.uses} says ${effect}`);
    }
  }
};

export const assertFresh = (plan: Plan, options: EngineOptions): void => {
  if (options.clocks.wall.now() <= Date.parse(plan.limits.expiresAt)) return;
  throw new PlatformError('E_STALE_PLAN', `the plan expired at ${plan.limits.expiresAt}`, {
    hints: ['make a new plan'],
    details: { reason: 'expired', expiresAt: plan.limits.expiresAt },
  });
};

export const assertResumable = (view: RunView, options: EngineOptions): void => {
  assertRunnable(view.plan, options);
  assertNotFenced(view);
  if (![...view.steps.values()].some(hasBegun)) assertFresh(view.plan, options);
};

export const assertNotFenced = (view: RunView): void => {
  if (view.fencedBy !== undefined) {
    throw new PlatformError('E_CONFLICT', `run ${view.runId} was fenced by ${view.fencedBy} and acts no more`, {
      hints: ['make a new plan'],
      details: { reason: 'fenced', by: view.fencedBy },
    });
  }
};
