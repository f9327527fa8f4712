/** Batches within AWS's limits per call, a few calls at a time, and reading page after page to the end. Pure plumbing for the gateways. */

export const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches;
};

/** A gate that lets at most `limit` through at a time; the others wait for their turn. */
export const turnstile = (limit: number): (<R>(work: () => Promise<R>) => Promise<R>) => {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    }
  };
};

/** Calls `read` with the token of the page before until there is none; `enough` may end it earlier. */
export const readPages = async <T>(
  read: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string | undefined }>,
  enough: (items: readonly T[]) => boolean = () => false,
): Promise<readonly T[]> => {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await read(token);
    all.push(...page.items);
    token = page.next;
  } while (token !== undefined && token !== '' && !enough(all));
  return all;
};

/** Works on every item, on never more than `limit` at once; the answers are in the items' order. Ends at the first error. */
export const atMost = async <T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const answers: R[] = new Array<R>(items.length);
  const queue = items.entries();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed) return;
      answers[index] = await work(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return answers;
};
