/**
 * Gets the lock for a run, or says who stands in the way. A run that died keeps its place until a person decides
 * (`runs resume|undo`), unless its journal says that it had ended: then only its release was missing, and it is fenced,
 * first in its own journal, and replaced.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Plan } from '../plan/plan.js';
import type { EngineOptions } from './api.js';
import { isFinalState } from './decide.js';
import { foldAll } from './fold.js';
import { exitOfDetach } from './outcomes.js';
import type { Conflict, JournalStore, Lease, LockRequest } from './ports.js';
import type { RunView } from './view.js';

export const defaultLease = { leaseMs: 60_000, quiesceMs: 20_000 };

/** A run that only reads excludes nobody, and nobody can take anything from it. */
const nothingHeld: Lease = {
  holders: [],
  remainingMs: () => Number.POSITIVE_INFINITY,
  renew: async () => undefined,
  release: async () => undefined,
};

interface TakeLock {
  readonly plan: Plan;
  readonly options: EngineOptions;
  /** Takes this run's own journal over, which fences an earlier process of the same run. A new run has none. */
  readonly fenceOwn?: () => Promise<void>;
}

export const addressOf = async (journals: JournalStore, runId: string): Promise<string> => {
  if (journals.addressOf) return journals.addressOf(runId);
  const known = (await journals.list()).find((run) => run.runId === runId);
  return known?.address ?? runId;
};

export const takeLock = async (take: TakeLock): Promise<Lease> => {
  const { plan, options } = take;
  const { wall } = options.clocks;
  if (plan.locks.length === 0) return nothingHeld;
  const request: LockRequest = {
    scopes: plan.locks,
    runId: plan.runId,
    journal: await addressOf(options.journals, plan.runId),
    operation: plan.operation,
    writer: options.writer,
    ...(options.lease ?? defaultLease),
  };
  const replacing = new Set<string>();
  const begunAt = wall.monotonic();
  for (;;) {
    const answer = await options.locks.acquire({ ...request, replacing: [...replacing] });
    if (answer.kind === 'held') return answer.lease;
    // A store may go on refusing a cleared holder until it is sure that it is gone: cleared once is enough.
    const uncleared = answer.conflicts.filter(({ holder }) => !replacing.has(holder.runId));
    const fresh = await clearConflicts(take, uncleared);
    for (const runId of fresh) replacing.add(runId);
    if (fresh.length > 0) continue;
    const waitedMs = wall.monotonic() - begunAt;
    if (waitedMs >= options.lockWaitMs) throw lockedBy(answer.conflicts);
    options.onEvent?.({ kind: 'lock-wait', conflicts: answer.conflicts, waitedMs });
    await waitFor(take, Math.min(1_000, options.lockWaitMs - waitedMs));
  }
};

const waitFor = async ({ options }: TakeLock, ms: number): Promise<void> => {
  const { interrupt, clocks } = options;
  try {
    await clocks.wall.sleep(ms, interrupt);
  } catch (error) {
    if (!interrupt.aborted) throw error;
    const code = exitOfDetach(interrupt.reason) === 143 ? 'E_TERMINATED' : 'E_INTERRUPTED';
    throw new PlatformError(code, 'stopped while waiting for the lock; nothing was changed');
  }
};

/** Runs whose holders may be replaced, all of them fenced before this returns. Throws when waiting cannot help. */
const clearConflicts = async (take: TakeLock, conflicts: readonly Conflict[]): Promise<readonly string[]> => {
  const cleared: string[] = [];
  for (const conflict of conflicts) {
    const { holder, liveness } = conflict;
    if (holder.runId === take.plan.runId) {
      if (liveness === 'live' || !take.fenceOwn) throw stillRunning(conflict);
      await take.fenceOwn();
      cleared.push(holder.runId);
    } else if (liveness !== 'live' && (await clearOther(take, conflict))) cleared.push(holder.runId);
  }
  return cleared;
};

/** Another run's dead holder: replaceable when that run had ended, or when somebody fenced it and died before the eviction. */
const clearOther = async (take: TakeLock, conflict: Conflict): Promise<boolean> => {
  const { holder, liveness } = conflict;
  const { journals, view } = await journalOf(take, conflict);
  const isOver = isFinalState(view.state);
  if (!isOver && view.fencedBy === undefined) {
    if (liveness === 'gone') throw deadRun(conflict);
    return false;
  }
  await fenceRun(journals, { runId: holder.runId, by: take.plan.runId, writer: take.options.writer });
  // Fenced in the middle of its work: a call of its may still be on its way.
  if (!isOver) await waitFor(take, holder.quiesceMs);
  return true;
};

const journalOf = async (
  take: TakeLock,
  { holder }: Conflict,
): Promise<{ readonly journals: JournalStore; readonly view: RunView }> => {
  const unreachable = (cause?: unknown): PlatformError =>
    new PlatformError('E_LOCKED', `the journal of run ${holder.runId}, which holds the lock, cannot be reached`, {
      cause,
      hints: [`platform runs show ${holder.runId}`, `platform lock break --run ${holder.runId}`],
      details: { reason: 'journal-unreachable', runId: holder.runId, journal: holder.journal },
    });
  const { journalsAt, journals: ours } = take.options;
  const journals = journalsAt ? journalsAt(holder.journal) : ours;
  if (!journals) throw unreachable();
  try {
    return { journals, view: foldAll(await journals.read(holder.runId)) };
  } catch (error) {
    throw unreachable(error);
  }
};

interface Fencing {
  readonly runId: string;
  readonly by: string;
  readonly writer: EngineOptions['writer'];
}

/** After this no process of that run can journal, and so none can act. `lock break` uses it too. */
export const fenceRun = async (journals: JournalStore, fencing: Fencing): Promise<void> => {
  const journal = await journals.takeOver(fencing.runId, fencing.writer);
  const isFenced = journal.events.some((event) => event.type === 'run.fenced');
  if (!isFenced) await journal.append({ type: 'run.fenced', by: fencing.by });
  await journal.close();
};

const holdersOf = (conflicts: readonly Conflict[]) =>
  conflicts.map(({ holder, liveness }) => ({
    runId: holder.runId,
    operation: holder.operation,
    scope: holder.scope,
    liveness,
    host: holder.writer.host,
    pid: holder.writer.pid,
    user: holder.writer.user,
    since: holder.since,
  }));

const lockedBy = (conflicts: readonly Conflict[]): PlatformError => {
  const names = [...new Set(conflicts.map(({ holder }) => `${holder.operation} run ${holder.runId}`))].join(', ');
  return new PlatformError('E_LOCKED', `${names} holds the lock`, {
    hints: ['platform lock status', 'wait for it, or give --lock-wait more time'],
    details: { reason: 'held', holders: holdersOf(conflicts) },
  });
};

const deadRun = (conflict: Conflict): PlatformError => {
  const { runId } = conflict.holder;
  return new PlatformError('E_LOCKED', `run ${runId} was interrupted and has not been finished`, {
    hints: [`platform runs resume ${runId}`, `platform runs undo ${runId}`],
    details: { reason: 'interrupted', holders: holdersOf([conflict]) },
  });
};

/** What a command says that meets these holders before it asks for the lock itself. */
export const lockRefusal = (conflicts: readonly Conflict[]): PlatformError => {
  const dead = conflicts.find(({ liveness }) => liveness === 'gone');
  return dead ? deadRun(dead) : lockedBy(conflicts);
};

const stillRunning = (conflict: Conflict): PlatformError =>
  new PlatformError('E_LOCKED', `run ${conflict.holder.runId} is still running (pid ${conflict.holder.writer.pid})`, {
    hints: [`platform runs show ${conflict.holder.runId}`],
    details: { reason: 'running', holders: holdersOf([conflict]) },
  });
