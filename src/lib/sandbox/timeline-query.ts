/** Reading the timeline: what happened, in order, by whom; once, or as it happens. */
import type { TimelineEntry, World } from './world.js';

export interface TimelineFilter {
  /** Entries after this sequence number. */
  readonly since: number;
  readonly limit: number;
  readonly kind?: string;
  readonly service?: string;
  readonly isMutatingOnly: boolean;
}

const isWanted = (entry: TimelineEntry, filter: TimelineFilter): boolean => {
  if (entry.seq <= filter.since) return false;
  if (filter.kind !== undefined && entry.kind !== filter.kind) return false;
  if (filter.service !== undefined && !(entry.kind === 'call' && entry.service === filter.service)) return false;
  return !filter.isMutatingOnly || (entry.kind === 'call' && entry.mutating);
};

/** The newest `limit` entries that fit, oldest first. */
export const timelineEntries = (world: World, filter: TimelineFilter): readonly TimelineEntry[] =>
  world.state.timeline.filter((entry) => isWanted(entry, filter)).slice(-filter.limit);

/** A reader that is this far behind loses the oldest entries: a slow pipe must not fill the memory. */
const maximumQueue = 10_000;

/** What is there, then what comes, until the reader goes away. */
export async function* timelineLines(
  world: World,
  filter: TimelineFilter,
  signal: AbortSignal,
): AsyncGenerator<TimelineEntry | { readonly kind: 'gap'; readonly dropped: number }> {
  const queue: TimelineEntry[] = [...timelineEntries(world, filter)];
  let dropped = 0;
  let wake = (): void => undefined;
  const forget = world.onRecord((entry) => {
    if (!isWanted(entry, filter)) return;
    queue.push(entry);
    if (queue.length > maximumQueue) dropped += queue.splice(0, queue.length - maximumQueue).length;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const next = queue.shift();
      if (dropped > 0) {
        yield { kind: 'gap', dropped };
        dropped = 0;
      }
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    forget();
    signal.removeEventListener('abort', onAbort);
  }
}
