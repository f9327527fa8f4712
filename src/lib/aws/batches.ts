/** Batches within AWS's limits per call, and reading page after page to the end. Pure plumbing for the gateways. */

export const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches;
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
