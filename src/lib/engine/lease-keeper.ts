/**
 * Keeps the lease alive in the background and answers one question before each effect: may I still act? Politeness, not
 * safety: the journal is the fence. Age is the lease's own business (max of monotonic and wall); after a late tick, for
 * example a closed lid, the row is written again before anything else happens.
 */
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import type { WallClock } from './clock.js';
import type { Lease } from './ports.js';

export interface LeaseKeeper {
  /** Resolves when an effect may start; throws E_CONFLICT when the lease is lost. */
  ensure(): Promise<void>;
  /** Whether an effect may start at this very moment, without asking anybody. */
  hasTime(): boolean;
  /** Stops renewing; writes nothing. */
  stop(): void;
  release(): Promise<void>;
}

interface KeeperOptions {
  readonly lease: Lease;
  readonly leaseMs: number;
  readonly wall: WallClock;
  readonly onLost: (error: PlatformError) => void;
}

const reason = 'the run has ended';

/** `contended` only says that the row was busy; everything else that the lock refuses is final. */
const isTaken = (error: unknown): boolean =>
  isPlatformError(error) &&
  (error.code === 'E_LOCKED' || error.code === 'E_CONFLICT') &&
  (error.details as { readonly reason?: string } | undefined)?.reason !== 'contended';

export const keepLease = (options: KeeperOptions): LeaseKeeper => {
  const { lease, leaseMs, wall, onLost } = options;
  const marginMs = leaseMs / 4;
  const stopped = new AbortController();
  let renewal: Promise<void> | undefined;

  /** One renewal at a time: two would overtake each other's version number. */
  const renew = (): Promise<void> => {
    renewal ??= lease.renew().finally(() => {
      renewal = undefined;
    });
    return renewal;
  };
  const lost = (cause: unknown): PlatformError =>
    new PlatformError('E_CONFLICT', 'the lease on this environment was lost: another run may have taken it', {
      cause,
      details: { reason: 'lease-lost' },
    });

  /** Until the row was written once; patient with a store that does not answer, as long as there is lease left. */
  const renewSurely = async (): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await renew();
        return;
      } catch (error) {
        if (isTaken(error) || (tries >= 3 && lease.remainingMs() <= 0)) throw lost(error);
        await wall.sleep(Math.min(1_000, marginMs / 4), stopped.signal);
      }
    }
  };
  const hasTime = (): boolean => lease.remainingMs() > marginMs;
  const ensure = async (): Promise<void> => {
    while (!hasTime()) await renewSurely();
  };
  const beat = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await wall.sleep(leaseMs / 4, stopped.signal);
      try {
        await renew();
      } catch (error) {
        // A lost answer or an unreachable store is no loss yet: the next tick, or ensure(), tries again.
        if (isTaken(error)) {
          stopped.abort(reason);
          onLost(lost(error));
        }
      }
    }
  };
  beat().catch(() => undefined);
  return {
    ensure,
    hasTime,
    stop: () => stopped.abort(reason),
    release: async () => {
      stopped.abort(reason);
      await renewal?.catch(() => undefined);
      await lease.release();
    },
  };
};
