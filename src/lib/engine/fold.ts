/**
 * fold(view, event) → view: the journal as a picture. Pure and incremental: folding any prefix and then the rest gives
 * the same view, which is why run, resume, retry, undo and `runs show` can share it. decide.ts reads the result.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Plan, Step } from '../plan/plan.js';
import type { EventBody, JournalEvent, RunState } from './event.js';
import { assertUnderstood } from './understood.js';
import type { RunView, StepView, UndoView } from './view.js';

type EventOf<T extends EventBody['type']> = Extract<JournalEvent, { type: T }>;
type StepEvent = Extract<JournalEvent, { type: `step.${string}` | `gate.${string}` }>;
type UndoEvent = Extract<JournalEvent, { type: `undo.${string}`; step: string }>;
type RunEvent = Exclude<JournalEvent, StepEvent | UndoEvent>;

export const fold = (view: RunView | undefined, event: JournalEvent): RunView => {
  assertUnderstood(event);
  if (!view) return firstView(event);
  const next = foldBody(view, event);
  return { ...next, lastSeq: event.seq, lastSum: event.sum };
};

export const foldAll = (events: readonly JournalEvent[]): RunView => {
  const view = events.reduce<RunView | undefined>(fold, undefined);
  if (!view) throw new PlatformError('E_JOURNAL', 'the journal is empty', { details: { reason: 'empty' } });
  return view;
};

export const allSteps = (plan: Plan): readonly Step[] => [...plan.steps, ...plan.finally];

const firstView = (event: JournalEvent): RunView => {
  if (event.type !== 'run.planned') {
    throw new PlatformError('E_JOURNAL', `the journal begins with ${event.type}, not with a plan`, {
      details: { reason: 'no-plan', seq: event.seq },
    });
  }
  const steps = allSteps(event.plan).map((step): [string, StepView] => [
    step.id,
    { step, state: 'pending', attempt: 0, observed: [] },
  ]);
  return {
    runId: event.runId,
    plan: event.plan,
    state: 'planned',
    steps: new Map(steps),
    chains: {},
    forced: [],
    startedAt: event.at,
    lastSeq: event.seq,
    lastSum: event.sum,
  };
};

const isStepEvent = (event: JournalEvent): event is StepEvent =>
  event.type.startsWith('step.') || event.type.startsWith('gate.');

const isUndoEvent = (event: JournalEvent): event is UndoEvent => event.type.startsWith('undo.') && 'step' in event;

const foldBody = (view: RunView, event: JournalEvent): RunView => {
  if (isStepEvent(event)) return foldStepEvent(view, event);
  if (isUndoEvent(event)) return withStep(view, event.step, (step) => ({ ...step, ...undoChange(step, event) }));
  return foldRunEvent(view, event as RunEvent);
};

const withStep = (view: RunView, id: string, change: (step: StepView) => StepView): RunView => {
  const step = view.steps.get(id);
  if (!step) {
    throw new PlatformError('E_JOURNAL', `the journal names a step that its plan does not have: ${id}`, {
      details: { reason: 'unknown-step', step: id },
    });
  }
  return { ...view, steps: new Map(view.steps).set(id, change(step)) };
};

const without = <T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;

// ── the run ────────────────────────────────────────────────────────────────────────────────────────────────────────

const foldRunEvent = (view: RunView, event: RunEvent): RunView => {
  switch (event.type) {
    case 'run.planned':
      throw new PlatformError('E_JOURNAL', 'the journal has a second plan', { details: { seq: event.seq } });
    case 'run.approved':
      return { ...view, approvedBy: { by: event.by, how: event.how } };
    case 'lease.taken':
      return view;
    case 'run.fenced':
      return { ...view, fencedBy: event.by };
    case 'run.resumed':
      return resumed(view, event);
    case 'undo.requested':
      return undoRequested(view, event);
    case 'run.paused':
      return { ...without(view, 'pause'), state: pausedState(view, event), pause: pauseOf(event) };
    case 'run.abandoned':
      return { ...without(view, 'pause'), state: 'abandoned', outcome: 'stopped', exit: 6, endedAt: event.at };
    case 'run.ended':
      return {
        ...without(view, 'pause'),
        state: event.state,
        outcome: event.outcome,
        exit: event.exit,
        chains: event.chains,
        endedAt: event.at,
      };
  }
};

const pauseOf = (event: EventOf<'run.paused'>): NonNullable<RunView['pause']> => ({
  reason: event.reason,
  exit: event.exit,
  ...(event.details === undefined ? {} : { details: event.details }),
});

/** A gate before the first effect asks for consent to the plan itself. */
const pausedState = (view: RunView, event: EventOf<'run.paused'>): RunState => {
  const untouched = [...view.steps.values()].every((step) => step.attempt === 0);
  return event.reason === 'gate' && untouched ? 'awaiting-approval' : 'paused';
};

/** A person who resumes after a failure that paused the run grants the step a new attempt. */
const mayTryAgain = (view: StepView): boolean =>
  view.state === 'failed' &&
  view.step.kind === 'action' &&
  (view.step.onError === 'pause' || view.error?.class === 'auth');

const undoMayTryAgain = (undo: UndoView): boolean => undo.state === 'undo-failed' && undo.error?.class === 'auth';

const resumed = (view: RunView, event: EventOf<'run.resumed'>): RunView => {
  const steps = new Map(view.steps);
  for (const [id, step] of steps) {
    if (mayTryAgain(step)) steps.set(id, { ...step, state: 'pending' });
    if (step.undo && undoMayTryAgain(step.undo)) {
      steps.set(id, { ...step, undo: { ...step.undo, state: 'pending' } });
    }
  }
  const clock =
    event.serviceAt === undefined ? {} : { serviceFrom: event.serviceAt, resumedServiceAt: event.serviceAt };
  const state = view.undoing?.cause === 'person' ? 'undoing' : 'running';
  return { ...without(view, 'pause'), steps, state, forced: event.force ?? [], ...clock };
};

const undoRequested = (view: RunView, event: EventOf<'undo.requested'>): RunView => {
  const cause = event.cause ?? 'person';
  const scope = widened(view.undoing?.scope, event.scope);
  if (cause === 'failure' && view.undoing?.cause !== 'person') return { ...view, undoing: { scope, cause } };
  const steps = new Map(view.steps);
  for (const [id, step] of steps) {
    // Asked again after a failed undo: every undo that did not work gets a new attempt.
    if (step.undo?.state === 'undo-failed' || step.undo?.state === 'skipped') {
      steps.set(id, { ...step, undo: { ...step.undo, state: 'pending' } });
    }
  }
  return {
    ...without(view, 'pause', 'outcome', 'exit', 'endedAt'),
    steps,
    state: 'undoing',
    undoing: { scope, cause: 'person' },
    forced: event.force ?? [],
  };
};

const widened = (
  before: 'run' | readonly string[] | undefined,
  asked: 'run' | { readonly chain: string },
): 'run' | readonly string[] => {
  if (before === 'run' || asked === 'run') return 'run';
  return [...new Set([...(before ?? []), asked.chain])];
};

// ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const foldStepEvent = (view: RunView, event: StepEvent): RunView => {
  const next = withStep(view, event.step, (step) => stepChange(step, event));
  if (event.type !== 'step.started') return next;
  return {
    ...next,
    serviceFrom: view.serviceFrom ?? event.serviceAt,
    state: view.state === 'planned' ? 'running' : view.state,
  };
};

const ended = (event: JournalEvent) => ({ endedAt: event.at, endedSeq: event.seq });

const stepChange = (step: StepView, event: StepEvent): StepView => {
  switch (event.type) {
    case 'step.captured':
      // Write-once: what a second reading would find may be our own doing.
      return step.captured === undefined ? { ...step, captured: event.value } : step;
    case 'step.started':
      return {
        ...without(step, 'error', 'outcome', 'handle', 'endedAt', 'endedSeq', 'post', 'outputs'),
        state: 'running',
        attempt: event.attempt,
        inputs: event.inputs,
        serviceAt: event.serviceAt,
        startedAt: event.at,
      };
    case 'step.accepted':
      return { ...step, handle: event.handle };
    case 'step.observed':
      return { ...step, observed: [...step.observed, event.evidence] };
    case 'step.succeeded':
    case 'step.found':
      return {
        ...without(step, 'error', 'outcome'),
        state: event.type === 'step.found' ? 'found' : 'succeeded',
        outputs: event.outputs,
        post: event.post,
        ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
        ...ended(event),
      };
    case 'step.failed':
      return failedStep(step, event);
    case 'step.skipped':
      return { ...step, state: 'skipped', reason: event.reason, skippedBecause: event.because, ...ended(event) };
    case 'step.resolved':
      // Done by a person's word, or proven not done: then a new attempt may start.
      return event.as === 'done'
        ? { ...step, state: 'found', outputs: null, reason: event.reason, ...ended(event) }
        : { ...without(step, 'handle'), state: 'pending', reason: event.reason };
    case 'gate.opened':
    case 'gate.approved':
    case 'gate.denied':
      return gateChange(step, event);
  }
};

/** A failure before the intent (while capturing) uses up an attempt too, else a retry would never end. */
const failedStep = (step: StepView, event: EventOf<'step.failed'>): StepView => ({
  ...without(step, 'outcome', 'post'),
  state: 'failed',
  attempt: step.state === 'running' ? step.attempt : step.attempt + 1,
  error: event.error,
  ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
  ...(event.post === undefined ? {} : { post: event.post }),
  ...ended(event),
});

const gateChange = (step: StepView, event: EventOf<'gate.opened' | 'gate.approved' | 'gate.denied'>): StepView => {
  if (step.step.kind !== 'gate') return step;
  switch (event.type) {
    case 'gate.opened':
      return {
        ...step,
        state: 'waiting',
        startedAt: event.at,
        ...(event.expiresAt === undefined ? {} : { expiresAt: event.expiresAt }),
      };
    case 'gate.approved': {
      if (step.state !== 'waiting') return step;
      const approvedBy = [...new Set([...(step.approvedBy ?? []), event.by])];
      const enough = approvedBy.length >= step.step.approvals;
      return enough
        ? { ...step, approvedBy, state: 'succeeded', outputs: { approvedBy }, ...ended(event) }
        : { ...step, approvedBy };
    }
    case 'gate.denied': {
      if (step.state !== 'waiting') return step;
      const message = `denied by ${event.by}${event.reason === undefined ? '' : `: ${event.reason}`}`;
      const error = { class: 'denied', code: 'gate-denied', message } as const;
      return { ...step, state: 'failed', error, outcome: 'stopped', ...ended(event) };
    }
  }
};

// ── undo ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `state` keeps saying how the step itself went; `undo.state` says how its undo went; shownState() is the short word. */
const undoChange = (step: StepView, event: UndoEvent): Partial<StepView> => {
  const undo: UndoView = step.undo ?? { state: 'pending', attempt: 0 };
  switch (event.type) {
    case 'undo.captured':
      return { undo: undo.captured === undefined ? { ...undo, captured: event.value } : undo };
    case 'undo.started':
      return {
        undo: {
          ...without(undo, 'error', 'outcome', 'handle', 'outputs', 'post', 'endedAt', 'endedSeq'),
          state: 'running',
          attempt: event.attempt,
          inputs: event.inputs,
          serviceAt: event.serviceAt,
        },
      };
    case 'undo.accepted':
      return { undo: { ...undo, handle: event.handle } };
    case 'undo.succeeded':
      return { undo: { ...undo, state: 'undone', ...resultOf(event), ...ended(event) } };
    case 'undo.failed':
      return {
        undo: {
          ...undo,
          state: 'undo-failed',
          attempt: undo.state === 'running' ? undo.attempt : undo.attempt + 1,
          error: event.error,
          ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
          ...ended(event),
        },
      };
    case 'undo.skipped':
      return { undo: { ...undo, state: 'skipped', reason: event.reason, ...ended(event) } };
  }
};

const resultOf = (event: EventOf<'undo.succeeded'>) => ({
  outputs: event.outputs,
  post: event.post,
  ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
});
