import type { Line, Report } from '../cli/report.js';
import { failureCardOf } from '../deployments/failure-card.js';
import { cardLines } from '../deployments/report.js';
import type { FailureCard } from '../diagnosis/evidence.js';
import type { JournalEvent } from '../engine/event.js';
import type { RunView, StepView } from '../engine/view.js';
import type { Json } from '../plan/json.js';
import { isResumable, type RunRecord, type RunSummary, servicesOf, summaryOf } from './run-record.js';

export interface RunShowResult extends RunSummary {
  readonly steps: readonly {
    readonly id: string;
    readonly title: string;
    readonly state: StepView['state'];
    readonly attempt: number;
    readonly outcome?: string;
    readonly error?: Json;
    readonly outputs?: Json;
    readonly undo?: string;
    readonly startedAt?: string;
    readonly endedAt?: string;
  }[];
  readonly cards: readonly FailureCard[];
  readonly events: readonly {
    readonly seq: number;
    readonly at: string;
    readonly type: string;
    readonly step?: string;
    readonly by: string;
  }[];
  readonly planDigest: string;
}

/** Everything that the journal knows, in the order it happened. */
export const showRun = (record: RunRecord): Report<RunShowResult> => {
  const steps = [...record.view.steps.values()].map(stepResult);
  const result: RunShowResult = {
    ...summaryOf(record),
    steps,
    cards: cardsOf(record.view),
    events: record.events.map((event) => ({
      seq: event.seq,
      at: event.at,
      type: event.type,
      ...(stepOf(event) === undefined ? {} : { step: stepOf(event) as string }),
      by: `${event.writer.user}@${event.writer.host} pid ${event.writer.pid}`,
    })),
    planDigest: record.view.plan.digest,
  };
  return {
    result,
    runId: record.runId,
    lines: [
      ...headLines(result),
      '',
      ...steps.map(stepLine),
      ...result.cards.flatMap(cardLines),
      '',
      ...result.events.map(eventLine),
    ],
    next: isResumable(record.state)
      ? [
          { command: `platform runs resume ${record.runId}`, why: 'go on where it stopped' },
          { command: `platform runs undo ${record.runId}`, why: 'take back what it did' },
        ]
      : [],
  };
};

const stepResult = (view: StepView): RunShowResult['steps'][number] => ({
  id: view.step.id,
  title: view.step.title,
  state: view.state,
  attempt: view.attempt,
  ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
  ...(view.error === undefined
    ? {}
    : { error: { class: view.error.class, code: view.error.code, message: view.error.message } }),
  ...(view.outputs === undefined ? {} : { outputs: view.outputs }),
  ...(view.undo === undefined ? {} : { undo: view.undo.state }),
  ...(view.startedAt === undefined ? {} : { startedAt: view.startedAt }),
  ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
});

/** Made afresh from the evidence that the run saved, as at its end. */
const cardsOf = (view: RunView): readonly FailureCard[] =>
  servicesOf(view).flatMap((service) => failureCardOf(view, service) ?? []);

const stepOf = (event: JournalEvent): string | undefined => ('step' in event ? event.step : undefined);

const headLines = (run: RunShowResult): readonly Line[] => [
  [
    { text: `${run.command} ${run.services.join(' ')}`.trim(), tone: 'strong' },
    {
      text: ` on ${run.environment}: ${run.state}${run.outcome && run.outcome !== run.state ? `, ${run.outcome}` : ''}${run.reason ? ` (${run.reason})` : ''}`,
    },
  ],
  [{ text: `run ${run.id} · ${run.startedAt} · ${run.seconds} s · by ${run.by}`, tone: 'dim' }],
];

const marks: Readonly<Record<StepView['state'], string>> = {
  pending: '·',
  waiting: '?',
  running: '>',
  'in-doubt': '?',
  succeeded: '+',
  found: '+',
  failed: 'x',
  skipped: '-',
  undone: '<',
  'undo-failed': 'x',
};

const stepLine = (step: RunShowResult['steps'][number]): Line => [
  { text: `${marks[step.state]} ` },
  { text: `${step.title}  ` },
  { text: `${step.state}${step.undo ? `, undo ${step.undo}` : ''}`, tone: step.state === 'failed' ? 'bad' : 'dim' },
  ...(isMessage(step.error) ? [{ text: `  ${step.error.message}`, tone: 'bad' as const }] : []),
];

const isMessage = (error: Json | undefined): error is { readonly message: string } =>
  error !== null && typeof error === 'object' && 'message' in error && typeof error.message === 'string';

const eventLine = (event: RunShowResult['events'][number]): Line => [
  {
    text: `${String(event.seq).padStart(3)}  ${event.at.slice(11, 23)}  ${event.type}${event.step ? ` ${event.step}` : ''}`,
    tone: 'dim',
  },
];
