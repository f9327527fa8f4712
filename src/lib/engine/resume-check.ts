/** Before a resumed run builds on what it did earlier: is that still what the world shows? (pictures.ts says how.) */
import type { Pause } from './decision.js';
import { Failed, Parked } from './failures.js';
import { laneOf } from './lane.js';
import { exitOfPause } from './outcomes.js';
import { readPatiently } from './patience.js';
import { driftOf, foundationsOf, type ReadPicture } from './pictures.js';
import { Stopped } from './session.js';
import type { StepView } from './view.js';
import { ioOf, limitsFrom, type Runner, type Work } from './work.js';

export const pauseForDrift = async (runner: Runner): Promise<Pause | undefined> => {
  const { session } = runner;
  if (session.view().undoing?.cause === 'person') return undefined;
  for (const foundation of foundationsOf(session.view())) {
    const pause = await driftUnder(runner, foundation);
    if (pause) return pause;
  }
  return undefined;
};

const driftUnder = async (runner: Runner, foundation: StepView): Promise<Pause | undefined> => {
  const { session } = runner;
  const { service } = session.options.clocks;
  const lane = laneOf({
    view: session.view(),
    actions: session.options.actions,
    phase: 'do',
    step: foundation.step.id,
  });
  const work: Work = { runner, lane, inputs: null, parsed: null, ...limitsFrom(runner, lane, service.now()) };
  const io = ioOf(runner, lane, session.quiet);
  const read: ReadPicture = ({ action, inputs }) =>
    readPatiently(work, async () => (await action.current?.(io, action.parse(inputs))) ?? null);
  try {
    return await driftOf(session, foundation, read);
  } catch (error) {
    if (error instanceof Parked) return error.pause;
    // A Ctrl-C while looking: the loop journals the detach.
    if (error instanceof Stopped && !session.halted.aborted) return undefined;
    if (!(error instanceof Failed)) throw error;
    const { code, message } = error.failure.error;
    return {
      reason: 'drift',
      exit: exitOfPause.drift,
      details: { step: foundation.step.id, error: { code, message } },
    };
  }
};
