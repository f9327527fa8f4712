/** One virtual time for everything in a test: jumps from timer to timer, and only when nobody can run any further. */
import type { Clocks, ServiceClock, WallClock } from '../../src/lib/engine/clock.js';

interface Timer {
  readonly at: number;
  readonly seq: number;
  readonly fire: () => void;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

export class VirtualTime {
  now: number;
  private seq = 0;
  private readonly heap: Timer[] = [];

  constructor(startAt: number) {
    this.now = startAt;
  }

  after(ms: number, fire: () => void): void {
    this.seq += 1;
    this.push({ at: this.now + Math.max(0, ms), seq: this.seq, fire });
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Runs until `work` settles. Nothing left to wait for and no end is a hang, and said so. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    work.then(settled, settled);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return work;
      const next = this.pop();
      if (!next) throw new Error('hang: the work waits for something that will never come');
      this.now = Math.max(this.now, next.at);
      next.fire();
    }
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !before(timer, above)) break;
      heap[index] = above;
      heap[parent] = timer;
      index = parent;
    }
  }

  private pop(): Timer | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (!left) break;
      const right = heap[child + 1];
      if (right && before(right, left)) child += 1;
      const smaller = heap[child];
      if (!smaller || before(last, smaller)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

export const clocksOf = (time: VirtualTime): Clocks => {
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => time.sleep(ms, signal);
  const wall: WallClock = { now: () => time.now, monotonic: () => time.now, sleep };
  const service: ServiceClock = { now: () => time.now, sleep, rate: 1 };
  return { wall, service };
};
