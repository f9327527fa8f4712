import { describe, expect, it } from 'vitest';
import { CallLimiter } from '../../../src/lib/aws/call-limiter.js';

/** Time that passes when somebody sleeps, and an AWS that counts calls in a bucket. */
const world = (quota: { readonly perSecond: number; readonly burst: number }) => {
  let now = 1_000_000;
  let tokens = quota.burst;
  let at = now;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  /** An answer takes 20 ms. */
  const call = (): 'answered' | 'throttled' => {
    now += 20;
    tokens = Math.min(quota.burst, tokens + ((now - at) * quota.perSecond) / 1_000);
    at = now;
    if (tokens < 1) return 'throttled';
    tokens -= 1;
    return 'answered';
  };
  return { clock, call, passed: () => now - 1_000_000 };
};

const run = async (
  mode: 'steady' | 'eager',
  quota: { readonly perSecond: number; readonly burst: number },
  answers: number,
) => {
  const { clock, call, passed } = world(quota);
  const limiter = new CallLimiter({ perSecond: 5, burst: 5, mode, clock });
  for (let done = 0; done < answers; ) {
    await limiter.take();
    if (call() === 'answered') {
      limiter.succeeded();
      done += 1;
    } else limiter.throttled();
  }
  return { seconds: passed() / 1_000, throttles: limiter.throttles };
};

describe('a pass over a window', () => {
  it.each([
    [5, 121],
    [5, 40],
    [10, 200],
    [25, 400],
    [2, 60],
  ])('comes within a tenth of what %d calls a second allow, over %d calls', async (perSecond, answers) => {
    const { seconds, throttles } = await run('eager', { perSecond, burst: 5 }, answers);
    const bound = (answers - 5) / perSecond;
    expect(bound / seconds).toBeGreaterThanOrEqual(0.9);
    expect(throttles).toBeLessThan(answers / 2);
  });

  it('is not held back where there is no limit', async () => {
    const { seconds, throttles } = await run('eager', { perSecond: 1e9, burst: 1e9 }, 1_000);
    expect(throttles).toBe(0);
    // 1,000 answers of 20 ms take 20 s by themselves.
    expect(seconds).toBeLessThan(23);
  });
});

describe('a follower', () => {
  it('never asks more often than the documented rate, also where it could', async () => {
    const { seconds } = await run('steady', { perSecond: 1e9, burst: 1e9 }, 200);
    expect(seconds).toBeGreaterThanOrEqual((200 - 5) / 5);
  });

  it('halves its rate when AWS says no, and comes back', async () => {
    const { clock } = world({ perSecond: 5, burst: 5 });
    const limiter = new CallLimiter({ perSecond: 4, burst: 5, mode: 'steady', clock });
    limiter.throttled();
    limiter.throttled();
    expect(limiter.rate).toBe(1);
    for (let done = 0; done < 40; done += 1) limiter.succeeded();
    expect(limiter.rate).toBe(4);
  });
});
