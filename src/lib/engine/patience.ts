/** Reads that must succeed before anything else: throttling and lost answers only make them slower; credentials are reloaded once. */

import type { StepError } from './action.js';
import type { Pause } from './decision.js';
import { backoffMs, Failed, isTransient, Parked, stepErrorOf } from './failures.js';
import { exitOfPause } from './outcomes.js';
import type { Work } from './work.js';

export const pauseForCredentials = (step: string, error: StepError): Pause => ({
  reason: 'credentials',
  exit: exitOfPause.credentials,
  details: { step, error: { class: error.class, code: error.code, message: error.message } },
});

/** What no waiting helps against: expired or missing rights. Throws Parked unless fresh credentials may help. */
export const reloadOrPark = async (work: Work, error: StepError): Promise<void> => {
  if (error.class === 'auth' && (await work.runner.reload(work.lane.key))) return;
  throw new Parked(pauseForCredentials(work.lane.step.id, error));
};

export const isAboutRights = (error: StepError): boolean => error.class === 'auth' || error.class === 'denied';

/** For reads before an effect: whatever stays wrong is a definite failure, because nothing has been done. */
export const readPatiently = async <T>(work: Work, read: () => Promise<T>): Promise<T> => {
  const { session } = work.runner;
  for (let failures = 1; ; failures += 1) {
    session.checkpoint();
    try {
      return await read();
    } catch (thrown) {
      session.checkpoint();
      const error = stepErrorOf(thrown);
      if (isAboutRights(error)) await reloadOrPark(work, error);
      else if (!isTransient(error) || session.options.clocks.service.now() >= work.doubtUntil)
        throw new Failed({ error });
      else await session.sleep(backoffMs(failures));
    }
  }
};
