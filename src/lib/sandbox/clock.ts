/**
 * Who moves a world's time. The manual clock moves when it is told to; the scaled clock follows a real clock at
 * `speed` AWS seconds per real second and sleeps until the next timer is due, so an idle sandbox costs nothing.
 * `hold()` stops time while something real is awaited (a child process boots, a probe is on its way); every hold must be
 * released. Time then goes on from where it stood: no AWS second passes in between.
 */
import type { World } from './world.js';

export interface SandboxClock {
  readonly kind: 'manual' | 'scaled';
  /** AWS seconds per real second; 0 for the manual clock. */
  readonly speed: number;
  /** Moves the world to now. Every incoming call does this first. */
  readonly sync: () => void;
  /** Stops time until the returned function is called. Holds nest; releasing twice does nothing. */
  readonly hold: () => () => void;
  readonly isHeld: () => boolean;
  /** Ends the clock's own real timers. */
  readonly stop: () => void;
}

export interface ManualClock extends SandboxClock {
  readonly kind: 'manual';
  /** Moves time on; while time is held it remembers how far to go and goes there at the release. */
  readonly advance: (ms: number) => void;
  readonly advanceTo: (at: number) => void;
}

/** The real time that a scaled clock follows; tests put their own in. */
export interface RealTime {
  readonly monotonicMs: () => number;
  readonly setTimer: (action: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

export const speedLimits = { min: 1, max: 600 } as const;

/** Real milliseconds that due timers may wait to be run in one batch. */
const batchMs = 5;
/** The longest sleep; setTimeout cannot take more than 2^31 ms. */
const longestSleepMs = 3_600_000;

const nodeTime: RealTime = {
  monotonicMs: () => performance.now(),
  setTimer: (action, delayMs) => setTimeout(action, delayMs).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

interface Holds {
  readonly hold: () => () => void;
  readonly isHeld: () => boolean;
}

const holdCounter = (onFirst: () => void, onLast: () => void): Holds => {
  let holds = 0;
  return {
    isHeld: () => holds > 0,
    hold: () => {
      let isReleased = false;
      holds += 1;
      if (holds === 1) onFirst();
      return () => {
        if (isReleased) return;
        isReleased = true;
        holds -= 1;
        if (holds === 0) onLast();
      };
    },
  };
};

/** Runs due timers one moment at a time, so that a hold taken by one of them stops the later ones. */
const run = (world: World, options: { readonly to: number; readonly isHeld: () => boolean }): void => {
  while (!options.isHeld()) {
    const due = world.nextDue();
    if (due === undefined || due > options.to) {
      world.advanceTo(options.to);
      return;
    }
    world.advanceTo(due);
  }
};

export const manualClock = (world: World): ManualClock => {
  // Kept as a distance: while time is held somebody may restore another state, with another now.
  let owedMs = 0;
  let isRunning = false;
  const proceed = (): void => {
    // A hold may be released by the very timer that took it; the run that is under way goes on then.
    if (isRunning) return;
    isRunning = true;
    const goal = world.now + owedMs;
    try {
      run(world, { to: goal, isHeld: holds.isHeld });
    } finally {
      isRunning = false;
      owedMs = Math.max(0, goal - world.now);
    }
  };
  const holds = holdCounter(
    () => undefined,
    () => proceed(),
  );
  const advance = (ms: number): void => {
    owedMs += ms;
    if (!holds.isHeld()) proceed();
  };
  return {
    kind: 'manual',
    speed: 0,
    sync: () => undefined,
    hold: holds.hold,
    isHeld: holds.isHeld,
    stop: () => undefined,
    advance,
    advanceTo: (at) => advance(Math.max(0, at - world.now - owedMs)),
  };
};

export const scaledClock = (
  world: World,
  options: { readonly speed: number; readonly time?: RealTime },
): SandboxClock => {
  const { speed, time = nodeTime } = options;
  if (!(speed >= speedLimits.min && speed <= speedLimits.max))
    throw new RangeError(`speed must be between ${speedLimits.min} and ${speedLimits.max}`);
  // Sandbox time `base.at` corresponds to the real moment `base.real`.
  let base = { at: world.now, real: time.monotonicMs() };
  let armed: { timer: unknown; at: number } | undefined;
  let isStopped = false;
  let isRunning = false;

  const now = (): number => Math.floor(base.at + (time.monotonicMs() - base.real) * speed);
  const rebase = (): void => {
    base = { at: world.now, real: time.monotonicMs() };
  };
  const disarm = (): void => {
    if (armed) time.clearTimer(armed.timer);
    armed = undefined;
  };
  const arm = (): void => {
    disarm();
    const due = world.nextDue();
    if (isStopped || holds.isHeld() || due === undefined) return;
    const sleepMs = Math.min(longestSleepMs, Math.max(batchMs, Math.ceil((due - now()) / speed)));
    armed = { at: due, timer: time.setTimer(sync, sleepMs) };
  };
  const sync = (): void => {
    if (isRunning || isStopped) return;
    isRunning = true;
    try {
      if (!holds.isHeld()) run(world, { to: Math.max(now(), world.now), isHeld: holds.isHeld });
    } finally {
      isRunning = false;
      arm();
    }
  };
  const holds = holdCounter(disarm, () => {
    rebase();
    if (!isRunning) arm();
  });
  const forget = world.onSchedule((timer) => {
    if (!isRunning && (armed === undefined || timer.at < armed.at)) arm();
  });
  arm();
  return {
    kind: 'scaled',
    speed,
    sync,
    hold: () => {
      // Time stands at the moment of the call, not at the last timer.
      if (!holds.isHeld()) sync();
      return holds.hold();
    },
    isHeld: holds.isHeld,
    stop: () => {
      isStopped = true;
      disarm();
      forget();
    },
  };
};
