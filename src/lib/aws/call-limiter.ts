/**
 * One operation's share of AWS's request rate: a token bucket in AWS time that learns. Steady: never above the documented
 * rate; a throttle halves it, and it comes back slowly. Eager (one pass over a window): begins with the documented rate
 * and grows until AWS says no, because quotas differ by region and can be raised; then it keeps to what was measured.
 */
import type { ServiceClock } from '../engine/clock.js';

export interface LimiterOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly mode: 'steady' | 'eager';
  readonly clock: Pick<ServiceClock, 'now' | 'sleep'>;
}

const slowest = 0.25;
const growth = 1.25;
const measuredOverMs = 3_000;

export class CallLimiter {
  #rate: number;
  #tokens: number;
  #at: number;
  #isGrowing: boolean;
  #answered: number[] = [];
  #queue: Promise<void> = Promise.resolve();
  throttles = 0;

  constructor(private readonly options: LimiterOptions) {
    this.#rate = options.perSecond;
    this.#tokens = options.burst;
    this.#at = options.clock.now();
    this.#isGrowing = options.mode === 'eager';
  }

  /** Calls per AWS second at the moment. */
  get rate(): number {
    return this.#rate;
  }

  /** Resolves when a call may be made; in the order of asking. */
  take(signal?: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#wait(signal));
    // One who gave up must not hold up those behind.
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  succeeded(): void {
    const now = this.options.clock.now();
    this.#answered = [...this.#answered.filter((at) => at > now - measuredOverMs), now].slice(-200);
    if (this.#isGrowing) this.#rate *= growth;
    else if (this.options.mode === 'eager') this.#rate *= 1 + 0.02 / this.#rate;
    else this.#rate = Math.min(this.options.perSecond, this.#rate * 1.05);
  }

  throttled(): void {
    this.throttles += 1;
    const wasGrowing = this.#isGrowing;
    this.#isGrowing = false;
    this.#tokens = 0;
    this.#at = this.options.clock.now();
    const { mode, perSecond } = this.options;
    if (mode === 'steady') this.#rate = Math.max(slowest, this.#rate / 2);
    else
      this.#rate = Math.max(
        slowest,
        wasGrowing ? perSecond : Math.min(this.#rate * 0.98, Math.max(this.#measured(), perSecond / 4)),
      );
  }

  #measured(): number {
    const now = this.options.clock.now();
    return (this.#answered.filter((at) => at > now - measuredOverMs).length * 1_000) / measuredOverMs;
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    const { clock, burst } = this.options;
    for (;;) {
      const now = clock.now();
      this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * this.#rate) / 1_000);
      this.#at = now;
      if (this.#tokens >= 0.999) {
        this.#tokens -= 1;
        return;
      }
      await clock.sleep(Math.ceil(((1 - this.#tokens) * 1_000) / this.#rate), signal);
    }
  }
}
