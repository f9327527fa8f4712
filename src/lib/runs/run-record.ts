/** One run as people and JSON see it. Pure but for `readRun`, which reads its journal and the lock row. */
import type { Ctx } from '../context/context.js';
import type { JournalEvent } from '../engine/event.js';
import { foldAll } from '../engine/fold.js';
import type { RunView } from '../engine/view.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import type { Outcome, Target } from '../plan/plan.js';
import type { LocatedRun } from './locate-runs.js';

/**
 * Derived, never stored. interrupted: says running, but nobody who holds the lock is alive. A run that was fenced before
 * its end is shown as abandoned: it can neither go on nor be undone.
 */
export type ShownState = RunView['state'] | 'interrupted' | 'unreadable';

export interface RunRecord {
  readonly runId: string;
  readonly target: Target;
  readonly view: RunView;
  readonly events: readonly JournalEvent[];
  readonly state: ShownState;
}

export interface BrokenRun {
  readonly runId: string;
  readonly target: Target;
  readonly why: string;
}

export interface RunSummary {
  readonly id: string;
  readonly command: string;
  readonly environment: string;
  readonly services: readonly string[];
  readonly state: ShownState;
  readonly outcome?: Outcome;
  readonly exit?: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Wall seconds from the first event to the last one. */
  readonly seconds: number;
  readonly by: string;
  readonly reason?: string;
}

type Stores = Pick<Ctx, 'journals' | 'locks'>;

export const readRun = async (ctx: Stores, run: LocatedRun): Promise<RunRecord> => {
  const events = await ctx.journals(run.target).read(run.runId);
  if (events.length === 0) throw neverBegan(run);
  const view = foldAll(events);
  return { runId: run.runId, target: view.plan.target, view, events, state: await shownState(ctx, run, view) };
};

const shownState = async (ctx: Stores, run: LocatedRun, view: RunView): Promise<ShownState> => {
  if (isFencedMidway(view)) return 'abandoned';
  return isUnderWay(view) && !(await isHeld(ctx, run)) ? 'interrupted' : view.state;
};

/** Killed before its plan was on the disk: no intent, so no effect either. */
const neverBegan = ({ runId }: LocatedRun): PlatformError =>
  new PlatformError('E_NOT_FOUND', `run ${runId} was killed before it began; it has changed nothing`, {
    hints: ['platform runs list'],
    details: { reason: 'never-began', runId },
  });

/**
 * For lists: an altered journal is a line that says so, not the end of the list. Undefined for a folder in which no run
 * ever began: its process was killed before the plan was written.
 */
export const tryReadRun = async (ctx: Stores, run: LocatedRun): Promise<RunRecord | BrokenRun | undefined> => {
  try {
    return await readRun(ctx, run);
  } catch (error) {
    if (isPlatformError(error) && error.code === 'E_NOT_FOUND') return undefined;
    if (isPlatformError(error) && error.code === 'E_JOURNAL') {
      return { runId: run.runId, target: run.target, why: error.message };
    }
    throw error;
  }
};

export const isBroken = (run: RunRecord | BrokenRun): run is BrokenRun => 'why' in run;

export const isResumable = (state: ShownState): boolean =>
  state === 'interrupted' || state === 'paused' || state === 'awaiting-approval';

/** Somebody took its scope over while it had not ended. */
const isFencedMidway = (view: RunView): boolean => view.fencedBy !== undefined && view.endedAt === undefined;

const isUnderWay = (view: RunView): boolean =>
  view.state === 'running' || view.state === 'undoing' || view.state === 'planned';

const isHeld = async (ctx: Stores, run: LocatedRun): Promise<boolean> => {
  const locks = ctx.locks(run.target);
  const row = await locks.read();
  return row.holders.some((holder) => holder.runId === run.runId && (locks.liveness?.(holder) ?? 'remote') !== 'gone');
};

export const commandOf = (view: RunView): string => view.plan.operation.replace(/@\d+$/, '').replaceAll('.', ' ');

/** A plan's inputs name what it is about: `{services: {api: …}}`. */
export const servicesOf = (view: RunView): readonly string[] => {
  const named = view.plan.inputs['services'];
  return named !== null && typeof named === 'object' && !Array.isArray(named) ? Object.keys(named) : [];
};

export const summaryOf = (record: RunRecord): RunSummary => {
  const { view, events } = record;
  const last = events.at(-1);
  return {
    id: record.runId,
    command: commandOf(view),
    environment: record.target.environment,
    services: servicesOf(view),
    state: record.state,
    ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
    ...(view.exit === undefined ? {} : { exit: view.exit }),
    startedAt: view.startedAt,
    ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
    seconds: last ? Math.round((Date.parse(last.at) - Date.parse(view.startedAt)) / 100) / 10 : 0,
    by: events[0]?.writer.ci ?? events[0]?.writer.user ?? 'unknown',
    ...reasonOf(view),
  };
};

const reasonOf = (view: RunView): Pick<RunSummary, 'reason'> => {
  if (view.fencedBy !== undefined && isFencedMidway(view)) return { reason: `fenced by ${view.fencedBy}` };
  return view.pause === undefined ? {} : { reason: view.pause.reason };
};
