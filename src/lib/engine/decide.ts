/**
 * decide(view, context) → what to do next. The one core of run, resume, retry, undo and `finally`: the same function looks
 * at the same folded journal whoever asks, so a resumed run cannot take another way than an uninterrupted one. Pure and
 * deterministic. Imports: plan, fold's view, the rules of steps. Read executor.ts for how decisions are carried out.
 */
import { chainOutcomes } from './chain-outcomes.js';
import { decideForward } from './decide-forward.js';
import { decideUndo, undoToBegin } from './decide-undo.js';
import type { DecideContext, Decision, Findings, Pause } from './decision.js';
import type { RunState } from './event.js';
import { combineOutcomes, endOfUndo, exitOfPause, worstPause } from './outcomes.js';
import { undoFailedForGood, waitsForCredentials, waitsForPerson } from './step-rules.js';
import { undoTargets } from './undo-plan.js';
import type { RunView } from './view.js';

export const isFinalState = (state: RunState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'undone' || state === 'undo-failed' || state === 'abandoned';

export const decide = (view: RunView, context: DecideContext): readonly Decision[] => {
  if (isFinalState(view.state)) return [];
  const begin = view.undoing?.cause === 'person' ? undefined : undoToBegin(view);
  if (begin) return [begin];
  const isUndone = view.undoing?.cause === 'person';
  const main = newFindings(view, context);
  const holds = reasonsToHold(view, context);
  const isHeld = holds.length > 0;
  if (!isUndone) {
    decideForward({ view, context, steps: view.plan.steps, kind: 'main', isHeld, findings: main.findings });
  }
  // Being over time never keeps an undo from starting.
  const isUndoHeld = holds.some((pause) => pause.reason !== 'timed-out') || context.parked.size > 0;
  decideUndo({ view, context, isHeld: isUndoHeld, findings: main.findings });
  if (main.isOpen()) return main.result(holds);
  const last = newFindings(view, context);
  decideForward({ view, context, steps: view.plan.finally, kind: 'finally', isHeld: false, findings: last.findings });
  return last.isOpen() ? last.result([]) : [endOf(view)];
};

/** While any of these is true nothing new starts: the run is on its way to a pause. */
const reasonsToHold = (view: RunView, context: DecideContext): readonly Pause[] => {
  const parked = [...context.parked.values()];
  if (view.undoing?.cause === 'person') return parked;
  const steps = view.plan.steps.flatMap((step) => view.steps.get(step.id) ?? []);
  const failed = steps.some((step) => waitsForPerson(step) || waitsForCredentials(step.undo))
    ? [{ reason: 'step-error', exit: exitOfPause['step-error'] } as const]
    : [];
  return [...parked, ...failed, ...overTime(view, context)];
};

const overTime = (view: RunView, context: DecideContext): readonly Pause[] => {
  const limitMs = view.plan.limits.maxDurationMs;
  if (view.serviceFrom === undefined || context.serviceNow <= view.serviceFrom + limitMs) return [];
  return [{ reason: 'timed-out', exit: exitOfPause['timed-out'], details: { limitMs } }];
};

const newFindings = (view: RunView, context: DecideContext) => {
  const decisions: Decision[] = [];
  const pauses: Pause[] = [];
  let free = Math.max(1, view.plan.limits.maxParallel) - context.owned.size;
  let isOpen = false;
  const findings: Findings = {
    decide: (decision) => {
      isOpen = true;
      decisions.push(decision);
    },
    start: (decision) => {
      isOpen = true;
      if (free <= 0) return;
      free -= 1;
      decisions.push(decision);
    },
    pause: (pause) => {
      isOpen = true;
      pauses.push(pause);
    },
    busy: () => {
      isOpen = true;
    },
    open: () => {
      isOpen = true;
    },
  };
  /** A pause comes only when this process has nothing in hand and nothing else can be done. */
  const result = (holds: readonly Pause[]): readonly Decision[] => {
    const isHeld = holds.length > 0;
    const useful = isHeld ? decisions.filter((decision) => decision.kind !== 'wait') : decisions;
    if (useful.length > 0 || context.owned.size > 0) return useful;
    const worst = worstPause([...pauses, ...holds]);
    return worst ? [{ kind: 'pause', ...worst }] : decisions;
  };
  return { findings, isOpen: () => isOpen, result };
};

const endOf = (view: RunView): Decision => {
  const chains = chainOutcomes(view);
  if (view.undoing?.cause === 'person') {
    const broken = undoTargets(view).some((step) => undoFailedForGood(step) || step.undo?.state === 'skipped');
    return { kind: 'end', ...endOfUndo[broken ? 'undo-failed' : 'undone'], chains };
  }
  const combined = combineOutcomes(Object.values(chains));
  return { kind: 'end', state: combined.exit === 0 ? 'succeeded' : 'failed', ...combined, chains };
};
