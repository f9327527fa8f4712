import type { Line, Report, Span } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { shortestUniqueSuffix } from './ids.js';
import { type LocatedRun, locateRuns, type RunFilter } from './locate-runs.js';
import {
  type BrokenRun,
  isBroken,
  isResumable,
  type RunRecord,
  type RunSummary,
  summaryOf,
  tryReadRun,
} from './run-record.js';

export interface RunsListResult {
  readonly runs: readonly (
    | RunSummary
    | { readonly id: string; readonly environment: string; readonly state: 'unreadable'; readonly reason: string }
  )[];
}

/** Newest first. Reads journals only: works offline. */
export const listRuns = async (
  ctx: Pick<Ctx, 'paths' | 'place' | 'journals' | 'locks'>,
  options: RunFilter & { readonly limit: number },
): Promise<Report<RunsListResult>> => {
  const located = (await locateRuns(ctx, options)).filter((run) => run.isHere);
  const records = await newest(ctx, located, options.limit);
  const runs = records.map((record) =>
    isBroken(record)
      ? { id: record.runId, environment: record.target.environment, state: 'unreadable' as const, reason: record.why }
      : summaryOf(record),
  );
  const suffix = shortestUniqueSuffix(located.map((run) => run.runId));
  const resumable = runs.find((run) => isResumable(run.state));
  return {
    result: { runs },
    lines: runs.length === 0 ? ['No runs yet.'] : runs.map((run) => runLine(run, suffix(run.id))),
    next: resumable
      ? [{ command: `platform runs resume ${suffix(resumable.id)}`, why: `it is ${resumable.state}` }]
      : [],
  };
};

/** As many as were asked for; folders in which no run began do not count. */
const newest = async (
  ctx: Pick<Ctx, 'journals' | 'locks'>,
  located: readonly LocatedRun[],
  limit: number,
): Promise<readonly (RunRecord | BrokenRun)[]> => {
  const records: (RunRecord | BrokenRun)[] = [];
  for (let from = 0; from < located.length && records.length < limit; ) {
    const batch = located.slice(from, from + limit - records.length);
    const read = await Promise.all(batch.map((run) => tryReadRun(ctx, run)));
    records.push(...read.filter((record) => record !== undefined));
    from += batch.length;
  }
  return records;
};

const runLine = (run: RunsListResult['runs'][number], id: string): Line => {
  if (run.state === 'unreadable')
    return [{ text: `${id}  ` }, { text: 'unreadable', tone: 'bad' }, { text: `  ${run.reason}` }];
  const what = `${run.command}${run.services.length > 0 ? ` ${run.services.join(' ')}` : ''}`;
  return [
    { text: `${id}  `, tone: 'strong' },
    { text: `${run.startedAt.slice(0, 16).replace('T', ' ')}  `, tone: 'dim' },
    { text: `${run.environment.padEnd(12)} ${what.padEnd(28)} ` },
    stateSpan(run),
    { text: `  ${run.by}`, tone: 'dim' },
  ];
};

const stateSpan = (run: RunSummary): Span => {
  const word = (run.state === 'succeeded' || run.state === 'failed') && run.outcome ? run.outcome : run.state;
  const text = run.reason && run.state === 'paused' ? `${word} (${run.reason})` : word;
  if (run.state === 'succeeded' || run.state === 'undone') return { text: text.padEnd(14), tone: 'good' };
  if (run.state === 'failed' || run.state === 'undo-failed') return { text: text.padEnd(14), tone: 'bad' };
  return { text: text.padEnd(14), tone: 'warn' };
};
