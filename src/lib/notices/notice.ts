/**
 * The end of a run as a notice: what happened, to which services, why, who, and what to type. Pure. No log lines, no values,
 * and nothing that other people's text could turn into a mention, a link or a second line.
 */
import { foreignText } from '../cli/foreign-text.js';
import type { NoticeConfig, NoticeEvent } from '../config/schema.js';
import { redactText } from '../engine/redact.js';
import type { RunView } from '../engine/view.js';

export interface EndedRun {
  readonly view: RunView;
  /** Command words: `deploy`. */
  readonly command: string;
  /** The report's result; its `services` are named where it has some. */
  readonly result: unknown;
  /** Who ran the command that ended it. */
  readonly by: string;
}

export interface NoticeService {
  readonly service: string;
  readonly outcome: string;
  readonly cause?: string;
}

export interface Notice {
  readonly event: NoticeEvent;
  readonly title: string;
  readonly services: readonly NoticeService[];
  readonly reason?: string;
  readonly by: string;
  readonly runId: string;
  readonly look: string;
  readonly project: string;
  readonly environment: string;
}

const defaultEvents: readonly NoticeEvent[] = [
  'failed',
  'rolled-back',
  'rollback-failed',
  'timed-out',
  'superseded',
  'paused',
];

export const wants = (rule: NoticeConfig, event: NoticeEvent): boolean => (rule.on ?? defaultEvents).includes(event);

/** Undefined when nobody needs to hear of it: nothing changed, or somebody pressed Ctrl-C and knows. */
export const eventOf = (view: RunView): NoticeEvent | undefined => {
  if (view.state === 'undone') return 'undone';
  if (view.state === 'undo-failed') return 'rollback-failed';
  if (view.outcome === undefined) {
    if (view.pause === undefined || view.pause.reason === 'detached') return undefined;
    return view.pause.reason === 'timed-out' ? 'timed-out' : 'paused';
  }
  switch (view.outcome) {
    case 'stopped':
      return 'failed';
    case 'unchanged':
    case 'skipped':
      return undefined;
    default:
      return view.outcome;
  }
};

const words: Readonly<Record<NoticeEvent, string>> = {
  failed: 'failed; nothing earlier was restored',
  'rolled-back': 'failed and was rolled back',
  'rollback-failed': 'failed, and going back failed too: a person is needed',
  'timed-out': 'was not finished in time; it may still be running',
  superseded: 'was superseded by another deployment',
  paused: 'is paused and waits for a person',
  undone: 'was undone',
  succeeded: 'succeeded',
};

const maxText = 300;

/** One line, harmless, without anything that looks like a secret. */
const line = (text: string): string => {
  const safe = foreignText(redactText(text.split(/\r?\n/)[0] ?? ''));
  return safe.length <= maxText ? safe : `${safe.slice(0, maxText - 1)}…`;
};

export const noticeOf = (ended: EndedRun, event: NoticeEvent): Notice => {
  const { view, command } = ended;
  const { project, environment } = view.plan.target;
  const reason = reasonOf(view);
  return {
    event,
    title: `${project}/${environment}: ${command} ${words[event]}`,
    services: servicesOf(ended.result),
    ...(reason === undefined ? {} : { reason: line(reason) }),
    by: line(ended.by),
    runId: view.runId,
    look: `platform runs show ${view.runId}`,
    project,
    environment,
  };
};

/** Why it stands still; a failure is told by its services' causes, or by the first failed step. */
const reasonOf = (view: RunView): string | undefined => {
  if (view.outcome === undefined && view.pause) return `paused: ${view.pause.reason}`;
  return [...view.steps.values()].find((step) => step.error !== undefined && step.state === 'failed')?.error?.message;
};

interface AnyService {
  readonly service?: unknown;
  readonly outcome?: unknown;
  readonly card?: { readonly summary?: unknown };
}

const maxServices = 20;

/** `result.services[]` is a contract (docs/json.md), so every command that has it is understood. */
const servicesOf = (result: unknown): readonly NoticeService[] => {
  const services = (result as { readonly services?: unknown } | null | undefined)?.services;
  if (!Array.isArray(services)) return [];
  return (services as readonly AnyService[]).slice(0, maxServices).flatMap(({ service, outcome, card }) => {
    if (typeof service !== 'string' || typeof outcome !== 'string') return [];
    const cause = typeof card?.summary === 'string' ? { cause: line(card.summary) } : {};
    return [{ service: line(service), outcome: line(outcome), ...cause }];
  });
};
