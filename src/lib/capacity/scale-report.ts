/** The end of a scale, for people and as data. Pure. */
import type { Line, NextStep, Report } from '../cli/report.js';
import { mergeEvidence, observedBy, type Part } from '../deployments/failure-card.js';
import { cardLines, errorOf } from '../deployments/report.js';
import { diagnose } from '../diagnosis/diagnose.js';
import type { FailureCard } from '../diagnosis/evidence.js';
import { chainOutcomes } from '../engine/chain-outcomes.js';
import type { RunView, StepView } from '../engine/view.js';
import type { ExitCode } from '../errors/codes.js';
import type { Outcome } from '../plan/plan.js';
import type { CountOutputs } from '../runtimes/ecs/watch-count.js';
import type { PlannedCount, ScaledService, ScaleResult } from './scale-types.js';

export const plannedCounts = (view: RunView): readonly PlannedCount[] =>
  Object.values((view.plan.inputs['services'] ?? {}) as unknown as Readonly<Record<string, PlannedCount>>);

const rangeOf = ({ range, movedTo }: PlannedCount): ScaledService['autoscaling'] =>
  range === null ? null : { ...(movedTo ?? range), movedFrom: movedTo === null ? null : range };

/** For --dry-run, and for a count that is live already. */
export const plannedResult = (planned: PlannedCount): ScaledService => ({
  service: planned.service,
  outcome: planned.kind === 'change' ? 'planned' : 'unchanged',
  before: planned.before,
  asked: planned.asked,
  desired: planned.kind === 'change' ? null : planned.asked,
  running: null,
  healthy: null,
  targets: null,
  autoscaling: rangeOf(planned),
  seconds: null,
});

/** A finished step has outputs; a failed one tells the same in its error's details. */
const lastSeen = (step: StepView | undefined): CountOutputs | undefined =>
  countOf(step?.undo?.outputs) ?? countOf(step?.outputs) ?? countOf(step?.error?.details);

const countOf = (found: unknown): CountOutputs | undefined =>
  typeof found === 'object' && found !== null && 'desiredCount' in found ? (found as CountOutputs) : undefined;

export const scaleResults = (view: RunView): readonly ScaledService[] =>
  plannedCounts(view).map((planned) => (planned.kind === 'change' ? resultOf(view, planned) : plannedResult(planned)));

const resultOf = (view: RunView, planned: PlannedCount): ScaledService => {
  const step = view.steps.get(`scale[${planned.service}]`);
  const seen = lastSeen(step);
  const card = cardOf(view, planned, step);
  return {
    ...plannedResult(planned),
    outcome: outcomeOf(view, planned.service),
    desired: seen?.desiredCount ?? null,
    running: seen?.running ?? null,
    healthy: seen?.healthy ?? null,
    targets: seen?.targets ?? null,
    seconds: seen === undefined ? null : Math.round((seen.finishedAtMs - seen.startedAtMs) / 1000),
    ...(card ? { card } : {}),
  };
};

const outcomeOf = (view: RunView, service: string): Outcome => {
  if (view.state !== 'paused')
    return (view.outcome === undefined ? chainOutcomes(view) : view.chains)[service] ?? 'skipped';
  const isOpen = [...view.steps.values()].some(
    ({ step, state }) => step.chain === service && (state === 'pending' || state === 'running'),
  );
  if (!isOpen) return chainOutcomes(view)[service] ?? 'paused';
  return view.pause?.reason === 'timed-out' ? 'timed-out' : 'paused';
};

const deadlineOf = (step: StepView): Part => {
  if (step.error?.code !== 'not-ready-in-time') return {};
  const inputs = step.inputs as { readonly deadlineMs?: number; readonly desiredCount?: number } | undefined;
  const seen = countOf(step.error.details);
  return {
    deadline: { limitMs: inputs?.deadlineMs ?? 0, healthy: seen?.healthy ?? 0, desired: inputs?.desiredCount ?? 0 },
  };
};

/** Undefined for a count that was not refused by the tasks themselves. */
const cardOf = (view: RunView, planned: PlannedCount, step: StepView | undefined): FailureCard | undefined => {
  if (step?.state !== 'failed' || step.outcome === 'superseded' || step.handle === undefined) return undefined;
  const { service } = planned;
  const { environment } = view.plan.target;
  const evidence = mergeEvidence(service, [
    ...observedBy(view, [step.step.id, `diagnose[${service}]`]),
    deadlineOf(step),
  ]);
  const again = {
    command: `platform scale ${service}=${planned.asked} -e ${environment}`,
    why: 'ask for it again once that is mended',
  };
  return diagnose(evidence, { environment, service, runId: view.runId, again });
};

const tones = {
  succeeded: 'good',
  unchanged: 'dim',
  planned: 'dim',
  skipped: 'warn',
  failed: 'bad',
  stopped: 'bad',
  'rolled-back': 'bad',
  'rollback-failed': 'bad',
  superseded: 'warn',
  'timed-out': 'warn',
  paused: 'warn',
} as const satisfies Record<ScaledService['outcome'], string>;

const wordsOf = (service: ScaledService): string => {
  const { outcome, before, asked } = service;
  switch (outcome) {
    case 'succeeded':
      return asked === 0 ? 'runs no task any more' : `runs ${asked} healthy ${asked === 1 ? 'task' : 'tasks'}`;
    case 'unchanged':
      return `unchanged: ${asked} asked for already`;
    case 'planned':
      return `${before} → ${asked} planned`;
    case 'skipped':
      return 'skipped';
    case 'failed':
    case 'stopped':
      return `failed; the count stays ${service.desired ?? asked}`;
    case 'rolled-back':
      return `failed, and is back at ${before}`;
    case 'rollback-failed':
      return `failed, and going back to ${before} failed too: a person is needed`;
    case 'superseded':
      return `was changed by others meanwhile: ${service.desired ?? '?'} asked for now`;
    case 'timed-out':
      return `not healthy in time; ${asked} are still asked for`;
    case 'paused':
      return 'paused';
  }
};

const headLine = (service: ScaledService, width: number): Line => {
  const targets = service.targets ? `  targets ${service.targets.healthy}/${service.targets.total} healthy` : '';
  const moved = service.autoscaling?.movedFrom
    ? `  autoscaling ${service.autoscaling.min} to ${service.autoscaling.max}`
    : '';
  const seconds = service.seconds === null ? '' : `  ${service.seconds} s of AWS time`;
  return [
    { text: `${service.service.padEnd(width)}  `, tone: 'strong' },
    { text: wordsOf(service), tone: tones[service.outcome] },
    { text: `  (before: ${service.before})${targets}${moved}${seconds}`, tone: 'dim' },
  ];
};

const undoneLine = (service: ScaledService): Line => [
  { text: `${service.service}  `, tone: 'strong' },
  { text: 'undone', tone: 'good' },
  { text: `  ${service.before} tasks are asked for again`, tone: 'dim' },
];

export const reportScale = (view: RunView): Report<ScaleResult> => {
  const services = scaleResults(view);
  const width = Math.max(0, ...services.map(({ service }) => service.length));
  const error = errorOf(view, 'scale');
  const next = nextSteps(view, services);
  return {
    result: { services },
    lines:
      view.state === 'undone'
        ? services.map(undoneLine)
        : [
            ...services.map((service) => headLine(service, width)),
            ...services.flatMap(({ card }) => (card ? cardLines(card) : [])),
          ],
    runId: view.runId,
    exitCode: (view.exit ?? view.pause?.exit ?? 0) as ExitCode,
    ...(next.length > 0 ? { next } : {}),
    ...(error ? { error } : {}),
  };
};

const nextSteps = (view: RunView, services: readonly ScaledService[]): readonly NextStep[] => {
  if (view.pause && view.outcome === undefined) {
    return [
      { command: `platform runs resume ${view.runId}`, why: 'go on from here' },
      { command: `platform runs undo ${view.runId}`, why: 'go back to the count of before' },
    ];
  }
  const cards = services.flatMap(({ card }) => card?.next ?? []);
  return cards.filter(({ command }, index) => cards.findIndex((other) => other.command === command) === index);
};
