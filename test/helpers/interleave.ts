/**
 * Runs several actors one operation at a time, in an order that the caller chooses. An actor calls `pause()` before
 * each operation (MemoryDisk's `before`); everything between two pauses must need no timer.
 */
export interface Interleaving {
  /** Give this to MemoryDisk.process({before}). */
  pauseOf(actor: string): () => Promise<void>;
  /** Starts all and lets them go on one by one; resolves when every actor is done. Returns who went when. */
  run(choose: (waiting: readonly string[]) => string): Promise<readonly string[]>;
  add(actor: string, work: () => Promise<void>): void;
}

export const interleaving = (): Interleaving => {
  const works: (() => Promise<void>)[] = [];
  const gates = new Map<string, () => void>();
  return {
    pauseOf: (actor) => () =>
      new Promise((resolve) => {
        gates.set(actor, resolve);
      }),
    add: (_actor, work) => {
      works.push(work);
    },
    run: async (choose) => {
      const order: string[] = [];
      const all = Promise.all(works.map((work) => work()));
      for (;;) {
        // Every actor is at its next gate, or done, once the microtasks have run.
        await new Promise(setImmediate);
        const waiting = [...gates.keys()].sort();
        if (waiting.length === 0) break;
        const chosen = choose(waiting);
        const go = gates.get(chosen);
        gates.delete(chosen);
        order.push(chosen);
        go?.();
      }
      await all;
      return order;
    },
  };
};

/** Every order of two actors: `next` gives a chooser for the next one, undefined when all were tried. */
export const allOrders = (): { next(): ((waiting: readonly string[]) => string) | undefined } => {
  let prefix: number[] = [];
  let trail: { readonly taken: number; readonly of: number }[] | undefined;
  const advance = (): boolean => {
    if (trail === undefined) return true;
    let depth = trail.length - 1;
    while (depth >= 0 && (trail[depth]?.taken ?? 0) + 1 >= (trail[depth]?.of ?? 0)) depth -= 1;
    if (depth < 0) return false;
    prefix = [...trail.slice(0, depth).map((one) => one.taken), (trail[depth]?.taken ?? 0) + 1];
    return true;
  };
  return {
    next: () => {
      if (!advance()) return undefined;
      const seen: { taken: number; of: number }[] = [];
      trail = seen;
      return (waiting) => {
        const taken = prefix[seen.length] ?? 0;
        seen.push({ taken, of: waiting.length });
        return waiting[taken] ?? waiting[0] ?? '';
      };
    },
  };
};
