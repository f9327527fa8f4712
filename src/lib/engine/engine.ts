/**
 * The engine's front: run, resume and undo differ only in how they open the journal; then one loop (executor.ts) and one
 * core (decide.ts) do everything. The engine knows no AWS, no terminal and no disk: they are injected (api.ts, ports.ts).
 * Start reading at decide.ts, then step-runner.ts for the order that makes a kill harmless.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Engine, EngineOptions, RunResult } from './api.js';
import { isFinalState } from './decide.js';
import type { EventBody } from './event.js';
import { execute } from './executor.js';
import { foldAll } from './fold.js';
import { keepLease } from './lease-keeper.js';
import { exitOfDetach, outcomeOfPause } from './outcomes.js';
import type { JournalWriter, Lease } from './ports.js';
import { assertFresh, assertNotFenced, assertResumable, assertRunnable } from './preconditions.js';
import { pauseForDrift } from './resume-check.js';
import { openSession, type Session } from './session.js';
import { defaultLease, takeLock } from './take-lock.js';
import type { RunView } from './view.js';
import type { Reloader, Runner } from './work.js';

export const createEngine = (): Engine => ({ run, resume, undo });

const run: Engine['run'] = async (plan, options) => {
  assertRunnable(plan, options);
  assertFresh(plan, options);
  const journal = await options.journals.create(plan.runId, options.writer);
  const session = await opened({ options, journal, first: { type: 'run.planned', plan } });
  const { approvedBy } = options;
  if (approvedBy) await appendOrThrow(session, { type: 'run.approved', ...approvedBy });
  let lease: Lease;
  try {
    lease = await takeLock({ plan, options });
  } catch (error) {
    if (options.interrupt.aborted) return detachedEarly(session);
    const reason = error instanceof Error ? error.message : String(error);
    await appendOrThrow(session, { type: 'run.abandoned', by: 'platform', reason });
    await session.close();
    throw error;
  }
  return withLease(session, lease, execute);
};

const resume: Engine['resume'] = async (runId, options) => {
  const known = foldAll(await options.journals.read(runId));
  if (isFinalState(known.state)) return resultOf(known);
  assertResumable(known, options);
  const { journal, lease } = await reopen(known, options);
  const now = foldAll(journal.events);
  if (isFinalState(now.state)) return alreadyEnded(now, lease);
  const { force } = options;
  const serviceAt = options.clocks.service.now();
  const first = { type: 'run.resumed', serviceAt, ...(force === undefined ? {} : { force }) } as const;
  const session = await opened({ options, journal, first });
  return withLease(session, lease, async (runner) => {
    const drift = await pauseForDrift(runner);
    if (drift) await session.append({ type: 'run.paused', ...drift });
    else await execute(runner);
  });
};

/** Another process finished it between our first look and the take-over. */
const alreadyEnded = async (view: RunView, lease: Lease): Promise<RunResult> => {
  await lease.release().catch(() => undefined);
  return resultOf(view);
};

const undo: Engine['undo'] = async (runId, options) => {
  const known = foldAll(await options.journals.read(runId));
  if (known.state === 'undone') return resultOf(known);
  assertResumable(known, options);
  const { journal, lease } = await reopen(known, options);
  const { by, force } = options;
  const first = { type: 'undo.requested', scope: 'run', by, ...(force === undefined ? {} : { force }) } as const;
  const session = await opened({ options, journal, first });
  return withLease(session, lease, execute);
};

/**
 * The lock first, because a live process of this run must not be fenced; then the journal, unless it had to be fenced.
 * What was true when the journal was read may not be true any more: it is asked again of what was taken over.
 */
const reopen = async (view: RunView, options: EngineOptions): Promise<{ journal: JournalWriter; lease: Lease }> => {
  let journal: JournalWriter | undefined;
  const open = async (): Promise<JournalWriter> => {
    if (journal) return journal;
    journal = await options.journals.takeOver(view.runId, options.writer);
    assertNotFenced(foldAll(journal.events));
    return journal;
  };
  const fenceOwn = async (): Promise<void> => {
    await open();
  };
  const lease = await takeLock({ plan: view.plan, options, fenceOwn });
  try {
    return { journal: await open(), lease };
  } catch (error) {
    await lease.release().catch(() => undefined);
    throw error;
  }
};

const opened = async (start: Parameters<typeof openSession>[0]): Promise<Session> => {
  const session = await openSession({ ...start, first: undefined });
  if (start.first) await appendOrThrow(session, start.first);
  return session;
};

/** Outside the loop a refused append is the caller's error, not a silent stop. */
const appendOrThrow = async (session: Session, body: EventBody): Promise<void> => {
  try {
    await session.append(body);
  } catch (error) {
    throw session.halted.aborted ? session.halted.reason : error;
  }
};

const withLease = async (
  session: Session,
  lease: Lease,
  work: (runner: Runner) => Promise<void>,
): Promise<RunResult> => {
  const { options } = session;
  const { leaseMs } = options.lease ?? defaultLease;
  const keeper = keepLease({ lease, leaseMs, wall: options.clocks.wall, onLost: session.halt });
  try {
    for (const { scope, counter } of lease.holders) await session.append({ type: 'lease.taken', scope, counter });
    await work({ session, lease: keeper, reload: reloaderOf(options) });
  } catch (error) {
    // Nothing is tidied up: after a crash nothing would be, and the next process copes with that.
    keeper.stop();
    throw session.halted.aborted ? session.halted.reason : error;
  }
  // Another run must not start while a call of this one may still arrive: then the lock stays, and names this run.
  if (isUnanswered(session.view())) keeper.stop();
  // The end is journaled; a lock that cannot be released runs out by itself.
  else await keeper.release().catch(() => undefined);
  await session.close();
  return resultOf(session.view());
};

/** Detached in the middle of a call whose answer was lost. */
const isUnanswered = (view: RunView): boolean => {
  if (view.pause?.reason !== 'detached') return false;
  const isLost = (half: { state: string; handle?: unknown } | undefined): boolean =>
    half?.state === 'running' && half.handle === undefined;
  return [...view.steps.values()].some((step) => isLost(step) || isLost(step.undo));
};

const reloaderOf = (options: EngineOptions): Reloader => {
  const used = new Set<string>();
  let reloaded: Promise<boolean> | undefined;
  return async (lane) => {
    const reload = (options.ports as { readonly reloadCredentials?: () => Promise<void> } | undefined)
      ?.reloadCredentials;
    if (!reload || used.has(lane)) return false;
    used.add(lane);
    reloaded ??= reload.call(options.ports).then(
      () => true,
      () => false,
    );
    return reloaded;
  };
};

/** Interrupted while it waited for the lock: nothing was done, and it can be resumed. */
const detachedEarly = async (session: Session): Promise<RunResult> => {
  const exit = exitOfDetach(session.options.interrupt.reason);
  await appendOrThrow(session, { type: 'run.paused', reason: 'detached', exit });
  await session.close();
  return resultOf(session.view());
};

const resultOf = (view: RunView): RunResult => {
  if (view.outcome !== undefined && view.exit !== undefined) return { view, outcome: view.outcome, exit: view.exit };
  if (view.pause) return { view, outcome: outcomeOfPause(view.pause.reason), exit: view.pause.exit };
  throw new PlatformError('E_BUG', `run ${view.runId} neither ended nor paused`);
};
