/** From what a person types (a whole id or its unique end) to one run, and from its plan to the operation that ran it. */
import type { OperationKind } from '../cli/operation.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Uses } from '../plan/plan.js';
import { resolveRunId } from './ids.js';
import { type LocatedRun, locateRuns, type RunFilter } from './locate-runs.js';
import { type BrokenRun, isBroken, isResumable, type RunRecord, readRun, tryReadRun } from './run-record.js';

type RunCtx = Pick<Ctx, 'paths' | 'place' | 'journals' | 'locks'>;

export const findRun = async (ctx: RunCtx, input: string, filter: RunFilter): Promise<RunRecord> =>
  readRun(ctx, await locateRun(ctx, input, filter));

/** Looks at the folders only: also a run whose journal cannot be read has a place. */
export const locateRun = async (
  ctx: Pick<RunCtx, 'paths' | 'place'>,
  input: string,
  filter: RunFilter,
): Promise<LocatedRun> => {
  const all = await locateRuns(ctx, filter);
  const here = all.filter((run) => run.isHere);
  const wanted = input.trim().toLowerCase();
  const isMeant = (run: LocatedRun): boolean => wanted !== '' && run.runId.endsWith(wanted);
  const elsewhere = all.find((run) => !run.isHere && isMeant(run));
  if (elsewhere && !here.some(isMeant)) throw belongsElsewhere(elsewhere);
  const runId = resolveRunId(
    input,
    here.map((run) => run.runId),
  );
  const located = here.find((run) => run.runId === runId);
  if (!located) throw new PlatformError('E_NOT_FOUND', `there is no run ${input}`, { hints: ['platform runs list'] });
  return located;
};

/** A run is bound to the account or sandbox that it was planned for. */
const belongsElsewhere = (run: LocatedRun): PlatformError => {
  const place =
    run.target.sandbox === undefined ? `AWS account ${run.target.account}` : `the sandbox ${run.target.sandbox}`;
  return new PlatformError('E_CONFLICT', `run ${run.runId} belongs to ${place}, and this is another place`, {
    hints:
      run.target.sandbox === undefined
        ? [`platform runs show ${run.runId} without --sandbox`]
        : ['platform sandbox status'],
    details: { reason: 'another-place', target: run.target },
  });
};

/** The newest run that can go on; for `runs resume` without an id. */
export const newestResumable = async (ctx: RunCtx, filter: RunFilter): Promise<RunRecord> => {
  for (const run of (await locateRuns(ctx, filter)).filter((entry) => entry.isHere)) {
    const record = await tryReadRun(ctx, run);
    if (record === undefined) continue;
    if (isBroken(record)) throw unreadable(record);
    if (isResumable(record.state)) return record;
  }
  throw new PlatformError('E_NOT_FOUND', 'no run waits to be resumed', { hints: ['platform runs list'] });
};

/** It may be the one that was meant, so none is chosen in its place. */
const unreadable = ({ runId, why }: BrokenRun): PlatformError =>
  new PlatformError('E_JOURNAL', why, {
    hints: ['platform runs list, then name the run: platform runs resume RUN'],
    details: { runId },
  });

/** Operations by `plan.operation`. Imported when asked for: each brings its runtime with it. */
const kinds: Readonly<Record<Uses, () => Promise<OperationKind<unknown>>>> = {
  'deploy@1': async () => (await import('../deployments/operation-kinds.js')).deployKind,
  'rollback@1': async () => (await import('../deployments/operation-kinds.js')).rollbackKind,
  'restart@1': async () => (await import('../deployments/operation-kinds.js')).restartKind,
  'scale@1': async () => (await import('../capacity/scale-kind.js')).scaleKind,
  'run@1': async () => (await import('../tasks/run-kind.js')).runKind,
};

export const kindOf = async (run: RunRecord): Promise<OperationKind<unknown>> => {
  const load = kinds[run.view.plan.operation];
  if (load) return load();
  throw new PlatformError(
    'E_CONFLICT',
    `this version of platform does not know the operation ${run.view.plan.operation}`,
    {
      hints: [`resume it with the version that planned it: ${run.events[0]?.writer.cli ?? 'unknown'}`],
    },
  );
};

/** What `runs resume` and `runs undo` hand to the base class. */
export const existingRun = async (run: RunRecord, force: readonly string[] = []) => ({
  kind: await kindOf(run),
  runId: run.runId,
  target: run.target,
  isProtected: run.view.plan.danger === 'type-name',
  force,
});
