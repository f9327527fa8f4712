/**
 * The simulated network and machines: one virtual time, operators whose laptops sleep, processes that die, calls that are
 * delayed, lost, answered too late or answered with an error after they took effect. Everything follows from one seed.
 */
import { ActionError, InDoubtError } from '../../src/lib/engine/action.js';
import type { Clocks } from '../../src/lib/engine/clock.js';
import type { VirtualTime } from './engine-virtual-time.js';
import { randomFrom } from './seeded.js';

export interface Tally {
  takeOvers: number;
  lostAnswers: number;
  probes: number;
  fences: number;
  kills: number;
  sleeps: number;
  events: number;
  runs: number;
}

export const newTally = (): Tally => ({
  takeOvers: 0,
  lostAnswers: 0,
  probes: 0,
  fences: 0,
  kills: 0,
  sleeps: 0,
  events: 0,
  runs: 0,
});

/** A laptop or a CI machine with one person at it. */
export interface Machine {
  readonly name: string;
  readonly host: string;
  asleepUntil: number;
  /** Milliseconds that its monotonic clock missed while it slept. */
  missedMs: number;
}

export interface SimProcess {
  readonly nonce: string;
  readonly machine: Machine;
  isDead: boolean;
  readonly interrupt: AbortController;
}

export interface Dice {
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

export const diceOf = (seed: number): Dice => {
  const next = randomFrom(seed);
  const between = (low: number, high: number): number => Math.floor(low + next() * (high - low + 1));
  return {
    chance: (probability) => next() < probability,
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
  };
};

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** In-flight requests land within this time, which is well inside the actions' settle time. */
export const maxFlightMs = 8_000;

export interface Net {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly tally: Tally;
  isCalm: boolean;
}

/** Resolves when the process may go on: at once, after its machine woke up, or never. */
const awake = async (net: Net, process: SimProcess): Promise<void> => {
  while (!process.isDead && process.machine.asleepUntil > net.time.now) {
    await net.time.sleep(process.machine.asleepUntil - net.time.now);
  }
  if (process.isDead) await never();
};

const lost = (): InDoubtError =>
  new InDoubtError({ class: 'network', code: 'ECONNRESET', message: 'the connection was lost' });

type Fate = 'fine' | 'lost-request' | 'lost-answer' | 'late-landing' | 'error-after-write' | 'throttled';

const fateOf = (net: Net, isWrite: boolean): Fate => {
  if (net.isCalm || !net.dice.chance(0.14)) return 'fine';
  return isWrite
    ? net.dice.pick(['lost-request', 'lost-answer', 'late-landing', 'error-after-write', 'throttled'])
    : net.dice.pick(['lost-request', 'throttled']);
};

/** A call to the simulated cloud. */
export const cloudCall = async <T>(
  net: Net,
  process: SimProcess,
  call: { readonly isWrite: boolean; readonly apply: () => T },
): Promise<T> => {
  if (process.isDead) return never<T>();
  const { time, dice, tally } = net;
  const fate = fateOf(net, call.isWrite);
  const delayMs = dice.chance(0.1) ? dice.between(300, 3_000) : dice.between(5, 200);
  if (fate === 'late-landing') {
    // Nobody waits for the answer any more, and what it does may be refused: then nothing happens.
    time.after(dice.between(delayMs, maxFlightMs), () => {
      try {
        call.apply();
      } catch {
        // Refused by the cloud, and nobody is there to be told.
      }
    });
  }
  await time.sleep(delayMs);
  const outcome =
    fate === 'fine' || fate === 'lost-answer' || fate === 'error-after-write' ? settled(call.apply) : undefined;
  if (fate === 'lost-answer') await time.sleep(dice.between(500, 4_000));
  await awake(net, process);
  switch (fate) {
    case 'throttled':
      throw call.isWrite
        ? new ActionError({ class: 'throttle', code: 'ThrottlingException', message: 'slow down' })
        : new InDoubtError({ class: 'throttle', code: 'ThrottlingException', message: 'slow down' });
    case 'lost-answer':
    case 'late-landing':
      tally.lostAnswers += 1;
      throw lost();
    case 'lost-request':
      throw lost();
    case 'error-after-write':
      tally.lostAnswers += 1;
      throw new InDoubtError({ class: 'server', code: 'InternalError', message: 'something broke' });
    case 'fine':
      if (outcome?.kind === 'threw') throw outcome.error;
      return outcome?.value as T;
  }
};

type Settled<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'threw'; readonly value?: never; readonly error: unknown };

const settled = <T>(apply: () => T): Settled<T> => {
  try {
    return { kind: 'answered', value: apply() };
  } catch (error) {
    return { kind: 'threw', error };
  }
};

/** A call to a store. Its client repeats by itself what it can prove; what it cannot, it throws, written or not. */
export const storeCall = async <T>(net: Net, process: SimProcess, apply: () => T): Promise<T> => {
  if (process.isDead) return never<T>();
  const { time, dice, tally } = net;
  const isTroubled = !net.isCalm && dice.chance(0.012);
  const isWritten = dice.chance(0.5);
  const splitMs = dice.between(1, 40);
  await time.sleep(splitMs);
  // A dead process sends nothing more, but what it sent has arrived.
  if (isTroubled && !isWritten) {
    await awake(net, process);
    throw lost();
  }
  const outcome = settled(apply);
  if (!net.isCalm && dice.chance(0.1)) await time.sleep(dice.between(10, 2_000));
  await awake(net, process);
  if (outcome.kind === 'threw') throw outcome.error;
  if (isTroubled) {
    tally.lostAnswers += 1;
    throw lost();
  }
  return outcome.value;
};

export const clocksFor = (net: Net, process: SimProcess): Clocks => {
  const { time } = net;
  const { machine } = process;
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (process.isDead) return never();
    await time.sleep(ms, signal);
    await awake(net, process);
  };
  return {
    wall: { now: () => time.now, monotonic: () => time.now - machine.missedMs, sleep },
    service: { now: () => time.now, sleep, rate: 1 },
  };
};

/** The lid is closed: nothing on this machine runs, its timers fire late, its monotonic clock stands still. */
export const fallAsleep = (net: Net, machine: Machine, ms: number): void => {
  if (machine.asleepUntil > net.time.now) return;
  machine.asleepUntil = net.time.now + ms;
  machine.missedMs += ms;
  net.tally.sleeps += 1;
};
