/**
 * A call was made, or was about to be, and nobody knows whether it took effect. By the action's own word about its effect
 * it is repeated with the same key, looked for, or given to a person. AWS's reads lag its writes: inside the settle time
 * only a positive finding counts.
 */
import type { Json } from '../plan/json.js';
import type { Probed, StepError } from './action.js';
import { backoffMs, isTransient, Parked, stepErrorOf } from './failures.js';
import { timedOut, type Unreadable, unreadable } from './follow.js';
import { exitOfPause } from './outcomes.js';
import { isAboutRights, reloadOrPark } from './patience.js';
import { ioOf, type Work } from './work.js';

export type Resolution =
  /** It did not happen, or may safely happen again. */
  | { readonly kind: 'again' }
  /** It happened and is over; journaled. */
  | { readonly kind: 'settled' }
  /** It happened and goes on; journaled. */
  | { readonly kind: 'accepted'; readonly handle: Json };

const askAgainMs = 2_000;

export const resolveDoubt = async (work: Work, tries: number): Promise<Resolution> => {
  switch (work.lane.action.effect) {
    case 'read':
    case 'idempotent':
      await patience(work, backoffMs(tries));
      return { kind: 'again' };
    case 'manual':
      throw new Parked({ reason: 'manual', exit: exitOfPause.manual, details: { step: work.lane.step.id } });
    case 'probed':
      return probeUntilSettled(work);
  }
};

const patience = async (work: Work, ms: number, error?: StepError): Promise<void> => {
  const { session } = work.runner;
  if (session.options.clocks.service.now() >= work.doubtUntil) throw new Parked(timedOut(work, error));
  await session.sleep(ms);
};

const probeUntilSettled = async (work: Work): Promise<Resolution> => {
  const { session } = work.runner;
  for (let failures = 0; ; ) {
    session.checkpoint();
    // Taken before the probe: an answer counts for the moment at which it was asked for.
    const isSettled = settledAt(work) <= session.options.clocks.service.now();
    const probed = await probeOnce(work);
    if (probed.kind === 'unreadable') {
      failures += 1;
      await patience(work, backoffMs(failures), probed.error);
      continue;
    }
    if (probed.kind === 'applied') return journalFinding(work, probed);
    if (isSettled) return conclusionOf(work, probed);
    await session.sleep(Math.max(1, Math.min(askAgainMs, settledAt(work) - session.options.clocks.service.now())));
  }
};

const settledAt = (work: Work): number => {
  const { lane, runner } = work;
  return (lane.record(runner.session.view()).serviceAt ?? 0) + lane.action.settleMs;
};

const probeOnce = async (work: Work): Promise<Probed<Json, Json> | Unreadable> => {
  const { lane, runner, parsed } = work;
  const { session } = runner;
  const captured = lane.record(session.view()).captured ?? null;
  if (!lane.action.probe) throw new Parked(unreadable(work, new Error(`${lane.action.uses} has no probe`)));
  try {
    return (await lane.action.probe(ioOf(runner, lane, session.quiet), parsed, captured)) as Probed<Json, Json>;
  } catch (thrown) {
    session.checkpoint();
    const error = stepErrorOf(thrown);
    if (isAboutRights(error)) await reloadOrPark(work, error);
    else if (!isTransient(error)) throw new Parked(unreadable(work, thrown));
    return { kind: 'unreadable', error };
  }
};

const journalFinding = async (
  work: Work,
  probed: Extract<Probed<Json, Json>, { kind: 'applied' }>,
): Promise<Resolution> => {
  const { lane, runner } = work;
  if (probed.as.kind === 'handle') {
    await runner.session.append(lane.accepted(probed.as.handle));
    return { kind: 'accepted', handle: probed.as.handle };
  }
  await runner.session.append(lane.found({ outputs: probed.as.outputs, post: probed.as.post }));
  return { kind: 'settled' };
};

const conclusionOf = (work: Work, probed: Exclude<Probed<Json, Json>, { kind: 'applied' }>): Resolution => {
  if (probed.kind === 'absent') return { kind: 'again' };
  const reason = probed.kind === 'partial' ? 'partial-probe' : 'unknown-probe';
  const details = { step: work.lane.step.id, evidence: probed.evidence };
  throw new Parked({ reason, exit: exitOfPause[reason], details });
};
