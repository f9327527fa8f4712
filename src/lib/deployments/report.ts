/** The end of a deploy, rollback or restart, for people and as data: outcomes, evidence, failure cards, what to type next. Pure. */

import { deploymentPageOf } from '../aws/console-links.js';
import { lastPart } from '../aws/ecs-model.js';
import type { Line, NextStep, Report } from '../cli/report.js';
import type { FailureCard } from '../diagnosis/evidence.js';
import type { StepError } from '../engine/action.js';
import type { RunView } from '../engine/view.js';
import type { ErrorCode, ExitCode } from '../errors/codes.js';
import { shortDigest } from '../images/image-reference.js';
import type { Outcome } from '../plan/plan.js';
import type { DeployResult, EvidenceBlock, ServiceResult } from './deploy-types.js';
import { serviceResults } from './service-results.js';

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
} as const satisfies Record<ServiceResult['outcome'], string>;

const words = {
  succeeded: 'is live',
  unchanged: 'unchanged',
  planned: 'planned',
  skipped: 'skipped',
  failed: 'failed; nothing earlier was restored',
  stopped: 'stopped; nothing earlier was restored',
  'rolled-back': 'failed and rolled back',
  'rollback-failed': 'failed, and going back failed too: a person is needed',
  superseded: 'superseded by another deployment',
  'timed-out': 'not finished in time; it may still be running',
  paused: 'paused',
} as const satisfies Record<ServiceResult['outcome'], string>;

const errorCodes: Partial<Record<Outcome, ErrorCode>> = {
  failed: 'E_FAILED',
  stopped: 'E_FAILED',
  'rolled-back': 'E_ROLLED_BACK',
  'rollback-failed': 'E_ROLLBACK_FAILED',
  superseded: 'E_CONFLICT',
  'timed-out': 'E_TIMEOUT',
};

export const reportServices = (view: RunView, command: string): Report<DeployResult> => {
  const services = serviceResults(view);
  const exitCode = (view.exit ?? view.pause?.exit ?? 0) as ExitCode;
  const error = errorOf(view, command);
  const next = nextSteps(view, services);
  return {
    result: { services },
    lines: view.state === 'undone' ? services.map(undoneLine) : serviceLines(services),
    runId: view.runId,
    exitCode,
    ...(next.length > 0 ? { next } : {}),
    ...(error ? { error } : {}),
  };
};

/** A person asked for it, so it is no failure: what counts is what runs again. */
const undoneLine = (service: ServiceResult): Line => [
  { text: `${service.service}  `, tone: 'strong' },
  { text: 'undone', tone: 'good' },
  { text: service.previous === null ? '' : `  release ${service.previous} runs again`, tone: 'dim' },
];

export const serviceLines = (services: readonly ServiceResult[]): readonly Line[] => {
  const width = Math.max(0, ...services.map((service) => service.service.length));
  return [
    ...services.map((service): Line => headLine(service, width)),
    // A card has its own evidence; the block is for what ended well.
    ...services.flatMap((service) => (service.card ? cardLines(service.card) : evidenceOf(service))),
  ];
};

const headLine = (service: ServiceResult, width: number): Line => {
  const release = service.release === null ? '' : `  release ${service.release}`;
  const from =
    service.previous === null || service.previous === service.release ? '' : ` (before: ${service.previous})`;
  const seconds = service.seconds === null ? '' : `  ${service.seconds} s of AWS time`;
  return [
    { text: service.service, tone: 'strong', link: deploymentPageOf(service.evidence?.deployment ?? '') },
    { text: ' '.repeat(width - service.service.length + 2) },
    { text: words[service.outcome], tone: tones[service.outcome] },
    { text: `${release}${from}${seconds}`, tone: 'dim' },
  ];
};

const evidenceOf = (service: ServiceResult): readonly Line[] =>
  service.evidence ? evidenceLines(service, service.evidence) : [];

const evidenceLines = (service: ServiceResult, evidence: EvidenceBlock): readonly Line[] => {
  const facts: readonly (readonly [string, string, (string | undefined)?])[] = [
    [
      'deployment',
      `${lastPart(evidence.deployment ?? 'none')} ${evidence.status}`,
      deploymentPageOf(evidence.deployment ?? ''),
    ],
    ...evidence.digests.map(
      ({ container, digest, tasks }) => ['running', `${tasks} × ${container} ${shortDigest(digest)}`] as const,
    ),
    ...(evidence.targets && evidence.targets.total > 0
      ? [['targets', `${evidence.targets.healthy} of ${evidence.targets.total} healthy`] as const]
      : []),
    ...(evidence.smoke ? [['smoke', `${evidence.smoke.what}: ${evidence.smoke.lastResult}`] as const] : []),
    ...(evidence.approvedBy ? [['approved', evidence.approvedBy] as const] : []),
  ];
  return [
    '',
    [{ text: `Evidence for ${service.service}`, tone: 'strong' }],
    ...facts.map(
      ([name, text, link]): Line => [
        { text: `  ${name.padEnd(11)}`, tone: 'dim' },
        { text, link },
      ],
    ),
  ];
};

/** What to type next is in the report's `next`, with every other next step. */
export const cardLines = (card: FailureCard): readonly Line[] => [
  '',
  [{ text: `${card.service}: ${card.cause}`, tone: 'bad' }, { text: `  ${card.summary}` }],
  ...card.evidence.map((line): Line => [{ text: `  ${line.source.padEnd(11)}`, tone: 'dim' }, { text: line.text }]),
  [{ text: '  fix        ', tone: 'strong' }, { text: card.fix }],
];

/** Of any run: its pause, or the first step that failed. */
export const errorOf = (view: RunView, command: string): Report<unknown>['error'] => {
  if (view.pause && view.outcome === undefined) return pauseError(view, command);
  const outcome = view.outcome;
  const code = outcome === undefined ? undefined : errorCodes[outcome];
  if (outcome === undefined || code === undefined) return undefined;
  const { step, error } = failureOf(view, outcome);
  const message = error?.message ?? `${command} ended ${outcome}`;
  return { code, message, hints: error?.hints ?? [], details: { outcome, step: step ?? null } };
};

/** Where going back failed, that is the news; what a final step could not find out never is. */
const failureOf = (view: RunView, outcome: Outcome): { readonly step?: string; readonly error?: StepError } => {
  const steps = view.plan.steps.flatMap(({ id }) => view.steps.get(id) ?? []);
  const undo = outcome === 'rollback-failed' ? steps.find((step) => step.undo?.state === 'undo-failed') : undefined;
  if (undo?.undo?.error) return { step: undo.step.id, error: undo.undo.error };
  const failed = steps.find((step) => step.error !== undefined && step.state !== 'succeeded');
  return failed?.error ? { step: failed.step.id, error: failed.error } : {};
};

const pauseCodes: Readonly<Record<string, ErrorCode>> = {
  credentials: 'E_CREDENTIALS',
  'stale-plan': 'E_STALE_PLAN',
  drift: 'E_CONFLICT',
  'timed-out': 'E_TIMEOUT',
};

type Pause = NonNullable<RunView['pause']>;

const codeOfPause = (pause: Pause): ErrorCode => {
  if (pause.reason === 'credentials' && causeOf(pause)?.class === 'denied') return 'E_DENIED';
  const signal = pause.exit === 130 ? 'E_INTERRUPTED' : pause.exit === 143 ? 'E_TERMINATED' : 'E_PAUSED';
  return pauseCodes[pause.reason] ?? signal;
};

/** What AWS, or the action, said when the run was put aside. */
const causeOf = ({ details }: Pause): { readonly message: string; readonly class?: unknown } | undefined => {
  const error = isRecord(details) ? details['error'] : undefined;
  if (!isRecord(error) || typeof error['message'] !== 'string') return undefined;
  return { message: error['message'], class: error['class'] };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pauseError = (view: RunView, command: string): Report<unknown>['error'] => {
  const pause = view.pause;
  if (!pause) return undefined;
  const code = codeOfPause(pause);
  const cause = causeOf(pause);
  return {
    code,
    message: `${command} is paused: ${pause.reason}${cause === undefined ? '' : ` (${cause.message})`}`,
    hints: [
      ...(code === 'E_CREDENTIALS' ? ['check AWS_PROFILE or log in again'] : []),
      `platform runs resume ${view.runId}`,
    ],
    ...(pause.details === undefined ? {} : { details: pause.details }),
  };
};

const nextSteps = (view: RunView, services: readonly ServiceResult[]): readonly NextStep[] => {
  if (view.pause && view.outcome === undefined) {
    return [
      { command: `platform runs resume ${view.runId}`, why: 'go on from here' },
      { command: `platform runs undo ${view.runId}`, why: 'take back what was done' },
    ];
  }
  const cards = services.flatMap((service) => service.card?.next ?? []);
  const lost = services.some((service) => service.outcome === 'rollback-failed');
  return [
    ...cards,
    ...(view.state === 'undo-failed'
      ? [{ command: `platform runs undo ${view.runId}`, why: 'try once more what is left to take back' }]
      : []),
    ...(lost ? [{ command: `platform status -e ${view.plan.target.environment}`, why: 'see what is left' }] : []),
  ].filter((step, index, all) => all.findIndex((other) => other.command === step.command) === index);
};
