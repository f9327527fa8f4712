/**
 * Carries one lane (a step, or its undo) from a decision to a journaled end. The order is the promise: capture → journal
 * → compare → journal the intent → one mutating call → journal the answer → poll → journal the end. A lost answer is never
 * a reason to call again: it is looked for first (doubt.ts). Nothing here writes in a `finally`, because a crash would not.
 */
import { PlatformError } from '../errors/platform-error.js';
import { type Json, sameJson } from '../plan/json.js';
import type { Accepted } from './action.js';
import type { Pause } from './decision.js';
import { type Resolution, resolveDoubt } from './doubt.js';
import { Failed, isDefinite, Parked, stepErrorOf } from './failures.js';
import { follow, timedOut, unreadable } from './follow.js';
import { type Lane, laneOf } from './lane.js';
import { readPatiently } from './patience.js';
import { driftOf, pauseForPicture } from './pictures.js';
import { clipJson } from './redact.js';
import { type Session, Stopped } from './session.js';
import { leftInDoubt } from './step-rules.js';
import { resolveValue } from './values.js';
import { ioOf, limitsFrom, observedLimitBytes, type Runner, type Work } from './work.js';

/** Runs a piece of work to its end; resolves with a pause when only a person can bring it further. */
export const conclude = async (runner: Runner, lane: Lane, work: () => Promise<void>): Promise<Pause | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Parked) return park(runner, lane, error.pause);
    if (error instanceof Failed) {
      await runner.session.append(lane.failed(redacted(runner.session, error.failure)));
      return undefined;
    }
    throw error;
  }
};

const redacted = (session: Session, failure: Failed['failure']): Failed['failure'] => {
  const { message, hints, details, ...rest } = failure.error;
  const text = (value: string): string => String(session.redact(value));
  return {
    ...failure,
    error: {
      ...rest,
      message: text(message),
      ...(hints === undefined ? {} : { hints: hints.map(text) }),
      ...(details === undefined ? {} : { details: clipJson(session.redact(details), observedLimitBytes) }),
    },
  };
};

const park = async (runner: Runner, lane: Lane, pause: Pause): Promise<Pause | undefined> => {
  if (!lane.isFinal) {
    return pause.details === undefined ? pause : { ...pause, details: runner.session.redact(pause.details) };
  }
  const message = `given up without knowing how it ended (${pause.reason})`;
  await runner.session.append(lane.failed({ error: { class: 'assert', code: leftInDoubt, message } }));
  return undefined;
};

/** A new attempt: everything from capture on. */
export const startLane = async (runner: Runner, lane: Lane, attempt: number): Promise<void> => {
  const { session } = runner;
  const parsing = parseInputs(lane, resolveValue(lane.template, session.view()));
  const work: Work = { runner, lane, ...parsing, ...limitsFrom(runner, lane, session.options.clocks.service.now()) };
  await untilLanded(work);
  await captureOnce(work);
  await journalIntent(work, attempt);
  await callStart(work);
};

/** A call follows its intent within this time, so a process that takes over knows how long it has to look for it. */
const staleIntentMs = 5_000;

/**
 * Returns with a durable intent that is fresh and a lease that has time left: nothing is awaited between here and the
 * call. An intent whose answer took long (a closed lid) says nothing about now: another process may have taken over and
 * looked for its effect already. So the picture is compared and the intent is written anew, which a taker's fence refuses.
 */
const journalIntent = async (work: Work, attempt: number): Promise<void> => {
  const { lane, runner, inputs } = work;
  const { session, lease } = runner;
  const { wall, service } = session.options.clocks;
  for (let round = 1; round <= 10; round += 1) {
    await assertPicture(work);
    await lease.ensure();
    session.checkpoint();
    const asked = { wall: wall.now(), monotonic: wall.monotonic() };
    await session.append(lane.started({ attempt, inputs, serviceAt: service.now() }));
    const ageMs = Math.max(wall.now() - asked.wall, wall.monotonic() - asked.monotonic);
    if (ageMs <= staleIntentMs && lease.hasTime()) return;
  }
  throw new PlatformError('E_UNREACHABLE', 'the journal answers too slowly to act safely');
};

/** What is undone may still be on its way, unanswered: nothing is put back before it must have arrived. */
const untilLanded = async (work: Work): Promise<void> => {
  const { lane, runner } = work;
  const { session } = runner;
  if (lane.phase !== 'undo') return;
  const forward = laneOf({ view: session.view(), actions: session.options.actions, phase: 'do', step: lane.step.id });
  const view = session.view().steps.get(lane.step.id);
  if (view?.state !== 'running' || view.handle !== undefined) return;
  const landedAt = (view.serviceAt ?? 0) + forward.action.settleMs;
  const leftMs = landedAt - session.options.clocks.service.now();
  if (leftMs > 0) await session.sleep(leftMs);
};

/** In doubt and harmless to repeat: the same call with the same key. */
export const rerunLane = async (runner: Runner, lane: Lane): Promise<void> => {
  const work = resumedWork(runner, lane);
  await runner.lease.ensure();
  await callStart(work);
};

export const attachLane = async (runner: Runner, lane: Lane): Promise<void> => {
  const work = resumedWork(runner, lane);
  const { handle } = lane.record(runner.session.view());
  await follow(work, handle ?? null);
};

/** In doubt: look for the effect, and start again only when it is proven absent. */
export const probeLane = async (runner: Runner, lane: Lane): Promise<void> => {
  const work = resumedWork(runner, lane);
  const resolution = await resolveDoubt(work, 1);
  if (resolution.kind === 'again') await startAgain(work);
  else await goOn(work, resolution);
};

const goOn = async (work: Work, resolution: Resolution): Promise<void> => {
  if (resolution.kind === 'accepted') await follow(work, resolution.handle);
};

/** In doubt, and about to be undone: look for the effect, but never start it. */
export const settleLane = async (runner: Runner, lane: Lane): Promise<void> => {
  const work = resumedWork(runner, lane);
  if ((await resolveDoubt(work, 1)).kind !== 'again') return;
  const message = 'the call never took effect; it was not repeated because the run is being undone';
  throw new Failed({ error: { class: 'network', code: 'not-applied', message } });
};

const parseInputs = (lane: Lane, inputs: Json): { readonly inputs: Json; readonly parsed: Json } => {
  try {
    return { inputs, parsed: lane.action.parse(inputs) as Json };
  } catch (error) {
    const found = stepErrorOf(error);
    throw new Failed({ error: isDefinite(error) ? found : { ...found, class: 'input' } });
  }
};

/** A step's time runs from its start; a resume that comes after it had run out gives it that time anew. */
const resumedWork = (runner: Runner, lane: Lane): Work => {
  const { session } = runner;
  const view = session.view();
  const { timeoutMs } = lane.step;
  const record = lane.record(view);
  const startedAt = record.serviceAt ?? session.options.clocks.service.now();
  const resumedAt = view.resumedServiceAt ?? startedAt;
  const from = startedAt + timeoutMs <= resumedAt ? resumedAt : startedAt;
  const work = { runner, lane, inputs: record.inputs ?? null, parsed: null, ...limitsFrom(runner, lane, from) };
  try {
    return { ...work, parsed: lane.action.parse(work.inputs) as Json };
  } catch (error) {
    // Started by a version that understood these inputs: it may well be done, so this is no failure.
    throw new Parked(unreadable(work, error));
  }
};

const capturedOf = (work: Work): Json => work.lane.record(work.runner.session.view()).captured ?? null;

/** Write-once: after a kill, live values may already be our own doing. */
const captureOnce = async (work: Work): Promise<void> => {
  const { lane, runner, parsed } = work;
  const { session } = runner;
  const known = lane.record(session.view()).captured;
  if (known !== undefined || !lane.action.capture) return;
  const io = ioOf(runner, lane, session.quiet);
  const value = (await readPatiently(work, () => lane.action.capture?.(io, parsed) ?? Promise.resolve(null))) as Json;
  await session.append(lane.captured(value ?? null));
};

const assertPicture = async (work: Work): Promise<void> => {
  const { lane, runner } = work;
  const { session } = runner;
  const io = ioOf(runner, lane, session.quiet);
  const view = session.view().steps.get(lane.step.id);
  if (lane.phase === 'undo') {
    const read = ({ action, inputs }: { action: Lane['action']; inputs: Json }) =>
      readPatiently(work, async () => (await action.current?.(io, action.parse(inputs))) ?? null);
    const drift = view ? await driftOf(session, view, read) : undefined;
    if (drift) throw new Parked(drift);
    return;
  }
  const { expects, id } = lane.step;
  if (expects === undefined || !lane.action.current || session.view().forced.includes(id)) return;
  const found = await readPatiently(work, async () => (await lane.action.current?.(io, work.parsed)) ?? null);
  if (!sameJson(found, expects))
    throw new Parked(pauseForPicture('stale-plan', { step: id, expected: expects, found }));
};

/** Proven absent: the same attempt with the same key, behind a new intent so that its settle time counts anew. */
const startAgain = async (work: Work): Promise<void> => {
  const { lane, runner } = work;
  const { session } = runner;
  if (session.options.clocks.service.now() >= work.doubtUntil) throw new Parked(timedOut(work));
  await journalIntent(work, lane.record(session.view()).attempt);
  await callStart(work);
};

/** The one place that changes the world. The intent is durable before, whatever the answer is journaled after. */
const callStart = async (work: Work): Promise<void> => {
  const { lane, runner, parsed } = work;
  const { session } = runner;
  const captured = capturedOf(work);
  for (let tries = 1; ; tries += 1) {
    session.assertAlive();
    const io = ioOf(runner, lane, session.halted);
    const answer = await answerOf(work, () => lane.action.start(io, parsed, captured));
    session.assertAlive();
    if (answer.kind === 'accepted') return accept(work, answer.accepted);
    session.checkpoint();
    if (answer.kind === 'doubt') {
      const resolution = await resolveDoubt(work, tries);
      if (resolution.kind !== 'again') return goOn(work, resolution);
    }
    if (lane.action.effect === 'probed') return startAgain(work);
    await runner.lease.ensure();
  }
};

type Answer = { kind: 'accepted'; accepted: Accepted<Json, Json> } | { kind: 'doubt' } | { kind: 'denied' };

const answerOf = async (work: Work, call: () => Promise<Accepted<Json, Json>>): Promise<Answer> => {
  const { runner } = work;
  try {
    return { kind: 'accepted', accepted: await orGraceAfterInterrupt(runner.session, call()) };
  } catch (error) {
    if (!isDefinite(error)) return { kind: 'doubt' };
    // Refused for its credentials is proven not applied: the same key may be used again once they are reloaded.
    if (error.error.class === 'auth' && (await runner.reload(work.lane.key))) return { kind: 'denied' };
    throw new Failed({ error: error.error, ...(error.outcome === undefined ? {} : { outcome: error.outcome }) });
  }
};

const graceMs = 10_000;

/** After a Ctrl-C the answer on its way is awaited a little, so that it can be journaled; then the step stays in doubt. */
const orGraceAfterInterrupt = async <T>(session: Session, call: Promise<T>): Promise<T> => {
  const settled = new AbortController();
  const giveUp = new Promise<never>((_, reject) => {
    const onQuiet = (): void => {
      const timer = session.options.clocks.wall.sleep(session.halted.aborted ? 0 : graceMs, settled.signal);
      timer.then(
        () => reject(new Stopped()),
        () => undefined,
      );
    };
    if (session.quiet.aborted) onQuiet();
    else session.quiet.addEventListener('abort', onQuiet, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([call, giveUp]);
  } finally {
    settled.abort('settled');
  }
};

const accept = async (work: Work, accepted: Accepted<Json, Json>): Promise<void> => {
  const { lane, runner } = work;
  if (accepted.kind === 'done') {
    await runner.session.append(lane.succeeded({ outputs: accepted.outputs, post: accepted.post }));
    return;
  }
  await runner.session.append(lane.accepted(accepted.handle));
  await follow(work, accepted.handle);
};
