/**
 * Takes a lock away from a run that will not give it back. The run is fenced first (its journal gets `run.fenced`), so that
 * its next append is refused and it stops; only then do its holders leave the row. A fenced run acts no more: what it left
 * behind is a new plan's business. Start reading at assertBreakable, which says what may be broken.
 */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { LockHolder } from '../engine/ports.js';
import { fenceRun } from '../engine/take-lock.js';
import { newerVersion } from '../engine/understood.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import type { LocatedRun } from '../runs/locate-runs.js';
import { readRun } from '../runs/run-record.js';
import { scopeText } from './lock-status.js';

export interface LockBreakResult {
  readonly run: string;
  readonly scopes: readonly string[];
}

export interface Breakable {
  /** Of an unreadable plan nobody knows, so it counts as protected. */
  readonly isProtected: boolean;
  /** altered: it can be fenced no more, and need not be, for its process is provably gone. */
  readonly journal: 'whole' | 'altered';
}

type BreakCtx = Pick<Ctx, 'locks' | 'journals' | 'writer'>;

/** A live local holder is refused: end its process instead, then resume or undo its run. */
export const assertBreakable = async (ctx: BreakCtx, run: LocatedRun): Promise<Breakable> => {
  const locks = ctx.locks(run.target);
  const livenessOf = (holder: LockHolder) => locks.liveness?.(holder) ?? 'remote';
  const held = (await locks.read()).holders.filter((holder) => holder.runId === run.runId);
  if (held.length === 0)
    throw new PlatformError('E_NOT_FOUND', `run ${run.runId} holds no lock`, { hints: ['platform lock status'] });
  const live = held.find((holder) => livenessOf(holder) === 'live');
  if (live) throw stillAlive(run.runId, live.writer.pid);
  try {
    const { view } = await readRun(ctx, run);
    return { isProtected: view.plan.danger === 'type-name', journal: 'whole' };
  } catch (error) {
    const isAltered = isPlatformError(error) && error.code === 'E_JOURNAL' && !isFromNewerVersion(error);
    if (!isAltered || held.some((holder) => livenessOf(holder) !== 'gone')) throw error;
    return { isProtected: true, journal: 'altered' };
  }
};

/** Its journal is whole: the version that wrote it can end the run properly. */
const isFromNewerVersion = (error: PlatformError): boolean =>
  (error.details as { readonly reason?: unknown } | undefined)?.reason === newerVersion;

const stillAlive = (runId: string, pid: number): PlatformError =>
  new PlatformError('E_LOCKED', `run ${runId} is alive here: pid ${pid} on this machine`, {
    hints: [`kill -INT ${pid}`, `platform runs resume ${runId}`],
    details: { pid },
  });

export const breakLock = async (ctx: BreakCtx, run: LocatedRun): Promise<Report<LockBreakResult>> => {
  const { journal } = await assertBreakable(ctx, run);
  const by = `lock break by ${ctx.writer.user}@${ctx.writer.host}`;
  if (journal === 'whole') await fenceRun(ctx.journals(run.target), { runId: run.runId, by, writer: ctx.writer });
  const evicted = await ctx.locks(run.target).evict(run.runId);
  const scopes = evicted.map(scopeText);
  const { environment } = run.target;
  return {
    result: { run: run.runId, scopes },
    runId: run.runId,
    lines: [`The lock on ${scopes.join(', ')} was taken from run ${run.runId}, which acts no more.`],
    ...(journal === 'whole' ? {} : { warnings: [notRecorded(run.runId)] }),
    next: [
      { command: `platform runs show ${run.runId}`, why: 'how far it came' },
      { command: `platform status -e ${environment}`, why: 'what it left behind; go on with a new plan' },
    ],
  };
};

const notRecorded = (runId: string) => ({
  code: 'W_JOURNAL_ALTERED',
  message: `the journal of run ${runId} is altered: that its lock was broken could not be recorded there`,
});
