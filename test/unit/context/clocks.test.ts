import { describe, expect, it } from 'vitest';
import { awsClock, type ClockReading, followingClock } from '../../../src/lib/context/clocks.js';
import { idsFrom } from '../../../src/lib/context/ids.js';
import { describeWriter } from '../../../src/lib/context/writer.js';
import type { WallClock } from '../../../src/lib/engine/clock.js';

/** Real time that passes only in sleep. */
const steppedWall = (): WallClock & { slept: number[] } => {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: async (ms, signal) => {
      if (signal?.aborted) throw signal.reason;
      slept.push(ms);
      now += ms;
    },
  };
};

describe('the service clock against AWS', () => {
  const day = 24 * 3_600_000;
  const machine = () => {
    const state = { wall: 1_000_000, monotonic: 0, boot: 50_000 };
    const wall: WallClock = {
      now: () => state.wall,
      monotonic: () => state.monotonic,
      sleep: async () => undefined,
    };
    return { state, clock: awsClock(wall, () => state.boot) };
  };

  it.each([
    ['forward', day],
    ['back', -day],
  ])('does not follow a clock that is set %s', (_way, byMs) => {
    const { state, clock } = machine();
    state.wall += byMs;
    state.monotonic += 5_000;
    state.boot += 5_000;
    expect(clock.now()).toBe(1_005_000);
  });

  it('counts what the machine slept: AWS went on', () => {
    const { state, clock } = machine();
    state.wall += day;
    state.boot += day;
    expect(clock.now()).toBe(1_000_000 + day - 1_000);
  });

  it('counts by itself where the system does not tell its uptime', () => {
    const { state, clock } = machine();
    state.boot = 0;
    state.monotonic += 7_000;
    expect(clock.now()).toBe(1_007_000);
  });
});

describe('the service clock in a sandbox', () => {
  it('runs at the rate of the handshake', async () => {
    const wall = steppedWall();
    const clock = followingClock({
      wall,
      first: { now: 1_000_000, rate: 60 },
      ask: async () => ({ now: 0, rate: 60 }),
    });
    expect(clock.rate).toBe(60);
    await wall.sleep(1000);
    expect(clock.now()).toBe(1_060_000);
  });

  it('sleeps AWS time, not real time', async () => {
    const wall = steppedWall();
    let asked = 0;
    const ask = async (): Promise<ClockReading> => {
      asked += 1;
      return { now: 60 * wall.monotonic(), rate: 60 };
    };
    const clock = followingClock({ wall, first: { now: 0, rate: 60 }, ask });
    await clock.sleep(30_000);
    expect(wall.now()).toBeCloseTo(500, 0);
    expect(asked).toBe(1);
  });

  it('waits on while sandbox time stands still', async () => {
    const wall = steppedWall();
    // The sandbox holds its time for the first real second.
    const ask = async (): Promise<ClockReading> => {
      const isHeld = wall.monotonic() < 1000;
      return { now: isHeld ? 0 : (wall.monotonic() - 1000) * 60, rate: 60, isHeld };
    };
    const clock = followingClock({ wall, first: { now: 0, rate: 60, isHeld: true }, ask });
    await clock.sleep(60_000);
    expect(wall.now()).toBeGreaterThanOrEqual(1990);
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  it('follows a manual clock that somebody moves', async () => {
    const wall = steppedWall();
    let now = 0;
    const ask = async (): Promise<ClockReading> => {
      now += 10_000;
      return { now, rate: 0 };
    };
    const clock = followingClock({ wall, first: { now: 0, rate: 0 }, ask });
    await clock.sleep(25_000);
    expect(clock.now()).toBe(30_000);
  });

  it('never goes back, whatever a handshake says', async () => {
    const wall = steppedWall();
    const clock = followingClock({ wall, first: { now: 100_000, rate: 1 }, ask: async () => ({ now: 5, rate: 1 }) });
    const before = clock.now();
    await clock.sleep(1).catch(() => undefined);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });

  it('stops sleeping when it is aborted', async () => {
    const clock = followingClock({
      wall: steppedWall(),
      first: { now: 0, rate: 60 },
      ask: async () => ({ now: 0, rate: 60 }),
    });
    await expect(clock.sleep(1000, AbortSignal.abort('SIGINT'))).rejects.toBe('SIGINT');
  });
});

describe('ids', () => {
  it('are lower-case ULIDs that sort by time', () => {
    let now = Date.UTC(2026, 10, 23);
    const ids = idsFrom({ now: () => now });
    const first = ids.runId();
    now += 1;
    const second = ids.runId();
    expect(first).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    expect([second, first].sort()).toEqual([first, second]);
    expect(ids.nonce()).not.toBe(ids.nonce());
  });
});

describe('the writer', () => {
  it('names the CI job as far as the provider tells', () => {
    const writer = (env: Record<string, string>) => describeWriter({ env, nonce: 'n', cli: '1.0.0' });
    expect(writer({}).ci).toBeUndefined();
    expect(
      writer({ GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'shop/api', GITHUB_RUN_NUMBER: '42', GITHUB_ACTOR: 'ada' })
        .ci,
    ).toBe('github shop/api #42 by ada');
    expect(writer({ CI: 'true' })).toMatchObject({ ci: 'ci', pid: process.pid, cli: '1.0.0' });
  });
});
