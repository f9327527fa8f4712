/**
 * Takes a lock away from a run that will not give it back. The run is fenced first (its journal gets `run.fenced`), so that
 * its next append is refused and it stops; only then do its holders leave the row. Recorded in that run's journal.
 */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import type { LocatedRun } from '../runs/locate-runs.js';
import { scopeText } from './lock-status.js';

export interface LockBreakResult {
  readonly run: string;
  readonly scopes: readonly string[];
}

type BreakCtx = Pick<Ctx, 'locks' | 'journals' | 'writer'>;

/** A live local holder is refused: end its process instead, then resume or undo its run. */
export const assertBreakable = async (ctx: BreakCtx, run: Pick<LocatedRun, 'runId' | 'target'>): Promise<void> => {
  const locks = ctx.locks(run.target);
  const held = (await locks.read()).holders.filter((holder) => holder.runId === run.runId);
  const [first] = held;
  if (!first)
    throw new PlatformError('E_NOT_FOUND', `run ${run.runId} holds no lock`, { hints: ['platform lock status'] });
  if ((locks.liveness?.(first) ?? 'remote') === 'live') {
    throw new PlatformError('E_LOCKED', `run ${run.runId} is alive here: pid ${first.writer.pid} on this machine`, {
      hints: [`kill -INT ${first.writer.pid}`, `platform runs resume ${run.runId}`],
      details: { pid: first.writer.pid },
    });
  }
};

export const breakLock = async (
  ctx: BreakCtx,
  run: Pick<LocatedRun, 'runId' | 'target'>,
): Promise<Report<LockBreakResult>> => {
  await assertBreakable(ctx, run);
  const journal = await ctx.journals(run.target).takeOver(run.runId, ctx.writer);
  await journal.append({ type: 'run.fenced', by: `lock break by ${ctx.writer.user}@${ctx.writer.host}` });
  await journal.close();
  const evicted = await ctx.locks(run.target).evict(run.runId);
  const scopes = evicted.map(scopeText);
  return {
    result: { run: run.runId, scopes },
    runId: run.runId,
    lines: [`The lock on ${scopes.join(', ')} was taken from run ${run.runId}.`],
    next: [
      { command: `platform runs resume ${run.runId}`, why: 'finish what it began' },
      { command: `platform runs undo ${run.runId}`, why: 'or take it back' },
    ],
  };
};
