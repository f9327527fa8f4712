import { describe, expect, it } from 'vitest';
import type { ObservedStatus } from '../../../src/lib/environments/observe-status.js';
import { countsOf } from '../../../src/lib/environments/status-types.js';
import { type Sight, type WatchOptions, watchStatus } from '../../../src/lib/environments/watch-status.js';
import { PlatformError } from '../../../src/lib/errors/platform-error.js';

const seen: ObservedStatus = { result: { counts: countsOf([]), services: [], lock: [] }, warnings: [] };

/** A script of looks: each says how often AWS throttled meanwhile, or what went wrong. The last one interrupts. */
type Step = { readonly throttles?: number; readonly fails?: PlatformError | Error };

const play = async (steps: readonly Step[], intervalMs = 5000) => {
  const controller = new AbortController();
  const sights: Sight[] = [];
  const slept: number[] = [];
  let [at, throttled, reloads] = [0, 0, 0];
  const options: WatchOptions = {
    intervalMs,
    signal: controller.signal,
    throttled: () => throttled,
    reloadCredentials: () => {
      reloads += 1;
    },
    observe: async () => {
      const step = steps[at++];
      if (step?.fails) throw step.fails;
      throttled += step?.throttles ?? 0;
      return seen;
    },
    show: (sight) => void sights.push(sight),
    wall: {
      now: () => 0,
      monotonic: () => 0,
      sleep: async (ms) => {
        slept.push(ms);
        if (at >= steps.length) controller.abort('SIGINT');
      },
    },
  };
  const last = await watchStatus(options).catch((error: unknown) => error);
  return { last, sights, slept, reloads };
};

const unreachable = new PlatformError('E_UNREACHABLE', 'socket hang up');
const expired = new PlatformError('E_CREDENTIALS', 'the token has expired');

describe('watching', () => {
  it('looks at its interval until it is interrupted, and hands over what it saw last', async () => {
    const { last, slept, sights } = await play([{}, {}, {}]);
    expect(slept).toEqual([5000, 5000, 5000]);
    expect(sights).toHaveLength(3);
    expect(last).toBe(seen);
  });

  it('slows down while AWS throttles, says so, and comes back to its interval', async () => {
    const { slept, sights } = await play([{}, { throttles: 2 }, { throttles: 1 }, {}, {}, {}]);
    expect(slept).toEqual([5000, 10_000, 20_000, 10_000, 5000, 5000]);
    expect(sights.map(({ notice }) => notice)).toEqual([
      undefined,
      'AWS asks to slow down: every 10s',
      'AWS asks to slow down: every 20s',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('never gets slower than a minute, nor faster than it was asked to be', async () => {
    expect((await play(Array(8).fill({ throttles: 1 }))).slept.at(-1)).toBe(60_000);
    expect((await play([{ throttles: 1 }, {}], 120_000)).slept).toEqual([120_000, 120_000]);
  });

  it('outlives a moment without an answer, showing what it saw last', async () => {
    const { sights, last } = await play([{}, { fails: unreachable }, {}]);
    expect(sights[1]).toMatchObject({ observed: seen, notice: 'socket hang up; again in 10s' });
    expect(sights[2]?.notice).toBeUndefined();
    expect(last).toBe(seen);
  });

  it('ends when the very first look fails, and on what will not mend itself', async () => {
    expect((await play([{ fails: unreachable }])).last).toBe(unreachable);
    expect((await play([{}, { fails: new PlatformError('E_DENIED', 'no') }])).last).toMatchObject({ code: 'E_DENIED' });
  });

  it('loads expired credentials again once, then gives up', async () => {
    const mended = await play([{}, { fails: expired }, {}]);
    expect(mended).toMatchObject({ reloads: 1, last: seen });
    expect((await play([{}, { fails: expired }, { fails: expired }])).last).toBe(expired);
  });

  it('does not wait for an answer that is owed when somebody interrupts', async () => {
    const controller = new AbortController();
    const work = watchStatus({
      intervalMs: 1000,
      signal: controller.signal,
      throttled: () => 0,
      reloadCredentials: () => undefined,
      observe: () => new Promise(() => undefined),
      show: () => undefined,
      wall: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    });
    controller.abort('SIGINT');
    expect(await work).toBeUndefined();
  });
});
