/**
 * The one table from run state, outcome and pause reason to an exit code, and how the outcomes of several chains combine.
 * Every command's exit code comes from here (docs/exit-codes.md). Pure; imports types only.
 */
import type { ExitCode } from '../errors/codes.js';
import type { Outcome } from '../plan/plan.js';
import type { PauseReason, RunState } from './event.js';

export const exitOfOutcome: Readonly<Record<Outcome, ExitCode>> = {
  succeeded: 0,
  unchanged: 0,
  skipped: 0,
  failed: 6,
  stopped: 6,
  'rolled-back': 7,
  'rollback-failed': 8,
  superseded: 9,
  'timed-out': 10,
  paused: 12,
};

export const exitOfPause: Readonly<Record<Exclude<PauseReason, 'detached'>, ExitCode>> = {
  gate: 12,
  manual: 12,
  'unknown-probe': 12,
  'partial-probe': 12,
  'step-error': 12,
  credentials: 4,
  'stale-plan': 9,
  drift: 9,
  'timed-out': 10,
};

/** SIGTERM is 143, every other reason for a detach is 130. */
export const exitOfDetach = (signalName: unknown): ExitCode => (signalName === 'SIGTERM' ? 143 : 130);

/** The first present wins; 1, 4, 13 and 130 outrank them all and never come from a chain. */
const precedence: readonly ExitCode[] = [8, 6, 7, 10, 9, 12, 0];

export const combineExits = (exits: readonly number[]): ExitCode =>
  precedence.find((candidate) => exits.includes(candidate)) ?? 0;

/** How a whole run ended, from how its chains ended. A tie between outcomes of one exit code goes to the first. */
export const combineOutcomes = (
  outcomes: readonly Outcome[],
): { readonly outcome: Outcome; readonly exit: ExitCode } => {
  const exit = combineExits(outcomes.map((outcome) => exitOfOutcome[outcome]));
  if (exit !== 0) {
    const outcome = outcomes.find((candidate) => exitOfOutcome[candidate] === exit) ?? 'failed';
    return { outcome, exit };
  }
  const counted = outcomes.filter((outcome) => outcome !== 'skipped');
  if (counted.length === 0) return { outcome: outcomes.length === 0 ? 'succeeded' : 'skipped', exit };
  return { outcome: counted.every((outcome) => outcome === 'unchanged') ? 'unchanged' : 'succeeded', exit };
};

/** What a paused run reports: its outcome word goes with the reason, its exit code is the journaled one. */
export const outcomeOfPause = (reason: PauseReason): Outcome => (reason === 'timed-out' ? 'timed-out' : 'paused');

/** The end of a run that was asked to undo itself: 0 when everything was undone, 8 when a person is needed. */
export const endOfUndo = {
  undone: { state: 'undone', outcome: 'rolled-back', exit: 0 },
  'undo-failed': { state: 'undo-failed', outcome: 'rollback-failed', exit: 8 },
} as const satisfies Record<string, { state: RunState; outcome: Outcome; exit: ExitCode }>;

/** Of several reasons to pause, the one that a person must know first: credentials, then the table's order. */
export const worstPause = <P extends { readonly exit: number }>(pauses: readonly P[]): P | undefined => {
  const rank = (exit: number): number => (exit === 4 ? -1 : precedence.indexOf(exit as ExitCode));
  return [...pauses].sort((a, b) => rank(a.exit) - rank(b.exit))[0];
};

/** Exit code and recorded state must agree: a journal whose end says otherwise was not written by this table. */
export const isConsistentEnd = (end: { state: RunState; outcome: Outcome; exit: number }): boolean => {
  switch (end.state) {
    case 'undone':
    case 'undo-failed':
      return end.exit === endOfUndo[end.state].exit;
    case 'succeeded':
      return end.exit === 0 && exitOfOutcome[end.outcome] === 0;
    case 'failed':
      return end.exit !== 0 && exitOfOutcome[end.outcome] === end.exit;
    case 'planned':
    case 'awaiting-approval':
    case 'running':
    case 'paused':
    case 'undoing':
    case 'abandoned':
      return false;
  }
};
