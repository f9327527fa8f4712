/**
 * Has the world changed under us? Two questions, both answered before an effect. A step with `expects` starts only while
 * the live picture is the plan's. And what this run left behind must still be there before an undo touches it, or before
 * a resumed run builds upon it. Several steps can change one picture (Action.subject), so only the newest post-image of a
 * subject is compared; while any step of that subject is in doubt there is nothing sound to compare with.
 */
import { type Json, sameJson } from '../plan/json.js';
import { isUndoable } from '../plan/plan.js';
import type { AnyAction } from './action.js';
import type { Pause } from './decision.js';
import { actionFor } from './lane.js';
import { exitOfPause } from './outcomes.js';
import type { Session } from './session.js';
import { endedWell, undoOf } from './step-rules.js';
import { dependantsOf } from './undo-plan.js';
import type { RunView, StepView } from './view.js';

/** Something that this run did and that settled, with the picture that it left. */
interface Footprint {
  readonly step: string;
  readonly action: AnyAction<unknown>;
  readonly inputs: Json;
  readonly post: Json | undefined;
  /** Undefined while it is in doubt or under way. */
  readonly seq: number | undefined;
}

export const pauseForPicture = (
  reason: 'stale-plan' | 'drift',
  difference: { readonly step: string; readonly expected: Json; readonly found: Json },
): Pause => ({ reason, exit: exitOfPause[reason], details: difference });

const subjectOf = (action: AnyAction<unknown>, inputs: Json): string =>
  action.subject?.(action.parse(inputs)) ?? `${action.uses} ${JSON.stringify(inputs)}`;

const footprintsOf = (session: Session, view: StepView): readonly Footprint[] => {
  const { step } = view;
  if (step.kind !== 'action') return [];
  const { actions } = session.options;
  const prints: Footprint[] = [];
  if (view.inputs !== undefined) {
    const action = actionFor(actions, step.uses);
    prints.push({ step: step.id, action, inputs: view.inputs, post: view.post, seq: view.endedSeq });
  }
  const undo = undoOf(view);
  if (undo.inputs !== undefined && isUndoable(step)) {
    const action = actionFor(actions, step.undo.uses);
    prints.push({ step: step.id, action, inputs: undo.inputs, post: undo.post, seq: undo.endedSeq });
  }
  return prints;
};

/** The newest picture that this run left of what `view` changed; undefined when there is nothing sound to compare. */
const newestPicture = (session: Session, view: StepView): Footprint | undefined => {
  const [own] = footprintsOf(session, view);
  if (!own) return undefined;
  const subject = subjectOf(own.action, own.inputs);
  const prints = [...session.view().steps.values()]
    .flatMap((step) => footprintsOf(session, step))
    .filter((print) => subjectOf(print.action, print.inputs) === subject);
  if (prints.some((print) => print.seq === undefined)) return undefined;
  const newest = prints.reduce((a, b) => ((a.seq ?? 0) >= (b.seq ?? 0) ? a : b));
  const hasPicture = newest.post !== undefined && newest.post !== null && newest.action.current !== undefined;
  return hasPicture ? newest : undefined;
};

/** Reads the live picture with the given action; retried and bounded by the caller. */
export type ReadPicture = (footprint: {
  readonly step: string;
  readonly action: AnyAction<unknown>;
  readonly inputs: Json;
}) => Promise<Json>;

export const driftOf = async (session: Session, view: StepView, read: ReadPicture): Promise<Pause | undefined> => {
  if (session.view().forced.includes(view.step.id)) return undefined;
  const newest = newestPicture(session, view);
  if (!newest || newest.post === undefined) return undefined;
  const found = await read(newest);
  if (sameJson(found, newest.post)) return undefined;
  return pauseForPicture('drift', { step: view.step.id, expected: newest.post, found });
};

/** Steps that ended well and that a step still to come needs, directly or through others. */
export const foundationsOf = (view: RunView): readonly StepView[] =>
  view.plan.steps
    .flatMap((step) => view.steps.get(step.id) ?? [])
    .filter((step) => endedWell(step) && step.step.kind === 'action' && isStillNeeded(view, step));

const isStillNeeded = (view: RunView, foundation: StepView): boolean => {
  const dependants = dependantsOf(view, foundation.step.id);
  return view.plan.steps.some((step) => dependants.has(step.id) && view.steps.get(step.id)?.state === 'pending');
};
