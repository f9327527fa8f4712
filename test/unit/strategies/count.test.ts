import { describe, expect, it } from 'vitest';
import { type CountSeen, isBack, judgeCount, steadyMs } from '../../../src/lib/strategies/count.js';

const minuteMs = 60_000;

/** From 2 to 4, a minute after the call, nothing wrong. */
const seen = (overrides: Partial<CountSeen> = {}): CountSeen => ({
  atMs: minuteMs,
  startedAtMs: 0,
  deadlineMs: 15 * minuteMs,
  onTimeout: 'undo',
  from: 2,
  asked: 4,
  desired: 4,
  running: 4,
  pending: 0,
  healthy: 4,
  deployment: 'same',
  readySinceMs: undefined,
  failures: [],
  ...overrides,
});

describe('the verdict on a changed count', () => {
  it.each([
    ['all healthy, for the first time', {}, 'going steadying'],
    ['all healthy, a moment later', { readySinceMs: minuteMs - steadyMs + 1 }, 'going steadying'],
    ['all healthy, long enough', { readySinceMs: minuteMs - steadyMs }, 'succeeded'],
    ['nothing asked for, nothing runs', { asked: 0, desired: 0, running: 0, healthy: 0, readySinceMs: 0 }, 'succeeded'],
    ['one still starts', { pending: 1, running: 3, healthy: 3 }, 'going starting'],
    ['one more than asked for', { from: 5, running: 5, healthy: 5 }, 'going stopping'],
    ['one is not healthy yet', { healthy: 3, readySinceMs: 0 }, 'going starting'],
    ['the old count right after the call', { atMs: 9_999, desired: 2, running: 2 }, 'going requested'],
    ['another count later', { desired: 3 }, 'failed count-changed superseded'],
    ['another deployment', { deployment: 'another' }, 'failed superseded superseded'],
    ['two equal failures', { healthy: 2, failures: [{ signature: 'exit 1', count: 2 }] }, 'going starting'],
    ['three equal failures', { healthy: 2, failures: [{ signature: 'exit 1', count: 3 }] }, 'failed same-failure'],
    [
      'three equal failures, but fewer were asked for',
      { from: 6, healthy: 2, failures: [{ signature: 'exit 1', count: 3 }] },
      'going starting',
    ],
    ['the deadline', { atMs: 15 * minuteMs, healthy: 3 }, 'failed not-ready-in-time'],
    ['the deadline, to be left alone', { atMs: 15 * minuteMs, healthy: 3, onTimeout: 'leave' }, 'going starting'],
    ['healthy at the deadline', { atMs: 15 * minuteMs, readySinceMs: minuteMs }, 'succeeded'],
  ] as const)('%s: %s', (_what, overrides, expected) => {
    const verdict = judgeCount(seen(overrides as Partial<CountSeen>));
    const words =
      verdict.kind === 'failed'
        ? [verdict.kind, verdict.code, verdict.outcome]
        : [verdict.kind, verdict.kind === 'going' ? verdict.phase : undefined];
    expect(words.filter((word) => word !== undefined).join(' ')).toBe(expected);
  });
});

describe('going back', () => {
  it.each([
    [
      'down again: the surplus is gone, whatever the others are like',
      { from: 4, asked: 2, desired: 2, running: 1, pending: 1 },
      true,
    ],
    ['down again: one too many', { from: 4, asked: 2, desired: 2, running: 2, pending: 1 }, false],
    ['up again: all run', { from: 0, asked: 2, desired: 2, running: 2, pending: 0 }, true],
    ['up again: one is missing', { from: 0, asked: 2, desired: 2, running: 1, pending: 0 }, false],
    ['not asked for yet, as far as can be seen', { from: 4, asked: 2, desired: 4, running: 2, pending: 0 }, false],
  ] as const)('%s', (_what, counts, expected) => {
    expect(isBack(counts)).toBe(expected);
  });
});
