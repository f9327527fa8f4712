/**
 * Journals and locks in memory, for tests of the engine. They keep the promises of engine/ports.ts and can break them on
 * purpose: a torn last line, no fence. Nothing here waits; delays and lost answers are wrapped around it.
 */

import type { EventBody, JournalEvent, Writer } from '../../src/lib/engine/event.js';
import type { sealEvent } from '../../src/lib/engine/journal/chain.js';
import {
  type Conflict,
  type JournalStore,
  type JournalWriter,
  type Lease,
  type LockHolder,
  type LockRequest,
  type LockRow,
  type LockStore,
  scopesCollide,
} from '../../src/lib/engine/ports.js';
import { PlatformError } from '../../src/lib/errors/platform-error.js';

interface Book {
  readonly events: JournalEvent[];
  /** Half a line without its newline: the next append would be glued to it. */
  hasTornTail: boolean;
  /** The line that no reader understands. */
  brokenAt: number | undefined;
  epoch: number;
}

export interface MemoryJournalBugs {
  /** A take-over leaves half a line in place. */
  readonly leavesTornTail?: boolean;
  /** A take-over does not stop the earlier writer. */
  readonly hasNoFence?: boolean;
}

type Seal = typeof sealEvent;

/** Cheap checksums for simulations of millions of events; the chain's links are still checked. */
export const quickSeal: Seal = (body, position) =>
  ({ ...body, v: 1, ...position, sum: `${position.runId}#${position.seq}@${position.epoch}` }) as JournalEvent;

export interface MemoryJournals {
  readonly books: Map<string, Book>;
  readonly bugs: MemoryJournalBugs;
  readonly seal: Seal;
  readonly now: () => number;
}

export const newMemoryJournals = (options: Omit<MemoryJournals, 'books'>): MemoryJournals => ({
  books: new Map(),
  ...options,
});

const fenced = (runId: string): PlatformError =>
  new PlatformError('E_JOURNAL', `run ${runId} was taken over`, { details: { reason: 'fenced' } });

export const eventsOf = (journals: MemoryJournals, runId: string): readonly JournalEvent[] => {
  const book = journals.books.get(runId);
  if (!book) throw new PlatformError('E_NOT_FOUND', `no run ${runId}`);
  if (book.brokenAt === undefined) return book.events;
  throw new PlatformError('E_JOURNAL', `line ${book.brokenAt} is broken`, {
    details: { reason: 'altered', seq: book.brokenAt },
  });
};

/** What one operation of a store is, so that a wrapper can delay it, tear it or never answer. */
export interface StoreCall {
  readonly kind:
    | 'create'
    | 'append'
    | 'sync'
    | 'take-over'
    | 'read'
    | 'lock-read'
    | 'acquire'
    | 'renew'
    | 'release'
    | 'evict';
  readonly runId: string;
  readonly body?: EventBody;
  /** Leaves half of what would have been written. */
  readonly tear?: () => void;
}

export type Through = <T>(call: StoreCall, apply: () => T) => Promise<T>;

export const journalStoreOf = (journals: MemoryJournals, through: Through): JournalStore => {
  const open = (runId: string, writer: Writer, epoch: number): JournalWriter => {
    const events = [...eventsOf(journals, runId)];
    const write = (body: EventBody): JournalEvent => {
      const book = journals.books.get(runId);
      if (!book || (book.epoch !== epoch && !journals.bugs.hasNoFence)) throw fenced(runId);
      const known = journals.bugs.hasNoFence ? eventsOf(journals, runId) : events;
      const last = known.at(-1);
      const position = { runId, seq: (last?.seq ?? 0) + 1, at: new Date(journals.now()).toISOString(), epoch, writer };
      const event = journals.seal(body, { ...position, prev: last?.sum ?? '' });
      if (book.hasTornTail) book.brokenAt ??= book.events.length + 1;
      book.events.push(event);
      book.hasTornTail = false;
      events.push(event);
      return event;
    };
    const tear = (): void => {
      const book = journals.books.get(runId);
      if (book && book.epoch === epoch) book.hasTornTail = true;
    };
    return {
      runId,
      epoch,
      events,
      append: (body) => through({ kind: 'append', runId, body, tear }, () => write(body)),
      close: async () => undefined,
    };
  };
  return {
    kind: 'memory',
    addressOf: (runId) => `memory:${runId}`,
    create: (runId, writer) =>
      through({ kind: 'create', runId }, () => {
        if (journals.books.has(runId))
          throw new PlatformError('E_JOURNAL', 'exists', { details: { reason: 'exists' } });
        journals.books.set(runId, { events: [], hasTornTail: false, brokenAt: undefined, epoch: 1 });
        return open(runId, writer, 1);
      }),
    takeOver: (runId, writer) =>
      through({ kind: 'take-over', runId }, () => {
        eventsOf(journals, runId);
        const book = journals.books.get(runId);
        if (!book) throw new PlatformError('E_NOT_FOUND', `no run ${runId}`);
        book.epoch += 1;
        if (!journals.bugs.leavesTornTail) book.hasTornTail = false;
        return open(runId, writer, book.epoch);
      }),
    read: (runId) => through({ kind: 'read', runId }, () => eventsOf(journals, runId)),
    list: async () => [...journals.books.keys()].map((runId) => ({ runId, address: `memory:${runId}` })),
  };
};

// ── the lock ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface MemoryLocks {
  row: LockRow;
  count: number;
}

export const newMemoryLocks = (): MemoryLocks => ({ row: { counter: 0, holders: [] }, count: 0 });

export interface LockUser {
  readonly through: Through;
  /** Whether a holder's process is known to be gone, known to live, or on another machine. */
  readonly liveness: (holder: LockHolder) => Conflict['liveness'];
  /** This process's clocks; the lease's age is the larger of the two. */
  readonly now: () => { readonly wall: number; readonly monotonic: number };
}

export const lockStoreOf = (locks: MemoryLocks, user: LockUser): LockStore => {
  const { through } = user;
  const fresh = (): string => {
    locks.count += 1;
    return `v${locks.count}`;
  };
  const acquire = (request: LockRequest, sentAt: ReturnType<LockUser['now']>) => {
    const replaced = (holder: LockHolder): boolean => request.replacing?.includes(holder.runId) ?? false;
    const conflicts = locks.row.holders
      .filter((holder) => request.scopes.some((scope) => scopesCollide(scope, holder.scope)) && !replaced(holder))
      .map((holder): Conflict => ({ holder, liveness: user.liveness(holder) }));
    if (conflicts.length > 0) return { kind: 'conflict', conflicts } as const;
    const counter = locks.row.counter + 1;
    const nonce = fresh();
    const taken = request.scopes.map(
      (scope): LockHolder => ({
        ...request,
        scope,
        boot: 'boot',
        pidStartedAt: '0',
        nonce,
        version: nonce,
        counter,
        since: new Date(sentAt.wall).toISOString(),
      }),
    );
    locks.row = { counter, holders: [...locks.row.holders.filter((holder) => !replaced(holder)), ...taken] };
    return { kind: 'held', lease: leaseOf({ locks, user, taken, nonce, sentAt, fresh }) } as const;
  };
  return {
    read: () => through({ kind: 'lock-read', runId: '' }, () => locks.row),
    acquire: (request) => {
      const sentAt = user.now();
      return through({ kind: 'acquire', runId: request.runId }, () => acquire(request, sentAt));
    },
    evict: (runId) =>
      through({ kind: 'evict', runId }, () => {
        const removed = locks.row.holders.filter((holder) => holder.runId === runId);
        locks.row = { ...locks.row, holders: locks.row.holders.filter((holder) => holder.runId !== runId) };
        return removed;
      }),
  };
};

interface LeaseParts {
  readonly locks: MemoryLocks;
  readonly user: LockUser;
  readonly taken: readonly LockHolder[];
  readonly nonce: string;
  readonly sentAt: ReturnType<LockUser['now']>;
  readonly fresh: () => string;
}

const leaseOf = (parts: LeaseParts): Lease => {
  const { locks, user, taken, nonce, fresh } = parts;
  const runId = taken[0]?.runId ?? '';
  const leaseMs = taken[0]?.leaseMs ?? 0;
  let { sentAt } = parts;
  const isMine = (holder: LockHolder): boolean => holder.nonce === nonce;
  return {
    holders: taken,
    remainingMs: () => {
      const now = user.now();
      return leaseMs - Math.max(now.wall - sentAt.wall, now.monotonic - sentAt.monotonic);
    },
    renew: async () => {
      const renewedAt = user.now();
      await user.through({ kind: 'renew', runId }, () => {
        if (!locks.row.holders.some(isMine)) {
          throw new PlatformError('E_LOCKED', 'the lease was taken', { details: { reason: 'lost' } });
        }
        const version = fresh();
        const holders = locks.row.holders.map((holder) => (isMine(holder) ? { ...holder, version } : holder));
        locks.row = { ...locks.row, holders };
      });
      sentAt = renewedAt;
    },
    release: () =>
      user.through({ kind: 'release', runId }, () => {
        locks.row = { ...locks.row, holders: locks.row.holders.filter((holder) => !isMine(holder)) };
      }),
  };
};
