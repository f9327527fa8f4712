/** One row per service from the folded run and the newest poll. Pure. */
import type { ProgressRow } from '../cli/operation.js';
import { chainOutcome, chainSteps } from '../engine/chain-outcomes.js';
import type { RunView, StepView } from '../engine/view.js';
import type { PlannedService } from './deploy-types.js';
import { plannedOf } from './service-results.js';

interface Poll {
  readonly status?: string;
  readonly phase?: string;
  readonly desired?: number;
  readonly running?: number;
  readonly pending?: number;
  readonly old?: number;
  readonly healthy?: number;
  readonly targets?: { readonly healthy: number; readonly total: number } | null;
  readonly failures?: { readonly count: number; readonly threshold: number };
}

export const progressRows = (view: RunView, latest: ReadonlyMap<string, unknown>): readonly ProgressRow[] =>
  plannedOf(view).map((planned) => rowOf(view, planned, latest));

const row = (
  planned: PlannedService,
  rest: Omit<ProgressRow, 'key' | 'label' | 'details'> & { readonly details?: readonly string[] },
): ProgressRow => ({
  key: planned.service,
  label: planned.service,
  details: [],
  ...rest,
});

const isActive = (step: StepView): boolean => step.state === 'running' || step.state === 'in-doubt';

const rowOf = (view: RunView, planned: PlannedService, latest: ReadonlyMap<string, unknown>): ProgressRow => {
  if (planned.kind === 'unchanged') return row(planned, { what: 'unchanged', state: 'good' });
  const steps = chainSteps(view, planned.service);
  const undoing = steps.find((step) => step.undo?.state === 'running');
  const active = steps.find(isActive);
  const poll = (latest.get((undoing ?? active)?.step.id ?? '') ?? {}) as Poll;
  if (undoing) return row(planned, { what: 'rolling back', state: 'bad', details: countsOf(poll) });
  if (active) return activeRow(planned, active, poll);
  const last = steps.findLast((step) => step.state === 'succeeded' || step.state === 'found');
  // Between two steps: what was said last still holds.
  if (last && steps.some((step) => step.state === 'pending')) {
    return activeRow(planned, last, (latest.get(last.step.id) ?? {}) as Poll);
  }
  if (steps.every((step) => step.state === 'pending')) return waitingRow(planned, steps);
  return endedRow(planned, steps);
};

const activeRow = (planned: PlannedService, active: StepView, poll: Poll): ProgressRow => {
  const kind = active.step.id.split('[')[0] ?? '';
  switch (kind) {
    case 'register':
      return row(planned, { what: 'registering', state: 'active' });
    case 'smoke':
      return row(planned, { what: 'smoke test', fraction: 1, state: 'active' });
    case 'tag':
      return row(planned, { what: 'recording', fraction: 1, state: 'active' });
    default:
      return row(planned, {
        what: poll.phase === 'rolling-back' ? 'rolling back' : 'rolling',
        fraction: poll.desired ? Math.min(1, (poll.healthy ?? 0) / poll.desired) : 0,
        state: poll.phase === 'rolling-back' ? 'bad' : 'active',
        details: countsOf(poll),
      });
  }
};

const countsOf = (poll: Poll): readonly string[] => {
  if (poll.desired === undefined) return [];
  const tasks =
    poll.old === undefined
      ? `${poll.running ?? 0}/${poll.desired} running`
      : `${poll.running ?? 0} new · ${poll.old} old`;
  const failures = poll.failures?.count ? [failuresText(poll.failures)] : [];
  return [
    tasks,
    poll.targets
      ? `targets ${poll.targets.healthy}/${poll.targets.total} healthy`
      : `${poll.healthy ?? 0}/${poll.desired} healthy`,
    ...failures,
  ];
};

const failuresText = (failures: { readonly count: number; readonly threshold: number }): string =>
  failures.threshold > 0 ? `${failures.count}/${failures.threshold} failures` : `${failures.count} failures`;

const waitingRow = (planned: PlannedService, steps: readonly StepView[]): ProgressRow => {
  const others = steps.flatMap((step) => step.step.needs).flatMap((need) => /\[(.+)\]$/.exec(need)?.[1] ?? []);
  const waitsFor = [...new Set(others)].filter((name) => name !== planned.service);
  return row(planned, {
    what: waitsFor.length > 0 ? `waiting for ${waitsFor.join(', ')}` : 'waiting',
    state: 'waiting',
  });
};

const endedRow = (planned: PlannedService, steps: readonly StepView[]): ProgressRow => {
  const outcome = chainOutcome(steps);
  if (outcome === 'succeeded') return row(planned, { what: 'done', fraction: 1, state: 'good' });
  if (outcome === 'skipped') return row(planned, { what: 'skipped', state: 'warn' });
  return row(planned, { what: outcome.replace('-', ' '), state: 'bad' });
};
