/** Around the calls of an action: what an exception proves about the world decides how the engine goes on. */
import { toActionFailure } from '../../aws/errors.js';

/** The one mutating call. A refusal proves that nothing was applied; a lost answer proves nothing and will be probed. */
export const mutating = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toActionFailure(error, { wrote: 'maybe', operation });
  }
};

/** Reads before the effect: whatever went wrong, nothing was applied. */
export const reading = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toActionFailure(error, { wrote: 'not-sent' });
  }
};
