/**
 * `status --watch`: looks again and again until somebody interrupts. Slows down while AWS throttles or does not answer, and
 * says so. What is seen goes to `show`; drawing and printing are the caller's. Start reading at watchStatus.
 */
import { toPlatformError } from '../aws/errors.js';
import { formatAge } from '../cli/duration.js';
import type { WallClock } from '../engine/clock.js';
import type { PlatformError } from '../errors/platform-error.js';
import type { ObservedStatus } from './observe-status.js';

export interface Sight {
  readonly observed: ObservedStatus;
  /** Until the next look. */
  readonly everyMs: number;
  /** Why it is slower than asked for, or what did not answer. */
  readonly notice?: string;
}

export interface WatchOptions {
  readonly observe: () => Promise<ObservedStatus>;
  readonly wall: WallClock;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  /** Answers so far by which AWS asked to slow down. */
  readonly throttled: () => number;
  readonly reloadCredentials: () => void;
  readonly show: (sight: Sight) => void;
}

const slowestMs = 60_000;

/** Resolves with what was seen last when the signal comes, undefined when that was nothing; rejects with what ends it. */
export const watchStatus = async (options: WatchOptions): Promise<ObservedStatus | undefined> => {
  const { wall, signal, intervalMs, show } = options;
  let last: Sight | undefined;
  let everyMs = intervalMs;
  let trust: 'fresh' | 'reloaded' = 'fresh';
  while (!signal.aborted) {
    const before = options.throttled();
    const look = await settled(options.observe(), signal);
    if (look.kind === 'interrupted') break;
    if (look.kind === 'seen') {
      trust = 'fresh';
      const isThrottled = options.throttled() > before;
      everyMs = isThrottled ? slower(everyMs) : faster(everyMs, intervalMs);
      const notice = isThrottled ? `AWS asks to slow down: every ${formatAge(everyMs)}` : undefined;
      last = { observed: look.observed, everyMs, ...(notice === undefined ? {} : { notice }) };
    } else if (look.error.code === 'E_CREDENTIALS' && trust === 'fresh' && last) {
      // They may have been renewed meanwhile; a second refusal is the end.
      trust = 'reloaded';
      options.reloadCredentials();
      continue;
    } else if (look.error.code === 'E_UNREACHABLE' && last) {
      everyMs = slower(everyMs);
      last = { ...last, everyMs, notice: `${look.error.message}; again in ${formatAge(everyMs)}` };
    } else throw look.error;
    show(last);
    await wall.sleep(everyMs, signal).catch(() => undefined);
  }
  return last?.observed;
};

const slower = (everyMs: number): number => Math.max(everyMs, Math.min(slowestMs, everyMs * 2));
const faster = (everyMs: number, wantedMs: number): number => Math.max(wantedMs, Math.floor(everyMs / 2));

type Look =
  | { readonly kind: 'seen'; readonly observed: ObservedStatus }
  | { readonly kind: 'failed'; readonly error: PlatformError }
  | { readonly kind: 'interrupted' };

/** AWS may owe an answer for seconds: whoever interrupts does not wait for it. */
const settled = (work: Promise<ObservedStatus>, signal: AbortSignal): Promise<Look> =>
  new Promise((resolve) => {
    const onAbort = (): void => resolve({ kind: 'interrupted' });
    signal.addEventListener('abort', onAbort, { once: true });
    work
      .then(
        (observed): Look => ({ kind: 'seen', observed }),
        (error: unknown): Look => ({ kind: 'failed', error: toPlatformError(error) }),
      )
      .then((look) => {
        signal.removeEventListener('abort', onAbort);
        resolve(look);
      }, onAbort);
  });
