/**
 * The end of a one-off task, for people and as data. Stdout belongs to the command: what we have to say about it goes to
 * stderr, by progress, error and next steps. Pure.
 */
import type { NextStep, Report, Warning } from '../cli/report.js';
import { mergeEvidence, observedBy } from '../deployments/failure-card.js';
import { cardLines, errorOf } from '../deployments/report.js';
import { diagnose } from '../diagnosis/diagnose.js';
import type { FailureCard } from '../diagnosis/evidence.js';
import type { RunView, StepView } from '../engine/view.js';
import type { ExitCode } from '../errors/codes.js';
import type { TaskOutputs } from '../runtimes/ecs/watch-task.js';
import { shellText } from './command-words.js';
import { stepIdOf } from './plan-run.js';
import type { PlannedTask, RunTaskResult, TaskLogLine } from './run-types.js';

export const plannedTask = (view: RunView): PlannedTask => {
  const services = (view.plan.inputs['services'] ?? {}) as unknown as Readonly<Record<string, PlannedTask>>;
  const [task] = Object.values(services);
  return task ?? { service: '', cluster: '', container: '', taskDefinition: '', command: [], detach: false };
};

export const plannedResult = (task: PlannedTask): RunTaskResult => ({
  service: task.service,
  container: task.container,
  taskDefinition: task.taskDefinition,
  task: null,
  outcome: 'planned',
  exitCode: null,
  stopCode: null,
  reason: null,
  containers: [],
  seconds: null,
  logs: [],
});

export const stepOf = (view: RunView): StepView | undefined => view.steps.get(stepIdOf(plannedTask(view).service));

/** A command that succeeded has outputs; one that failed tells the same in its error's details. */
export const outputsOf = (step: StepView | undefined): TaskOutputs | undefined => {
  const found = step?.outputs ?? step?.error?.details;
  return typeof found === 'object' && found !== null && 'taskId' in found
    ? (found as unknown as TaskOutputs)
    : undefined;
};

const taskInHandle = (step: StepView | undefined): string | null =>
  (step?.handle as { readonly task?: string } | undefined)?.task ?? null;

const tailOf = (step: StepView | undefined): readonly TaskLogLine[] => {
  const observed = (step?.observed ?? []) as readonly {
    readonly logTail?: readonly { readonly at: string; readonly text: string }[];
  }[];
  const tail = observed.findLast(({ logTail }) => logTail !== undefined)?.logTail ?? [];
  return tail.map(({ at, text }) => ({ timestamp: at, message: text }));
};

const resultOf = (view: RunView): RunTaskResult => {
  const planned = plannedTask(view);
  const step = stepOf(view);
  const outputs = outputsOf(step);
  const card = cardOf(view, step, outputs);
  const { startedAtMs = null, stoppedAtMs = null } = outputs ?? {};
  return {
    ...plannedResult(planned),
    task: outputs?.task ?? taskInHandle(step),
    outcome: view.outcome ?? (view.pause?.reason === 'timed-out' ? 'timed-out' : 'paused'),
    exitCode: outputs?.exitCode ?? null,
    stopCode: outputs?.stopCode ?? null,
    reason: outputs?.reason ?? null,
    containers: outputs?.containers ?? [],
    seconds: startedAtMs === null || stoppedAtMs === null ? null : Math.round((stoppedAtMs - startedAtMs) / 1000),
    logs: tailOf(step),
    ...(card ? { card } : {}),
  };
};

/** A command that ended by itself has said why in its own words; a card is for what it could not say. */
const cardOf = (
  view: RunView,
  step: StepView | undefined,
  outputs: TaskOutputs | undefined,
): FailureCard | undefined => {
  const planned = plannedTask(view);
  const ownReason = outputs?.containers.find(({ name }) => name === planned.container)?.reason ?? null;
  if (!step || !outputs || step.state !== 'failed' || (outputs.exitCode !== null && ownReason === null))
    return undefined;
  const { environment } = view.plan.target;
  const evidence = mergeEvidence(planned.service, observedBy(view, [step.step.id]));
  const again = {
    command: `platform run ${planned.service} -e ${environment} -- ${shellText(planned.command)}`,
    why: 'run it again once that is mended',
  };
  return diagnose(evidence, { environment, service: planned.service, runId: view.runId, again });
};

export const reportRun = (view: RunView): Report<RunTaskResult> => {
  const result = resultOf(view);
  const isDetached = detachedOnPurpose(view);
  const error = view.state === 'undone' || isDetached ? undefined : errorFor(view, result);
  const next = nextSteps(view, result);
  const warnings = logWarnings(view, result);
  return {
    result,
    lines: linesOf(view, result),
    runId: view.runId,
    exitCode: isDetached ? 0 : ((view.exit ?? view.pause?.exit ?? 0) as ExitCode),
    ...(result.exitCode !== null && view.state !== 'undone' ? { passThrough: result.exitCode } : {}),
    ...(next.length > 0 ? { next } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(error ? { error } : {}),
  };
};

const logWarnings = (view: RunView, { service }: RunTaskResult): readonly Warning[] => {
  const trouble = outputsOf(stepOf(view))?.logTrouble ?? null;
  if (trouble === null) return [];
  return [{ code: 'log-incomplete', message: `the log of ${service} could not be read to its end: ${trouble}` }];
};

/** --detach: leaving was what was asked for. Whoever goes on with the run later waits for its end. */
const detachedOnPurpose = (view: RunView): boolean =>
  view.pause?.reason === 'detached' &&
  view.outcome === undefined &&
  plannedTask(view).detach &&
  view.resumedServiceAt === undefined;

const errorFor = (view: RunView, result: RunTaskResult): Report<RunTaskResult>['error'] => {
  const known = errorOf(view, 'run');
  if (!known || result.exitCode === null) return known;
  return { ...known, code: 'E_COMMAND_FAILED' };
};

const linesOf = (view: RunView, result: RunTaskResult): Report<RunTaskResult>['lines'] => {
  if (view.state === 'undone') {
    const how = (stepOf(view)?.undo?.outputs as { readonly how?: string } | undefined)?.how;
    const state =
      how === 'stopped'
        ? 'its task is stopped'
        : how === 'none-runs'
          ? 'no task of it runs'
          : 'its task was over already';
    return [`${result.service}  ${state}; what the command did until then is not taken back`];
  }
  if (detachedOnPurpose(view)) return [`${result.service}  runs as task ${result.task ?? '?'}`];
  return result.card ? cardLines(result.card) : [];
};

const nextSteps = (view: RunView, result: RunTaskResult): readonly NextStep[] => {
  if (view.pause && view.outcome === undefined) {
    return [
      { command: `platform runs resume ${view.runId}`, why: 'follow it to its end: log and exit code' },
      { command: `platform runs undo ${view.runId}`, why: 'stop the task' },
    ];
  }
  return view.state === 'undone' ? [] : (result.card?.next ?? []);
};
