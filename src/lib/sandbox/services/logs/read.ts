/**
 * GetLogEvents and FilterLogEvents: reading what has become visible, in pages, with AWS's tokens and limits. Windows and
 * tokens are found by halving and streams merged by a heap (ring.ts): a page costs its own length, however long the rings.
 */
import type { FilterLogEventsRequest, GetLogEventsRequest } from '@aws-sdk/client-cloudwatch-logs';
import { decodeToken, encodeToken } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { compileFilterPattern } from './filter-pattern.js';
import { findGroup, findStream, invalidParameter } from './lookup.js';
import { lowerBound, mergeRings, type Position, windowOf } from './ring.js';
import type { LogEvent, LogGroup, LogStream } from './store.js';

const maximumEvents = 10_000;
const maximumBytes = 1_048_576;
/** Events looked at per FilterLogEvents call: a rare match comes after empty pages with a token, as on AWS. */
const scannedPerCall = 10_000;

const checkLimit = (limit: number | undefined): number => {
  if (limit !== undefined && (limit < 1 || limit > maximumEvents))
    throw invalidParameter(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${maximumEvents}`}`,
    );
  return limit ?? maximumEvents;
};

const bytesOf = (event: LogEvent): number => Buffer.byteLength(event.message) + 26;

const timesOf = (input: {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
}): { readonly startTime?: number; readonly endTime?: number } => ({
  ...(input.startTime !== undefined && { startTime: input.startTime }),
  ...(input.endTime !== undefined && { endTime: input.endTime }),
});

const positionToken = (direction: 'f' | 'b', at: Position): string =>
  `${direction}/${String(at.timestamp).padStart(16, '0')}${String(at.id).padStart(16, '0')}/s`;

const readPosition = (token: string): { readonly direction: 'f' | 'b'; readonly at: Position } => {
  const found = /^([fb])\/(\d{16})(\d{16})\/s$/.exec(token);
  if (!found) throw invalidParameter('The specified nextToken is invalid.');
  return { direction: found[1] === 'f' ? 'f' : 'b', at: { timestamp: Number(found[2]), id: Number(found[3]) } };
};

export const getLogEvents = (input: GetLogEventsRequest, { world, region }: Call): object => {
  const { events } = findStream(findGroup(world, region, input), input.logStreamName);
  const limit = checkLimit(input.limit);
  const token = input.nextToken === undefined ? undefined : readPosition(input.nextToken);
  const isForward = token === undefined ? input.startFromHead === true : token.direction === 'f';
  const range = windowOf(events, timesOf(input));
  const reading = { events, limit, now: world.now };
  const page = isForward
    ? forwards(reading, { ...range, from: Math.max(range.from, token ? indexAfter(events, token.at) : 0) })
    : backwards(reading, { ...range, to: Math.min(range.to, token ? lowerBound(events, token.at) : range.to) });
  const first = page[0];
  const last = page.at(-1);
  // An empty page gives back the token that it was asked with: that is how a reader sees the end.
  const here = token?.at ?? { timestamp: isForward ? 0 : (newestVisible(reading, range)?.timestamp ?? 0), id: 0 };
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: positionToken('f', last ?? here),
    nextBackwardToken: positionToken('b', first ?? here),
  };
};

const indexAfter = (events: readonly LogEvent[], at: Position): number => lowerBound(events, { ...at, id: at.id + 1 });

interface Reading {
  readonly events: readonly LogEvent[];
  readonly limit: number;
  readonly now: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const forwards = ({ events, limit, now }: Reading, { from, to }: Range): readonly LogEvent[] => {
  const page: LogEvent[] = [];
  let bytes = 0;
  for (let at = from; at < to && page.length < limit; at += 1) {
    const event = events[at];
    if (!event || event.visibleAt > now) continue;
    bytes += bytesOf(event);
    if (bytes > maximumBytes && page.length > 0) break;
    page.push(event);
  }
  return page;
};

const backwards = ({ events, limit, now }: Reading, { from, to }: Range): readonly LogEvent[] => {
  const page: LogEvent[] = [];
  let bytes = 0;
  for (let at = to - 1; at >= from && page.length < limit; at -= 1) {
    const event = events[at];
    if (!event || event.visibleAt > now) continue;
    bytes += bytesOf(event);
    if (bytes > maximumBytes && page.length > 0) break;
    page.push(event);
  }
  return page.reverse();
};

const newestVisible = ({ events, now }: Reading, { from, to }: Range): LogEvent | undefined =>
  backwards({ events, limit: 1, now }, { from, to })[0];

export const filterLogEvents = (input: FilterLogEventsRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  if (input.logStreamNames?.length && input.logStreamNamePrefix !== undefined)
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive.');
  const limit = checkLimit(input.limit);
  const matches = compileFilterPattern(input.filterPattern);
  const after = input.nextToken === undefined ? undefined : positionOf(input.nextToken);
  const found: object[] = [];
  let bytes = 0;
  let scanned = 0;
  let last: LogEvent | undefined;
  let stoppedAt: LogEvent | undefined;
  const direction = input.startFromHead === false ? 'newest-first' : 'oldest-first';
  mergeRings(
    {
      streams: streamsOf(group, input),
      window: timesOf(input),
      direction,
      now: world.now,
      ...(after && { after }),
    },
    (event, stream) => {
      if (found.length >= limit || bytes > maximumBytes || scanned >= scannedPerCall) {
        stoppedAt = last;
        return false;
      }
      scanned += 1;
      last = event;
      if (!matches(event.message)) return true;
      found.push(filteredEvent(event, stream.name));
      bytes += bytesOf(event);
      return true;
    },
  );
  return {
    events: found,
    searchedLogStreams: [],
    ...(stoppedAt && { nextToken: encodeToken({ timestamp: stoppedAt.timestamp, id: stoppedAt.id }) }),
  };
};

const streamsOf = (group: LogGroup, input: FilterLogEventsRequest): readonly LogStream[] =>
  input.logStreamNames?.length
    ? [...new Set(input.logStreamNames)].map((name) => findStream(group, name))
    : Object.values(group.streams).filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));

const positionOf = (token: string): Position => {
  const invalid = new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  const at = decodeToken<Position>(token, invalid);
  if (typeof at.timestamp !== 'number' || typeof at.id !== 'number') throw invalid;
  return at;
};

const filteredEvent = (event: LogEvent, stream: string): object => ({
  logStreamName: stream,
  timestamp: event.timestamp,
  message: event.message,
  ingestionTime: event.ingestionTime,
  eventId: `${String(event.timestamp).padStart(20, '0')}${String(event.id).padStart(36, '0')}`,
});
