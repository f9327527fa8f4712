import { describe, expect, it } from 'vitest';
import {
  combineExits,
  combineOutcomes,
  exitOfDetach,
  exitOfOutcome,
  exitOfPause,
  isConsistentEnd,
  worstPause,
} from '../../../src/lib/engine/outcomes.js';

describe('the table of outcomes', () => {
  it('gives every outcome the exit code of the contract', () => {
    expect(exitOfOutcome).toEqual({
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
    });
  });

  it('lets a paused run exit by its reason', () => {
    expect(exitOfPause.credentials).toBe(4);
    expect([exitOfPause.drift, exitOfPause['stale-plan']]).toEqual([9, 9]);
    expect(exitOfPause['timed-out']).toBe(10);
    expect([exitOfPause.gate, exitOfPause.manual, exitOfPause['unknown-probe']]).toEqual([12, 12, 12]);
    expect([exitOfDetach('SIGINT'), exitOfDetach('SIGTERM'), exitOfDetach(undefined)]).toEqual([130, 143, 130]);
  });

  it('combines several chains by the first present of 8, 6, 7, 10, 9, 12, 0', () => {
    const order = [8, 6, 7, 10, 9, 12, 0];
    order.forEach((worse, index) => {
      for (const better of order.slice(index)) expect(combineExits([better, worse])).toBe(worse);
    });
    expect(combineExits([])).toBe(0);
  });

  it('does not count skipped chains, and calls a run unchanged only when nothing changed', () => {
    expect(combineOutcomes(['skipped', 'succeeded'])).toEqual({ outcome: 'succeeded', exit: 0 });
    expect(combineOutcomes(['skipped', 'unchanged'])).toEqual({ outcome: 'unchanged', exit: 0 });
    expect(combineOutcomes(['unchanged', 'succeeded'])).toEqual({ outcome: 'succeeded', exit: 0 });
    expect(combineOutcomes(['skipped'])).toEqual({ outcome: 'skipped', exit: 0 });
    expect(combineOutcomes([])).toEqual({ outcome: 'succeeded', exit: 0 });
    expect(combineOutcomes(['succeeded', 'rolled-back', 'superseded'])).toEqual({ outcome: 'rolled-back', exit: 7 });
  });

  it('tells a person of credentials before anything else', () => {
    expect(worstPause([{ exit: 12 }, { exit: 9 }, { exit: 4 }])).toEqual({ exit: 4 });
    expect(worstPause([{ exit: 12 }, { exit: 10 }])).toEqual({ exit: 10 });
    expect(worstPause([])).toBeUndefined();
  });

  it('notices an end whose state, outcome and exit code disagree', () => {
    expect(isConsistentEnd({ state: 'failed', outcome: 'rolled-back', exit: 7 })).toBe(true);
    expect(isConsistentEnd({ state: 'succeeded', outcome: 'failed', exit: 0 })).toBe(false);
    expect(isConsistentEnd({ state: 'failed', outcome: 'rolled-back', exit: 6 })).toBe(false);
    expect(isConsistentEnd({ state: 'undone', outcome: 'rolled-back', exit: 0 })).toBe(true);
    expect(isConsistentEnd({ state: 'running', outcome: 'succeeded', exit: 0 })).toBe(false);
  });
});
