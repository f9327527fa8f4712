/**
 * Several sources of pages, each in order of time → batches in order of time. Holds one page of each source: what is
 * younger than the end of the page that ends first has to wait. Pure but for what the sources do.
 */
import type { LogEvent } from './model.js';

export type Direction = 'oldest-first' | 'newest-first';
export type Pages = AsyncGenerator<readonly LogEvent[], void>;

interface Cursor {
  readonly pages: Pages;
  page: readonly LogEvent[];
  at: number;
  isDone: boolean;
}

const load = async (cursor: Cursor): Promise<void> => {
  while (!cursor.isDone && cursor.at >= cursor.page.length) {
    const next = await cursor.pages.next();
    cursor.isDone = next.done === true;
    cursor.page = next.done ? [] : next.value;
    cursor.at = 0;
  }
};

export async function* mergePages(sources: readonly Pages[], direction: Direction): Pages {
  if (sources.length === 1 && sources[0]) {
    yield* sources[0];
    return;
  }
  const sign = direction === 'oldest-first' ? 1 : -1;
  const cursors = sources.map((pages): Cursor => ({ pages, page: [], at: 0, isDone: false }));
  try {
    for (;;) {
      await Promise.all(cursors.map(load));
      const live = cursors.filter((cursor) => !cursor.isDone);
      if (live.length === 0) return;
      const upTo = Math.min(...live.map(({ page }) => sign * (page.at(-1)?.timestamp ?? 0)));
      const batch: LogEvent[] = [];
      for (const cursor of live) takeUpTo(cursor, { upTo, sign, into: batch });
      // Runs that are in order each: the sort merges them.
      if (live.length > 1) batch.sort((a, b) => sign * (a.timestamp - b.timestamp));
      yield batch;
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.pages.return()));
  }
}

const takeUpTo = (
  cursor: Cursor,
  { upTo, sign, into }: { readonly upTo: number; readonly sign: number; readonly into: LogEvent[] },
): void => {
  const { page } = cursor;
  for (let event = page[cursor.at]; event && sign * event.timestamp <= upTo; event = page[cursor.at]) {
    into.push(event);
    cursor.at += 1;
  }
};

/** Events that are known already, as a source. */
export async function* onePage(events: readonly LogEvent[]): Pages {
  if (events.length > 0) yield events;
}
