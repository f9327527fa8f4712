/** How a journaled one-off task is bound to AWS, drawn, streamed and reported; also by `runs resume|undo`. */
import type { OperationKind, ProgressRow, StreamedLine } from '../cli/operation.js';
import { bindRun } from '../deployments/bind-run.js';
import type { RunView } from '../engine/view.js';
import type { ProgressLine } from '../runtimes/ecs/watch-task.js';
import { outputsOf, plannedTask, reportRun, stepOf } from './run-report.js';
import type { RunTaskResult } from './run-types.js';

interface Poll {
  readonly status?: string;
  readonly task?: string;
  readonly lines?: readonly ProgressLine[];
  readonly logs?: string;
}

const words: Readonly<Record<string, string>> = {
  REQUESTED: 'requested',
  PROVISIONING: 'provisioning',
  PENDING: 'starting',
  ACTIVATING: 'starting',
  RUNNING: 'running',
  DEACTIVATING: 'stopping',
  STOPPING: 'stopping',
  DEPROVISIONING: 'stopping',
  STOPPED: 'reading its last lines',
};

const rowOf = (view: RunView, latest: ReadonlyMap<string, unknown>): ProgressRow => {
  const { service } = plannedTask(view);
  const row = { key: service, label: service, details: [] };
  const step = stepOf(view);
  if (!step || step.state === 'pending') return { ...row, what: 'waiting', state: 'waiting' };
  const poll = (latest.get(step.step.id) ?? {}) as Poll;
  const details = [
    ...(poll.task === undefined ? [] : [`task ${poll.task}`]),
    ...(poll.logs === undefined || poll.logs === 'here' || poll.logs === 'elsewhere'
      ? []
      : [`its log cannot be read: ${poll.logs}`]),
  ];
  if (step.undo?.state === 'running') return { ...row, what: 'stopping the task', state: 'warn', details };
  if (step.undo?.state === 'undone') return { ...row, what: 'stopped', state: 'warn', details };
  if (step.state === 'running') {
    return { ...row, what: words[poll.status ?? ''] ?? 'requested', state: 'active', details };
  }
  const code = outputsOf(step)?.exitCode ?? null;
  if (code === null) return { ...row, what: 'failed', state: 'bad', details };
  return { ...row, what: `exit code ${code}`, state: code === 0 ? 'good' : 'bad', details };
};

const streamed = (view: RunView, progress: unknown): readonly StreamedLine[] => {
  const { service } = plannedTask(view);
  return ((progress as Poll).lines ?? []).map(({ atMs, stream, text }) => ({ atMs, service, stream, text }));
};

export const runKind: OperationKind<RunTaskResult> = {
  uses: 'run@1',
  command: 'run',
  bind: bindRun,
  progress: (view, latest) => [rowOf(view, latest)],
  streamed,
  report: async (_ctx, view) => reportRun(view),
};
