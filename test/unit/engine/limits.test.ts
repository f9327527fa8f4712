import { describe, expect, it } from 'vitest';
import type { Lane } from '../../../src/lib/engine/lane.js';
import { limitsFrom, type Runner } from '../../../src/lib/engine/work.js';

const limits = (rate: number, timeoutMs: number) => {
  const runner = { session: { options: { clocks: { service: { rate } } } } } as unknown as Runner;
  return limitsFrom(runner, { step: { timeoutMs } } as unknown as Lane, 1_000);
};

describe('the limits of a step', () => {
  it('are one against AWS', () => {
    expect(limits(1, 300_000)).toEqual({ deadline: 301_000, doubtUntil: 301_000 });
  });

  it('leave a request fifteen real seconds in a sandbox, where five minutes of AWS time are half a second', () => {
    expect(limits(600, 300_000)).toEqual({ deadline: 301_000, doubtUntil: 1_000 + 15_000 * 600 });
  });

  it('never look into doubt for less than the step was given', () => {
    expect(limits(2, 300_000).doubtUntil).toBe(301_000);
  });
});
