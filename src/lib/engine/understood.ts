/**
 * A journal outlives the version that wrote it. What a later version wrote and this one does not know must be said, never
 * skipped: half an understanding of a run is how a change is made twice. Pure.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Step } from '../plan/plan.js';
import type { EventType, JournalEvent } from './event.js';

const eventTypes: Readonly<Record<EventType, true>> = {
  'run.planned': true,
  'run.approved': true,
  'lease.taken': true,
  'run.fenced': true,
  'run.resumed': true,
  'step.captured': true,
  'step.started': true,
  'step.accepted': true,
  'step.observed': true,
  'step.succeeded': true,
  'step.found': true,
  'step.failed': true,
  'step.skipped': true,
  'step.resolved': true,
  'gate.opened': true,
  'gate.approved': true,
  'gate.denied': true,
  'undo.requested': true,
  'undo.captured': true,
  'undo.started': true,
  'undo.accepted': true,
  'undo.succeeded': true,
  'undo.failed': true,
  'undo.skipped': true,
  'run.paused': true,
  'run.abandoned': true,
  'run.ended': true,
};

const stepKinds: Readonly<Record<Step['kind'], true>> = { action: true, gate: true, manual: true };

/** `details.reason` of the error: the journal is whole, it is only not ours to go on with. */
export const newerVersion = 'newer-version';

export const notUnderstood = (run: { readonly runId: string; readonly cli: string }, what: string): PlatformError =>
  new PlatformError('E_JOURNAL', `run ${run.runId} was written by version ${run.cli} of platform: ${what}`, {
    hints: [`nothing was changed; go on with version ${run.cli} or a newer one`],
    details: { reason: newerVersion, runId: run.runId, cli: run.cli },
  });

/** Throws when a part of the event that a decision may rest on is not known here. */
export const assertUnderstood = (event: JournalEvent): void => {
  const what = notKnown(event);
  if (what !== undefined) throw notUnderstood({ runId: event.runId, cli: event.writer.cli }, what);
};

const notKnown = (event: JournalEvent): string | undefined => {
  if (!Object.hasOwn(eventTypes, event.type)) return `this version does not know the event ${event.type}`;
  if (event.type !== 'run.planned') return undefined;
  const { schema, steps, finally: last } = event.plan;
  if (schema !== 'platform.plan/1') return `this version does not know the plan's schema ${String(schema)}`;
  const strange = [...steps, ...last].find(({ kind }) => !Object.hasOwn(stepKinds, kind));
  return strange && `this version does not know the kind of step ${String(strange.kind)}`;
};
