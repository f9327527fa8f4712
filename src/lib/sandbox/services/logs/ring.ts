/** Rings of events, sorted by (timestamp, id): halving, insertion, and the merge of several in order. Pure but for `insertSorted`. */
import type { LogEvent, LogStream } from './store.js';

export interface Position {
  readonly timestamp: number;
  readonly id: number;
}

/** Negative when `a` comes first. */
export const comparePositions = (a: Position, b: Position): number => a.timestamp - b.timestamp || a.id - b.id;

/** Index of the first event that is not before the position. */
export const lowerBound = (events: readonly LogEvent[], at: Position): number => {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const event = events[middle];
    if (event && comparePositions(event, at) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const insertSorted = (events: LogEvent[], event: LogEvent): void => {
  events.splice(lowerBound(events, event), 0, event);
};

/** Indexes [from, to) of the events of a window; ids begin at 1, so 0 is before all of a millisecond. */
export const windowOf = (
  events: readonly LogEvent[],
  { startTime = 0, endTime = Number.POSITIVE_INFINITY }: { readonly startTime?: number; readonly endTime?: number },
): { readonly from: number; readonly to: number } => {
  const from = lowerBound(events, { timestamp: startTime, id: 0 });
  const to = endTime === Number.POSITIVE_INFINITY ? events.length : lowerBound(events, { timestamp: endTime, id: 0 });
  return { from, to: Math.max(from, to) };
};

/** One stream's part in a merge: `next` moves towards `end` (exclusive) by `step`. */
interface Lane {
  readonly stream: LogStream;
  next: number;
  readonly end: number;
}

export interface Merge {
  readonly streams: readonly LogStream[];
  readonly window: { readonly startTime?: number; readonly endTime?: number };
  readonly direction: 'oldest-first' | 'newest-first';
  /** Only what comes after it, in the merge's direction. */
  readonly after?: Position;
  /** Events that become visible later are passed over. */
  readonly now: number;
}

/**
 * The visible events of several rings in order, one at a time; `visit` answers false to stop. Keeps a heap of streams, so
 * a page costs its own length and not the rings'.
 */
export const mergeRings = (merge: Merge, visit: (event: LogEvent, stream: LogStream) => boolean): void => {
  const sign = merge.direction === 'oldest-first' ? 1 : -1;
  const heap = merge.streams.flatMap((stream) => laneOf(merge, stream, sign));
  const before = (a: Lane, b: Lane): boolean => {
    const first = a.stream.events[a.next];
    const second = b.stream.events[b.next];
    return first !== undefined && second !== undefined && sign * comparePositions(first, second) < 0;
  };
  for (let at = (heap.length >>> 1) - 1; at >= 0; at -= 1) sink(heap, at, before);
  for (let lane = heap[0]; lane; lane = heap[0]) {
    const event = lane.stream.events[lane.next];
    if (event && event.visibleAt <= merge.now && !visit(event, lane.stream)) return;
    lane.next += sign;
    if (lane.next === lane.end) {
      const last = heap.pop();
      if (last && last !== lane) heap[0] = last;
    }
    sink(heap, 0, before);
  }
};

const laneOf = ({ window, after }: Merge, stream: LogStream, sign: 1 | -1): readonly Lane[] => {
  const { events } = stream;
  const { from, to } = windowOf(events, window);
  if (sign > 0) {
    const next = after === undefined ? from : Math.max(from, lowerBound(events, { ...after, id: after.id + 1 }));
    return next < to ? [{ stream, next, end: to }] : [];
  }
  const next = (after === undefined ? to : Math.min(to, lowerBound(events, after))) - 1;
  return next >= from ? [{ stream, next, end: from - 1 }] : [];
};

/** Moves the lane at `at` down to its place. */
const sink = (heap: Lane[], at: number, before: (a: Lane, b: Lane) => boolean): void => {
  for (let parent = at; ; ) {
    let least = parent;
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      const candidate = heap[child];
      const current = heap[least];
      if (candidate && current && before(candidate, current)) least = child;
    }
    const lane = heap[parent];
    const lower = heap[least];
    if (least === parent || !lane || !lower) return;
    heap[parent] = lower;
    heap[least] = lane;
    parent = least;
  }
};
