/** One log group's events as a source of pages, with the origin of each event; streams of others are left out. */
import type { EventPage, LogEventsGateway, WireEvent } from '../aws/log-events.js';
import type { Direction, Pages } from './merge-pages.js';
import type { LogEvent, Origin } from './model.js';
import type { GroupSource } from './sources.js';

export interface GroupReader {
  readonly source: GroupSource;
  readonly gateway: LogEventsGateway;
  readonly originOf: (stream: string) => Origin | undefined;
}

export interface PagesRequest {
  readonly startMs: number;
  readonly endMs?: number | undefined;
  readonly direction: Direction;
  readonly pageLimit: number;
  /** Ask for the next page while this one is worked on. */
  readonly ahead: 'yes' | 'no';
  readonly pattern?: string | undefined;
  readonly signal: AbortSignal;
  /** The group is not there; the source ends. */
  readonly onMissing: (source: GroupSource) => void;
}

export async function* groupPages(reader: GroupReader, request: PagesRequest): Pages {
  let next: ReturnType<typeof readPage> | undefined = readPage(reader, request, undefined);
  while (next !== undefined) {
    const page: EventPage | 'missing' = await next;
    if (page === 'missing') return request.onMissing(reader.source);
    const { nextToken } = page;
    const ask = (): typeof next => (nextToken === undefined ? undefined : readPage(reader, request, nextToken));
    next = request.ahead === 'yes' ? ask() : undefined;
    // Its failure is seen when its turn comes.
    next?.catch(() => undefined);
    for (const part of page.parts()) {
      const events = toEvents(part, reader);
      if (events.length > 0) yield events;
    }
    next ??= ask();
  }
}

const readPage = (
  reader: GroupReader,
  request: PagesRequest,
  nextToken: string | undefined,
): Promise<EventPage | 'missing'> => {
  const { startMs, endMs, direction, pattern, signal, pageLimit } = request;
  return reader.gateway.page({
    group: reader.source.group,
    startMs,
    endMs,
    direction,
    limit: pageLimit,
    pattern,
    signal,
    nextToken,
  });
};

const toEvents = (events: readonly WireEvent[], { originOf }: GroupReader): readonly LogEvent[] => {
  const found: LogEvent[] = [];
  for (const { logStreamName, timestamp, ingestionTime: ingestedMs, message, eventId } of events) {
    const origin = originOf(logStreamName);
    if (origin !== undefined) found.push({ kind: 'log', timestamp, ingestedMs, message, id: eventId, origin });
  }
  return found;
};

/** Less per group when there are many, so that the pages of all of them together fit the memory. */
export const pageLimitFor = (groups: number): number =>
  Math.max(500, Math.min(10_000, Math.floor(60_000 / Math.max(1, groups))));
