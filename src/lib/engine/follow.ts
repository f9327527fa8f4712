/**
 * Waits for an accepted change to end, by reading only; attaching after a crash is the same thing. A failed read says
 * nothing about the change, so it never fails the step. When time runs out the step is in doubt, not failed.
 */

import { PlatformError } from '../errors/platform-error.js';
import type { Json } from '../plan/json.js';
import type { Polled, StepError } from './action.js';
import { backoffMs, Failed, isTransient, Parked, stepErrorOf } from './failures.js';
import { exitOfPause } from './outcomes.js';
import { isAboutRights, reloadOrPark } from './patience.js';
import { ioOf, type Work } from './work.js';

const defaultPollMs = 5_000;

export const follow = async (work: Work, handle: Json): Promise<void> => {
  const { lane, runner, deadline } = work;
  const { session } = runner;
  for (let failures = 0; ; ) {
    session.checkpoint();
    const polled = await pollOnce(work, handle);
    // Read after the answer: the last look at the world comes after the deadline, never before it.
    const leftMs = deadline - session.options.clocks.service.now();
    switch (polled.kind) {
      case 'done': {
        const { outputs, post, outcome } = polled;
        await session.append(lane.succeeded({ outputs, post, ...(outcome === undefined ? {} : { outcome }) }));
        return;
      }
      case 'failed': {
        const { kind: _, ...failure } = polled;
        throw new Failed(failure);
      }
      case 'pending':
        failures = 0;
        session.progress(lane.step.id, polled.progress);
        await waitOrPark(work, { leftMs, pauseMs: polled.afterMs ?? defaultPollMs });
        break;
      case 'unreadable':
        failures += 1;
        await waitOrPark(work, { leftMs, pauseMs: backoffMs(failures), error: polled.error });
        break;
    }
  }
};

interface Wait {
  readonly leftMs: number;
  readonly pauseMs: number;
  /** Why the last look failed. */
  readonly error?: StepError;
}

const waitOrPark = async (work: Work, { leftMs, pauseMs, error }: Wait): Promise<void> => {
  if (leftMs <= 0) throw new Parked(timedOut(work, error));
  await work.runner.session.sleep(Math.min(pauseMs, leftMs));
};

/** `error`: why nothing could be seen at the end; a person must know that it is the network, not the change. */
export const timedOut = (work: Work, error?: StepError) => ({
  reason: 'timed-out' as const,
  exit: exitOfPause['timed-out'],
  details: {
    step: work.lane.step.id,
    limitMs: work.lane.step.timeoutMs,
    ...(error === undefined ? {} : { error: { class: error.class, code: error.code, message: error.message } }),
  },
});

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly error: StepError;
}

const pollOnce = async (work: Work, handle: Json): Promise<Polled<Json> | Unreadable> => {
  const { lane, runner, parsed } = work;
  const { session } = runner;
  if (!lane.action.poll) throw new PlatformError('E_BUG', `${lane.action.uses} gave a handle and cannot be polled`);
  try {
    return (await lane.action.poll(ioOf(runner, lane, session.quiet), parsed, handle)) as Polled<Json>;
  } catch (thrown) {
    session.checkpoint();
    const error = stepErrorOf(thrown);
    if (isAboutRights(error)) await reloadOrPark(work, error);
    else if (!isTransient(error)) throw new Parked(unreadable(work, thrown));
    return { kind: 'unreadable', error };
  }
};

/** The change may be well under way; that we cannot read it is for a person. */
export const unreadable = (work: Work, thrown: unknown) => {
  const { class: kind, code, message } = stepErrorOf(thrown);
  return {
    reason: 'unknown-probe' as const,
    exit: exitOfPause['unknown-probe'],
    details: { step: work.lane.step.id, error: { class: kind, code, message } },
  };
};
