/**
 * The environment's lock on files: a lease in a row that is never deleted, with a counter that only grows. Start here,
 * then row-store.ts (compare-and-swap) and process-probe.ts (is the holder alive?). May import engine types, plan,
 * errors, journal's disk.
 *
 * Nobody compares timestamps. A holder counts its lease from *before* it sent its last renewal, by the larger of the
 * monotonic and the wall clock, because one stops while the machine sleeps and the other can be set back. Somebody else
 * watches that the version does not change for lease and quiesce time on its own monotonic clock; when that clock
 * stops, it only waits longer. The lock is politeness: what makes a stale holder harmless is the fenced journal.
 */
import { PlatformError } from '../../errors/platform-error.js';
import type { Target } from '../../plan/plan.js';
import type { WallClock } from '../clock.js';
import type { Disk } from '../journal/disk.js';
import { ensureFolder, findFolder, targetComponents } from '../journal/state-folder.js';
import { orStorageError } from '../journal/storage-error.js';
import {
  type Conflict,
  type Lease,
  type LockHolder,
  type LockRequest,
  type LockRow,
  type LockStore,
  scopesCollide,
} from '../ports.js';
import { type Liveness, livenessOf, type ProcessProbe } from './process-probe.js';
import { fileRowStore, type RowStore } from './row-store.js';

export interface FileLockOptions {
  readonly disk: Disk;
  /** The state folder, absolute: `$XDG_STATE_HOME/platform`. */
  readonly root: string;
  readonly target: Target;
  readonly clock: Pick<WallClock, 'now' | 'monotonic'>;
  readonly nonce: () => string;
  readonly probe: ProcessProbe;
}

export const fileLockStore = (options: FileLockOptions): LockStore => {
  const components = [...targetComponents(options.target), 'lock'];
  const { disk, root, nonce, clock } = options;
  const ensured = once(() => ensureFolder(disk, root, components));
  const rows = fileRowStore({
    disk,
    nonce,
    now: () => clock.now(),
    folderFor: async (use) => {
      if (use === 'write') await ensured();
      return findFolder(disk, root, components);
    },
  });
  return new FileLockStore(options, rows);
};

/** Until it has worked once. */
const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
};

/** What to make of the row as it is now. `settled` ends the change without writing. */
type Decision<T> =
  | { readonly kind: 'write'; readonly next: LockRow; readonly result: T }
  | { readonly kind: 'settled'; readonly result: T };

/** Somebody always wins a race, so this many lost ones in a row mean that something else is wrong. */
const swapAttempts = 200;

const sleepless = 'the lock changes faster than it can be read';

/**
 * One atomic conditional update. `decide` sees the row afresh in every round, so it must recognise its own write: a
 * lost answer shows up as a row that already holds what we wanted.
 */
const change = async <T>(rows: RowStore, decide: (row: LockRow) => Decision<T>): Promise<T> => {
  let failure: unknown;
  for (let attempt = 0; attempt < swapAttempts; attempt += 1) {
    const current = await rows.read();
    const decision = decide(current.row);
    if (decision.kind === 'settled') return decision.result;
    if (failure !== undefined) throw failure;
    const swap = await rows.swap(current, decision.next).catch((error: unknown) => {
      failure = error ?? new PlatformError('E_BUG', 'the lock failed without a reason');
      return 'unknown' as const;
    });
    if (swap === 'changed') return decision.result;
  }
  throw new PlatformError('E_LOCKED', sleepless, { details: { reason: 'contended' } });
};

type Acquired = Awaited<ReturnType<LockStore['acquire']>>;

class FileLockStore implements LockStore {
  /** First monotonic instant at which this process saw a holder's version. Versions are never used twice. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly options: FileLockOptions,
    private readonly rows: RowStore,
  ) {}

  read(): Promise<LockRow> {
    return orStorageError('read the lock', async () => (await this.rows.read()).row);
  }

  acquire(request: LockRequest): Promise<Acquired> {
    return orStorageError('write the lock', async () => {
      const { probe, nonce: fresh, clock } = this.options;
      const nonce = fresh();
      const self = probe.process(request.writer.pid);
      const pidStartedAt = self.kind === 'running' ? self.startedAt : '';
      const boot = pidStartedAt === '' ? '' : probe.boot();
      const asked = { request, nonce, version: fresh(), boot, pidStartedAt, sent: ageOf(clock) };
      const conflicts = await change(this.rows, (row) => this.decideAcquire(row, asked));
      if (conflicts.length > 0) return { kind: 'conflict', conflicts };
      const holders = (await this.rows.read()).row.holders.filter((holder) => holder.nonce === nonce);
      return {
        kind: 'held',
        lease: new FileLease({ rows: this.rows, fresh, clock, nonce, holders, sent: asked.sent }),
      };
    });
  }

  evict(runId: string): Promise<readonly LockHolder[]> {
    return orStorageError('write the lock', () => {
      // A round whose answer was lost has removed them already; they are still what this call removed.
      let removed: readonly LockHolder[] = [];
      return change<readonly LockHolder[]>(this.rows, (row) => {
        const theirs = row.holders.filter((holder) => holder.runId === runId);
        if (theirs.length === 0) return { kind: 'settled', result: removed };
        removed = theirs;
        const holders = row.holders.filter((holder) => holder.runId !== runId);
        return { kind: 'write', next: { ...row, holders }, result: theirs };
      });
    });
  }

  /** A remote holder that did not renew for its lease and quiesce time, as we watched, is as good as gone. */
  liveness(holder: LockHolder): Liveness {
    const liveness = livenessOf(holder, this.options.probe);
    if (liveness !== 'remote') return liveness;
    const now = this.options.clock.monotonic();
    const first = this.seen.get(holder.version) ?? now;
    this.seen.set(holder.version, first);
    return now - first >= holder.leaseMs + holder.quiesceMs ? 'gone' : 'remote';
  }

  private decideAcquire(row: LockRow, asked: Asked): Decision<readonly Conflict[]> {
    if (row.holders.some((holder) => holder.nonce === asked.nonce)) return { kind: 'settled', result: [] };
    const { request } = asked;
    const conflicts: Conflict[] = [];
    const replaced = new Set<string>();
    for (const holder of row.holders) {
      const collides = request.scopes.some((scope) => scopesCollide(scope, holder.scope));
      const named = holder.runId === request.runId || (request.replacing?.includes(holder.runId) ?? false);
      if (!collides && !named) continue;
      const liveness = this.liveness(holder);
      if (isReplaceable({ holder, liveness, request })) replaced.add(holder.nonce);
      else if (collides) conflicts.push({ holder, liveness });
    }
    if (conflicts.length > 0) return { kind: 'settled', result: conflicts };
    const counter = row.counter + 1;
    const kept = row.holders.filter((holder) => !replaced.has(holder.nonce));
    const taken = request.scopes.map((scope) => this.holderOf(asked, { scope, counter }));
    return { kind: 'write', next: { counter, holders: [...kept, ...taken] }, result: [] };
  }

  private holderOf(asked: Asked, part: Pick<LockHolder, 'scope' | 'counter'>): LockHolder {
    const { request, nonce, version, boot, pidStartedAt } = asked;
    const { runId, journal, operation, writer, leaseMs, quiesceMs } = request;
    const since = new Date(this.options.clock.now()).toISOString();
    return {
      ...part,
      runId,
      journal,
      operation,
      writer,
      boot,
      pidStartedAt,
      nonce,
      version,
      leaseMs,
      quiesceMs,
      since,
    };
  }
}

interface Asked {
  readonly request: LockRequest;
  readonly nonce: string;
  readonly version: string;
  readonly boot: string;
  readonly pidStartedAt: string;
  readonly sent: () => number;
}

/**
 * A process that lives on this machine is never pushed aside, unless it is the asking one itself. Any other holder must
 * be named: its journal has been fenced. Then the same run's needs no lease wait, for nobody but that run is concerned.
 */
const isReplaceable = (case_: { holder: LockHolder; liveness: Liveness; request: LockRequest }): boolean => {
  const { holder, liveness, request } = case_;
  const isSameRun = holder.runId === request.runId;
  if (isSameRun && holder.writer.nonce === request.writer.nonce) return true;
  if (!(request.replacing?.includes(holder.runId) ?? false)) return false;
  return liveness === 'gone' || (isSameRun && liveness === 'remote');
};

/** A stopwatch that starts now and shows max(monotonic, wall). */
const ageOf = (clock: FileLockOptions['clock']): (() => number) => {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return () => Math.max(clock.monotonic() - monotonic, clock.now() - wall);
};

interface FileLeaseOptions {
  readonly rows: RowStore;
  readonly fresh: () => string;
  readonly clock: FileLockOptions['clock'];
  readonly nonce: string;
  readonly holders: readonly LockHolder[];
  readonly sent: () => number;
}

class FileLease implements Lease {
  private current: readonly LockHolder[];
  private age: () => number;
  private state: 'held' | 'lost' | 'released';
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: FileLeaseOptions) {
    this.current = options.holders;
    this.age = options.sent;
    // Evicted between our write and our look at it.
    this.state = options.holders.length > 0 ? 'held' : 'lost';
  }

  get holders(): readonly LockHolder[] {
    return this.current;
  }

  remainingMs(): number {
    if (this.state !== 'held') return 0;
    return Math.min(...this.current.map((holder) => holder.leaseMs)) - this.age();
  }

  renew(): Promise<void> {
    return this.inTurn('renew the lock', () => this.renewNow());
  }

  release(): Promise<void> {
    return this.inTurn('release the lock', async () => {
      this.state = 'released';
      await change<void>(this.options.rows, (row) => {
        const holders = row.holders.filter((holder) => holder.nonce !== this.options.nonce);
        if (holders.length === row.holders.length) return { kind: 'settled', result: undefined };
        return { kind: 'write', next: { ...row, holders }, result: undefined };
      });
    });
  }

  private async renewNow(): Promise<void> {
    const { rows, nonce, clock, fresh } = this.options;
    if (this.state !== 'held') throw lost();
    const sent = ageOf(clock);
    const version = fresh();
    const isMine = (holder: LockHolder): boolean => holder.nonce === nonce;
    const renewed = await change<readonly LockHolder[]>(rows, (row) => {
      const mine = row.holders.filter(isMine);
      // Nothing left of us, or the answer to this very renewal was lost.
      if (mine.every((holder) => holder.version === version)) return { kind: 'settled', result: mine };
      const next = row.holders.map((holder) => (isMine(holder) ? { ...holder, version } : holder));
      return { kind: 'write', next: { ...row, holders: next }, result: next.filter(isMine) };
    });
    if (renewed.length === 0) {
      this.state = 'lost';
      throw lost();
    }
    this.current = renewed;
    this.age = sent;
  }

  private inTurn(doing: string, work: () => Promise<void>): Promise<void> {
    const turn = this.queue.then(() => orStorageError(doing, work));
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

const lost = (): PlatformError =>
  new PlatformError('E_LOCKED', 'the lock was lost: somebody else took it, or it was broken', {
    hints: ['platform lock status'],
    details: { reason: 'lost' },
  });
