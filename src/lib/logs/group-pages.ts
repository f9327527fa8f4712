/** One log group's events as a source of pages, with the origin of each event; streams of others are left out. */
import type { LogEventsGateway, WireEvent } from '../aws/log-events.js';
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
  readonly pattern?: string | undefined;
  readonly signal: AbortSignal;
  /** The group is not there; the source ends. */
  readonly onMissing: (source: GroupSource) => void;
}

export async function* groupPages(reader: GroupReader, request: PagesRequest): Pages {
  let nextToken: string | undefined;
  do {
    const page = await readPage(reader, request, nextToken);
    if (page === 'missing') return request.onMissing(reader.source);
    nextToken = page.nextToken;
    if (page.events.length > 0) yield page.events;
  } while (nextToken !== undefined);
}

/** A function of its own, so that nothing holds the page as it came while its events are worked on. */
const readPage = async (
  reader: GroupReader,
  request: PagesRequest,
  nextToken: string | undefined,
): Promise<{ readonly events: readonly LogEvent[]; readonly nextToken?: string | undefined } | 'missing'> => {
  const { startMs, endMs, direction, pattern, signal, pageLimit } = request;
  const page = await reader.gateway.page({
    group: reader.source.group,
    startMs,
    endMs,
    direction,
    limit: pageLimit,
    pattern,
    signal,
    nextToken,
  });
  return page === 'missing' ? page : { events: toEvents(page.events, reader), nextToken: page.nextToken };
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
