/** How a journaled scale is bound to AWS, drawn and reported; also by `runs resume|undo`. */
import type { OperationKind, ProgressRow } from '../cli/operation.js';
import { bindRun } from '../deployments/bind-run.js';
import { chainOutcome, chainSteps } from '../engine/chain-outcomes.js';
import type { RunView } from '../engine/view.js';
import { plannedCounts, reportScale } from './scale-report.js';
import type { PlannedCount, ScaleResult } from './scale-types.js';

interface Poll {
  readonly phase?: string;
  readonly desired?: number;
  readonly running?: number;
  readonly healthy?: number;
  readonly targets?: { readonly healthy: number; readonly total: number } | null;
  readonly failures?: { readonly count: number };
}

const phases: Readonly<Record<string, string>> = {
  requested: 'scaling',
  starting: 'starting tasks',
  stopping: 'stopping tasks',
  steadying: 'watching',
  'going-back': 'going back',
};

const rowOf = (view: RunView, planned: PlannedCount, latest: ReadonlyMap<string, unknown>): ProgressRow => {
  const row = { key: planned.service, label: planned.service, details: [] };
  if (planned.kind === 'unchanged') return { ...row, what: 'unchanged', state: 'good' };
  const steps = chainSteps(view, planned.service);
  const undoing = steps.find((step) => step.undo?.state === 'running');
  const active = undoing ?? steps.find((step) => step.state === 'running');
  if (active) {
    const poll = (latest.get(active.step.id) ?? {}) as Poll;
    const what = undoing ? 'going back' : (phases[poll.phase ?? ''] ?? 'scaling');
    const fraction = planned.asked === 0 || undoing ? undefined : Math.min(1, (poll.healthy ?? 0) / planned.asked);
    const state = undoing ? 'bad' : 'active';
    return { ...row, what, state, details: detailsOf(poll), ...(fraction === undefined ? {} : { fraction }) };
  }
  if (steps.every((step) => step.state === 'pending')) return { ...row, what: 'waiting', state: 'waiting' };
  if (steps.some((step) => step.state === 'pending')) return { ...row, what: 'scaling', state: 'active' };
  const outcome = chainOutcome(steps);
  if (outcome === 'succeeded') return { ...row, what: 'done', fraction: 1, state: 'good' };
  return { ...row, what: outcome.replace('-', ' '), state: outcome === 'skipped' ? 'warn' : 'bad' };
};

const detailsOf = (poll: Poll): readonly string[] => {
  if (poll.desired === undefined) return [];
  return [
    `${poll.running ?? 0}/${poll.desired} running`,
    poll.targets
      ? `targets ${poll.targets.healthy}/${poll.targets.total} healthy`
      : `${poll.healthy ?? 0}/${poll.desired} healthy`,
    ...(poll.failures?.count ? [`${poll.failures.count} failures`] : []),
  ];
};

export const scaleKind: OperationKind<ScaleResult> = {
  uses: 'scale@1',
  command: 'scale',
  bind: bindRun,
  progress: (view, latest) => plannedCounts(view).map((planned) => rowOf(view, planned, latest)),
  report: async (_ctx, view) => reportScale(view),
};
