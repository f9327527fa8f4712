/**
 * Reads that must not give up: throttling waits for as long as it takes, an answer that is lost or a 5xx is asked for
 * again within `patienceMs` of AWS time, expired credentials are loaded again once. Waits on the AWS clock, so a test or a
 * sandbox decides how long that is. The calls go through the client that never retries by itself.
 */
import type { ServiceClock } from '../engine/clock.js';
import type { CallLimiter } from './call-limiter.js';
import { classify, toPlatformError } from './errors.js';

export interface PatientOptions {
  readonly operation: string;
  readonly limiter: CallLimiter;
  readonly clock: Pick<ServiceClock, 'now' | 'sleep'>;
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly reloadCredentials: () => void;
  /** Told when it takes longer: of this many refusals in a row, or of the second failure. */
  readonly onWait?: ((why: 'throttle' | 'unreachable') => void) | undefined;
  readonly refusalsBeforeWord: number;
}

const firstWaitMs = 200;
const longestWaitMs = 8_000;

const waitMs = (failures: number): number => Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures, 10));

export const patiently = async <T>(call: () => Promise<T>, options: PatientOptions): Promise<T> => {
  const { limiter, clock, signal } = options;
  let failures = 0;
  let refusals = 0;
  let failingSince: number | undefined;
  let hasReloaded = false;
  for (;;) {
    await limiter.take(signal);
    try {
      const answer = await call();
      limiter.succeeded();
      return answer;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const kind = classify(error);
      if (kind === 'throttle') {
        limiter.throttled();
        refusals += 1;
        if (refusals >= options.refusalsBeforeWord) options.onWait?.('throttle');
        continue;
      }
      if (kind === 'auth' && !hasReloaded) {
        hasReloaded = true;
        options.reloadCredentials();
        continue;
      }
      failingSince ??= clock.now();
      const isTransient = kind === 'server' || kind === 'network' || kind === 'timeout';
      if (!isTransient || clock.now() - failingSince > options.patienceMs)
        throw toPlatformError(error, options.operation);
      if (failures > 0) options.onWait?.('unreachable');
      await clock.sleep(waitMs(failures), signal);
      failures += 1;
    }
  }
};
