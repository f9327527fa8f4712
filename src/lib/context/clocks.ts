/** The real clocks: wall time, and AWS time, which in a sandbox runs faster and is asked for by a handshake. */
import { uptime } from 'node:os';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clocks, ServiceClock, WallClock } from '../engine/clock.js';

export const wallClock: WallClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(Math.max(0, ms), undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** Since this machine started, its sleep included; 0 where the system does not tell. */
const sinceBootMs = (): number => {
  try {
    return uptime() * 1000;
  } catch {
    return 0;
  }
};

/** Coarser than that is no measure of a second. */
const bootResolutionMs = 1_000;

/**
 * AWS's time as far as this machine knows it: read once from its clock, then counted. A clock that is set in the middle
 * (NTP, a person) must not make a healthy deployment look overdue. Time that a laptop slept does count: AWS went on.
 */
export const awsClock = (wall: WallClock, bootMs = sinceBootMs): ServiceClock => {
  const start = { at: wall.now(), counted: wall.monotonic(), boot: bootMs() };
  const elapsedMs = (): number => Math.max(wall.monotonic() - start.counted, bootMs() - start.boot - bootResolutionMs);
  return {
    now: () => start.at + elapsedMs(),
    sleep: (ms, signal) => wall.sleep(ms, signal),
    rate: 1,
  };
};

/** `now` in AWS milliseconds since epoch; `rate` in AWS milliseconds per real one, 0 on a manual clock. */
export interface ClockReading {
  readonly now: number;
  readonly rate: number;
  /** Time stands still for a moment (a real process boots). */
  readonly isHeld?: boolean;
}

const resyncAfterMs = 2000;
const manualPollMs = 50;

/**
 * A clock that follows the sandbox's: between handshakes it extrapolates; it is asked again while somebody sleeps, because
 * sandbox time stands still while a real process boots, and jumps on a manual clock. It never goes back.
 */
export const followingClock = (options: {
  readonly wall: WallClock;
  readonly first: ClockReading;
  readonly ask: () => Promise<ClockReading>;
}): ServiceClock => {
  const { wall, ask } = options;
  let anchor: ClockReading & { readonly at: number } = { ...options.first, at: wall.monotonic() };
  let latest = anchor.now;
  const speed = (): number => (anchor.isHeld ? 0 : anchor.rate);
  const now = (): number => {
    latest = Math.max(latest, anchor.now + (wall.monotonic() - anchor.at) * speed());
    return latest;
  };
  const resync = async (): Promise<void> => {
    // An unanswered handshake is not this caller's problem: the next AWS call will say what is wrong.
    const reading = await ask().catch(() => undefined);
    if (reading) anchor = { ...reading, at: wall.monotonic() };
  };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    const until = now() + ms;
    for (let left = ms; left > 0; left = until - now()) {
      const realMs = speed() > 0 ? left / speed() : manualPollMs;
      await wall.sleep(Math.min(Math.max(1, realMs), resyncAfterMs), signal);
      if (speed() === 0 || wall.monotonic() - anchor.at >= resyncAfterMs || until <= now()) await resync();
    }
  };
  return {
    now,
    sleep,
    get rate() {
      return anchor.rate;
    },
  };
};

export const awsClocks = (): Clocks => ({ wall: wallClock, service: awsClock(wallClock) });
