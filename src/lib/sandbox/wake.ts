/**
 * Waiting for AWS time to pass, for what is a connection and not data (a delayed answer). The timer is data; who waits
 * for it is not, so after a reset or a restore every waiter is woken at once.
 */
import type { ServiceModule } from './service.js';
import type { World } from './world.js';

const wakeTimer = 'sandbox.wake';

const waiters = new WeakMap<World, Map<number, () => void>>();

const waitersOf = (world: World): Map<number, () => void> => {
  const known = waiters.get(world) ?? new Map<number, () => void>();
  waiters.set(world, known);
  return known;
};

let nextKey = 0;

/** Resolves when that much AWS time has passed, the signal fires, or the world is replaced. */
export const waitInAwsTime = (world: World, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const key = ++nextKey;
    const timer = world.schedule('', wakeTimer, ms, { key });
    const done = (): void => {
      waitersOf(world).delete(key);
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      world.cancel(timer);
      done();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waitersOf(world).set(key, done);
  });

export const wakeEverybody = (world: World): void => {
  for (const wake of [...waitersOf(world).values()]) wake();
};

/** Carries the timer's handler; it has no operations and no state. */
export const wakeModule = (): ServiceModule => ({
  id: 'sandbox',
  signingName: 'sandbox',
  loadSchema: async () => ({}),
  initial: () => ({}),
  operations: {},
  timers: {
    [wakeTimer]: (world, _region, target: { readonly key: number }) => waitersOf(world).get(target.key)?.(),
  },
});
