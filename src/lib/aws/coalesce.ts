/**
 * Batches across callers. A request that comes while another is on its way waits for it and then goes together with
 * whoever else waits: many followers cost the requests of a few. Nobody gets an answer that was asked for before they
 * asked. Pure plumbing for the gateways.
 */
import { inBatches, turnstile } from './batches.js';

/** `send` gets at most `size` different keys; a key that is absent in its answer is undefined for whoever asked. */
export interface Coalescing<A> {
  readonly size: number;
  readonly send: (keys: readonly string[]) => Promise<ReadonlyMap<string, A>>;
}

interface Waiting<A> {
  readonly keys: readonly string[];
  readonly resolve: (answers: readonly (A | undefined)[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls of one kind under way: enough to be quick, few enough not to empty an account's bucket at once. */
const callsAtOnce = 8;

/** Answers in the order of the keys. A failed batch fails everybody who had a key in it, and nobody else. */
export const coalesce = <A>({ size, send }: Coalescing<A>) => {
  let waiting: Waiting<A>[] = [];
  let isBusy = false;
  const enter = turnstile(callsAtOnce);

  const flush = async (callers: readonly Waiting<A>[]): Promise<void> => {
    const keys = [...new Set(callers.flatMap((caller) => caller.keys))];
    const batches = inBatches(keys, size).map((batch) => {
      const answer = enter(() => send(batch));
      // Every caller sees the failure of its own batches below; none may be left without a handler meanwhile.
      answer.catch(() => undefined);
      return { batch: new Set(batch), answer };
    });
    await Promise.all(
      callers.map(async (caller) => {
        try {
          const own = batches.filter(({ batch }) => caller.keys.some((key) => batch.has(key)));
          const answers = await Promise.all(own.map(({ answer }) => answer));
          caller.resolve(caller.keys.map((key) => answers.find((found) => found.has(key))?.get(key)));
        } catch (error) {
          caller.reject(error);
        }
      }),
    );
  };

  const drain = async (): Promise<void> => {
    isBusy = true;
    while (waiting.length > 0) {
      const callers = waiting;
      waiting = [];
      await flush(callers);
    }
    isBusy = false;
  };

  return (keys: readonly string[]): Promise<readonly (A | undefined)[]> =>
    new Promise((resolve, reject) => {
      waiting.push({ keys, resolve, reject });
      if (!isBusy) void drain();
    });
};
