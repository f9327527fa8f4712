/** What the engine needs from storage. One conformance suite holds every backend to this (test/integration/engine). */
import type { Scope } from '../plan/plan.js';
import type { EventBody, JournalEvent, Writer } from './event.js';

/** One run's journal, opened for writing in one epoch. */
export interface JournalWriter {
  readonly runId: string;
  readonly epoch: number;
  /** Events known so far, the ones before this epoch included. */
  readonly events: readonly JournalEvent[];
  /**
   * Durable when it resolves (append → fsync → look for the next epoch). Throws PlatformError E_JOURNAL with
   * `details.reason: "fenced"` when another writer has taken over: the caller stops at once and acts no more.
   */
  append(body: EventBody): Promise<JournalEvent>;
  close(): Promise<void>;
}

export interface RunSummary {
  readonly runId: string;
  readonly address: string;
}

export interface JournalStore {
  readonly kind: 'file' | 'memory' | 'dynamodb';
  /** Creates the journal of a new run; fails when it exists. */
  create(runId: string, writer: Writer): Promise<JournalWriter>;
  /** Opens the next epoch: fences every earlier writer, repairs a torn tail, keeps whole lines. */
  takeOver(runId: string, writer: Writer): Promise<JournalWriter>;
  /** Reads without taking over. Throws E_NOT_FOUND; E_JOURNAL with the first broken seq when the chain is not whole. */
  read(runId: string): Promise<readonly JournalEvent[]>;
  list(): Promise<readonly RunSummary[]>;
  /** Where a run's journal is, for the lock row; without it the engine asks `list`. */
  addressOf?(runId: string): string;
}

export interface LockHolder {
  readonly scope: Scope;
  readonly runId: string;
  /** Where the holder's journal is, so that a taker can fence it. */
  readonly journal: string;
  readonly operation: string;
  readonly writer: Writer;
  /** Boot id and process start time of the holder: a dead local process is recognised without waiting. */
  readonly boot: string;
  readonly pidStartedAt: string;
  readonly nonce: string;
  /** Changes with every renewal; compared for equality only. */
  readonly version: string;
  readonly counter: number;
  readonly leaseMs: number;
  readonly quiesceMs: number;
  /** Shown to people, never compared. */
  readonly since: string;
}

export interface LockRow {
  readonly counter: number;
  readonly holders: readonly LockHolder[];
}

export interface Lease {
  readonly holders: readonly LockHolder[];
  /** Milliseconds of lease left by max(monotonic, wall) age; ≤ 0 means lost. */
  remainingMs(): number;
  renew(): Promise<void>;
  release(): Promise<void>;
}

export type Conflict = {
  readonly holder: LockHolder;
  /**
   * gone: this host and boot, pid and start time no longer exist, or a remote holder's version stood still for lease and
   * quiesce time as this process watched; live: this host, still running; remote: cannot know, the lease must run out.
   */
  readonly liveness: 'gone' | 'live' | 'remote';
};

export interface LockStore {
  read(): Promise<LockRow>;
  /**
   * Takes all scopes in one conditional update, or none. `replacing` names a dead run's holders that may be replaced
   * (the caller has fenced its journal first). Returns the conflicts when it could not.
   */
  acquire(
    request: LockRequest,
  ): Promise<
    | { readonly kind: 'held'; readonly lease: Lease }
    | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] }
  >;
  /** Removes the holders of a run (recorded by the caller); used by `lock break`. */
  evict(runId: string): Promise<readonly LockHolder[]>;
  /** What can be known here about a holder, without waiting; `remote` when this store cannot tell. */
  liveness?(holder: LockHolder): Conflict['liveness'];
}

export interface LockRequest {
  readonly scopes: readonly Scope[];
  readonly runId: string;
  readonly journal: string;
  readonly operation: string;
  readonly writer: Writer;
  readonly leaseMs: number;
  readonly quiesceMs: number;
  readonly replacing?: readonly string[];
}

/** environment excludes everything; two services, two databases, or two runs only exclude themselves. */
export const scopesCollide = (a: Scope, b: Scope): boolean => {
  if (a.kind === 'environment' || b.kind === 'environment') return true;
  if (a.kind === 'service' && b.kind === 'service') return a.service === b.service;
  if (a.kind === 'database' && b.kind === 'database') return a.database === b.database;
  if (a.kind === 'run' && b.kind === 'run') return a.run === b.run;
  return false;
};
