/** GetLogEvents and FilterLogEvents: reading what has become visible, in pages, with AWS's tokens and limits. */
import type { FilterLogEventsRequest, GetLogEventsRequest } from '@aws-sdk/client-cloudwatch-logs';
import { decodeToken, encodeToken } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { compileFilterPattern } from './filter-pattern.js';
import { findGroup, findStream, invalidParameter } from './lookup.js';
import type { LogEvent, LogStream } from './store.js';

const maximumEvents = 10_000;
const maximumBytes = 1_048_576;
/** Events looked at per FilterLogEvents call: a rare match comes after empty pages with a token, as on AWS. */
const scannedPerCall = 10_000;

const byTime = (a: LogEvent, b: LogEvent): number => a.timestamp - b.timestamp || a.id - b.id;

const visible = (stream: LogStream, now: number): readonly LogEvent[] =>
  stream.events.filter((event) => event.visibleAt <= now);

const inWindow = (startTime: number | undefined, endTime: number | undefined) => (event: LogEvent) =>
  event.timestamp >= (startTime ?? 0) && event.timestamp < (endTime ?? Number.POSITIVE_INFINITY);

const checkLimit = (limit: number | undefined): number => {
  if (limit !== undefined && (limit < 1 || limit > maximumEvents))
    throw invalidParameter(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${maximumEvents}`}`,
    );
  return limit ?? maximumEvents;
};

/** How many of the events fit on a page of 1 MB. */
const fitting = (events: readonly LogEvent[]): number => {
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    bytes += Buffer.byteLength(event.message) + 26;
    if (bytes > maximumBytes) return Math.max(1, index);
  }
  return events.length;
};

interface Position {
  readonly timestamp: number;
  readonly id: number;
}

const positionToken = (direction: 'f' | 'b', at: Position): string =>
  `${direction}/${String(at.timestamp).padStart(16, '0')}${String(at.id).padStart(16, '0')}/s`;

const readPosition = (token: string): { readonly direction: 'f' | 'b'; readonly at: Position } => {
  const found = /^([fb])\/(\d{16})(\d{16})\/s$/.exec(token);
  if (!found) throw invalidParameter('The specified nextToken is invalid.');
  return { direction: found[1] === 'f' ? 'f' : 'b', at: { timestamp: Number(found[2]), id: Number(found[3]) } };
};

const isAfter = (event: LogEvent, at: Position): boolean =>
  event.timestamp > at.timestamp || (event.timestamp === at.timestamp && event.id > at.id);

export const getLogEvents = (input: GetLogEventsRequest, { world, region }: Call): object => {
  const stream = findStream(findGroup(world, region, input), input.logStreamName);
  const limit = checkLimit(input.limit);
  const all = [...visible(stream, world.now)].filter(inWindow(input.startTime, input.endTime)).sort(byTime);
  const token = input.nextToken === undefined ? undefined : readPosition(input.nextToken);
  const isForward = token === undefined ? input.startFromHead === true : token.direction === 'f';
  const candidates = token === undefined ? all : all.filter((event) => sideOf(event, token));
  const page = isForward ? firstPage(candidates, limit) : lastPage(candidates, limit);
  const first = page[0];
  const last = page.at(-1);
  // An empty page gives back the token that it was asked with: that is how a reader sees the end.
  const here = token?.at ?? { timestamp: isForward ? 0 : (all.at(-1)?.timestamp ?? 0), id: 0 };
  return {
    events: page.map((event) => ({
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime,
    })),
    nextForwardToken: positionToken('f', last ?? here),
    nextBackwardToken: positionToken('b', first ?? here),
  };
};

const sideOf = (event: LogEvent, token: { readonly direction: 'f' | 'b'; readonly at: Position }): boolean =>
  token.direction === 'f'
    ? isAfter(event, token.at)
    : !isAfter(event, token.at) && !(event.timestamp === token.at.timestamp && event.id === token.at.id);

const firstPage = (events: readonly LogEvent[], limit: number): readonly LogEvent[] => {
  const page = events.slice(0, limit);
  return page.slice(0, fitting(page));
};

const lastPage = (events: readonly LogEvent[], limit: number): readonly LogEvent[] => {
  const page = events.slice(-limit).reverse();
  return page.slice(0, fitting(page)).reverse();
};

type Found = LogEvent & { readonly stream: string };

export const filterLogEvents = (input: FilterLogEventsRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  if (input.logStreamNames?.length && input.logStreamNamePrefix !== undefined)
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive.');
  const limit = checkLimit(input.limit);
  const matches = compileFilterPattern(input.filterPattern);
  const streams = input.logStreamNames?.length
    ? input.logStreamNames.map((name) => findStream(group, name))
    : Object.values(group.streams).filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));
  const sign = input.startFromHead === false ? -1 : 1;
  const events: readonly Found[] = streams
    .flatMap((stream) =>
      visible(stream, world.now)
        .filter(inWindow(input.startTime, input.endTime))
        .map((event) => ({ ...event, stream: stream.name })),
    )
    .sort((a, b) => sign * byTime(a, b));
  const rest = afterToken(events, { token: input.nextToken, sign });
  const page = scan(rest, { limit, matches });
  return {
    events: page.events.map(filteredEvent),
    searchedLogStreams: [],
    ...(page.stoppedAt && { nextToken: encodeToken({ timestamp: page.stoppedAt.timestamp, id: page.stoppedAt.id }) }),
  };
};

const afterToken = (
  events: readonly Found[],
  { token, sign }: { readonly token: string | undefined; readonly sign: number },
): readonly Found[] => {
  if (token === undefined) return events;
  const invalid = new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  const at = decodeToken<Position>(token, invalid);
  if (typeof at.timestamp !== 'number' || typeof at.id !== 'number') throw invalid;
  return events.filter((event) => sign * (event.timestamp - at.timestamp || event.id - at.id) > 0);
};

const scan = (
  events: readonly Found[],
  { limit, matches }: { readonly limit: number; readonly matches: (message: string) => boolean },
): { readonly events: readonly Found[]; readonly stoppedAt?: Found } => {
  const page: Found[] = [];
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before && (page.length >= limit || bytes > maximumBytes || index >= scannedPerCall))
      return { events: page, stoppedAt: before };
    if (!matches(event.message)) continue;
    page.push(event);
    bytes += Buffer.byteLength(event.message) + 26;
  }
  return { events: page };
};

const filteredEvent = (event: Found): object => ({
  logStreamName: event.stream,
  timestamp: event.timestamp,
  message: event.message,
  ingestionTime: event.ingestionTime,
  eventId: `${String(event.timestamp).padStart(20, '0')}${String(event.id).padStart(36, '0')}`,
});
