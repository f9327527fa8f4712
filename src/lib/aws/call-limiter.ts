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
const fastest = 1e6;
/** Per answer: fast until the first refusal, less until the second, then a little, because a quota may be shared. */
const growths = [1.25, 1.05, 1.002] as const;
const backOff = 0.97;
/** When AWS says no twice running, the rate is far from what it allows. */
const farBackOff = 0.85;
const steadyGrowth = 1.05;

export class CallLimiter {
  #rate: number;
  #tokens: number;
  #at: number;
  /** Index of `growths`. */
  #phase: 0 | 1 | 2 = 0;
  #answered = 0;
  #wasRefused = false;
  #since: number;
  #queue: Promise<void> = Promise.resolve();
  throttles = 0;

  constructor(private readonly options: LimiterOptions) {
    this.#rate = options.perSecond;
    this.#tokens = options.burst;
    this.#at = options.clock.now();
    this.#since = this.#at;
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
    this.#answered += 1;
    this.#wasRefused = false;
    if (this.options.mode === 'steady') this.#rate = Math.min(this.options.perSecond, this.#rate * steadyGrowth);
    else this.#rate = Math.min(fastest, this.#rate * growths[this.#phase]);
  }

  throttled(): void {
    this.throttles += 1;
    const now = this.options.clock.now();
    if (this.options.mode === 'steady') this.#rate /= 2;
    else this.#rate = this.#phase === 0 ? this.#measured(now) : this.#rate * (this.#wasRefused ? farBackOff : backOff);
    this.#rate = Math.max(slowest, this.#rate);
    this.#phase = this.#phase === 0 ? 1 : 2;
    this.#wasRefused = true;
    this.#tokens = 0;
    this.#at = now;
  }

  /** What AWS has answered a second up to the first refusal, without the burst that it grants at once; the documented rate at least. */
  #measured(now: number): number {
    const seconds = Math.max(0.1, (now - this.#since) / 1_000);
    return Math.max(this.options.perSecond, (this.#answered - this.options.burst) / seconds);
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    const { clock, burst } = this.options;
    for (;;) {
      const now = clock.now();
      if (this.#answered === 0) this.#since = now;
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
