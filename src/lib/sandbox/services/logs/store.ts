/**
 * CloudWatch Logs' data: groups, streams and rings of events. `putLogLines` is how simulated containers write; handlers
 * (handlers.ts) and readers (read.ts) share these functions. Late delivery is real: an event becomes visible to readers
 * 2 to 5 s of AWS time after its ingestion, and never before an event that the stream was given earlier.
 * Invariant: a ring is sorted by (timestamp, id), so that readers find their window by halving (ring.ts).
 */
import type { World } from '../../world.js';
import { insertSorted } from './ring.js';

export interface LogEvent {
  /** Sequence in the region: order of ingestion, and the event's id. */
  readonly id: number;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly visibleAt: number;
  readonly message: string;
}

export interface LogStream {
  readonly name: string;
  readonly arn: string;
  readonly creationTime: number;
  firstEventTimestamp?: number;
  lastEventTimestamp?: number;
  lastIngestionTime?: number;
  storedBytes: number;
  /** Events that the ring no longer holds. */
  dropped: number;
  /** Sorted by (timestamp, id). */
  events: LogEvent[];
  /** Of the event that arrived last. */
  lastVisibleAt?: number;
  /** Events that arrived out of their order of time: a live tail looks for them apart. The newest few; older ones are visible. */
  late?: { readonly timestamp: number; readonly visibleAt: number }[];
}

export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly creationTime: number;
  retentionInDays?: number;
  kmsKeyId?: string;
  logGroupClass: string;
  tags: Record<string, string>;
  streams: Record<string, LogStream>;
}

export interface LogsState {
  groups: Record<string, LogGroup>;
  nextEvent: number;
  /** Events kept per stream; `--log-events`. */
  logEvents: number;
}

export interface LogLine {
  readonly message: string;
  /** Sandbox ms; now when absent. */
  readonly timestamp?: number;
  /** Of lines that are made up late, when somebody reads (traffic): when they would have arrived. Now when absent. */
  readonly ingestionTime?: number;
}

export const defaultLogEvents = 10_000;
const minimumDelayMs = 2_000;
const maximumDelayMs = 5_000;
const minuteMs = 60_000;

export const initialLogs = (): LogsState => ({ groups: {}, nextEvent: 1, logEvents: defaultLogEvents });

export const logsState = (world: World, region: string): LogsState => world.service<LogsState>(region, 'logs');

export const hasLogGroup = (world: World, region: string, group: string): boolean =>
  Object.hasOwn(logsState(world, region).groups, group);

export const createLogGroup = (world: World, region: string, name: string): LogGroup => {
  const state = logsState(world, region);
  const existing = Object.hasOwn(state.groups, name) ? state.groups[name] : undefined;
  if (existing) return existing;
  const group: LogGroup = {
    name,
    arn: world.arn('logs', region, `log-group:${name}`),
    creationTime: world.now,
    logGroupClass: 'STANDARD',
    tags: {},
    streams: {},
  };
  state.groups[name] = group;
  return group;
};

export const createLogStream = (world: World, group: LogGroup, name: string): LogStream => {
  const existing = Object.hasOwn(group.streams, name) ? group.streams[name] : undefined;
  if (existing) return existing;
  const stream: LogStream = {
    name,
    arn: `${group.arn}:log-stream:${name}`,
    creationTime: world.now,
    storedBytes: 0,
    dropped: 0,
    events: [],
  };
  group.streams[name] = stream;
  return stream;
};

/** Appends to an existing stream. Keeps the ring's size; what it drops is counted and said. */
export const appendEvents = (
  world: World,
  region: string,
  target: { readonly group: LogGroup; readonly stream: LogStream; readonly lines: readonly LogLine[] },
): void => {
  const state = logsState(world, region);
  const { stream, lines } = target;
  if (lines.length === 0) return;
  // Lines made up late draw no random number: that somebody reads must not change what happens.
  const isLate = lines.every((line) => line.ingestionTime !== undefined);
  const delay = isLate ? minimumDelayMs : minimumDelayMs + (world.random() % (maximumDelayMs - minimumDelayMs + 1));
  let visibleAt = stream.lastVisibleAt ?? 0;
  let ingestionTime = world.now;
  for (const line of lines) {
    const timestamp = line.timestamp ?? world.now;
    ingestionTime = line.ingestionTime ?? world.now;
    visibleAt = Math.max(visibleAt, ingestionTime + delay);
    const event = { id: state.nextEvent++, timestamp, ingestionTime, visibleAt, message: line.message };
    if (timestamp >= (stream.events.at(-1)?.timestamp ?? 0)) stream.events.push(event);
    else addLate(world, stream, event);
    stream.firstEventTimestamp = Math.min(stream.firstEventTimestamp ?? timestamp, timestamp);
    stream.lastEventTimestamp = Math.max(stream.lastEventTimestamp ?? timestamp, timestamp);
    stream.storedBytes += Buffer.byteLength(line.message) + 26;
  }
  stream.lastIngestionTime = ingestionTime;
  stream.lastVisibleAt = visibleAt;
  dropOldest(world, region, { ...target, limit: state.logEvents });
};

const addLate = (world: World, stream: LogStream, event: LogEvent): void => {
  insertSorted(stream.events, event);
  // Whoever follows has seen what became visible a minute ago.
  const isRecent = ({ visibleAt }: { readonly visibleAt: number }): boolean => visibleAt > world.now - minuteMs;
  stream.late = [...(stream.late ?? []).filter(isRecent), { timestamp: event.timestamp, visibleAt: event.visibleAt }];
};

const dropOldest = (
  world: World,
  region: string,
  ring: { readonly group: LogGroup; readonly stream: LogStream; readonly limit: number },
): void => {
  const { stream, group, limit } = ring;
  // A tenth of slack, so that a busy stream does not move its whole ring at every line.
  if (stream.events.length <= limit + Math.ceil(limit / 10)) return;
  const excess = stream.events.length - limit;
  const isFirst = stream.dropped === 0;
  stream.events.splice(0, excess);
  stream.dropped += excess;
  if (isFirst)
    world.record({
      kind: 'event',
      region,
      subject: `log-stream ${group.name}/${stream.name}`,
      message: `keeps its newest ${limit} events; older ones are dropped from now on (--log-events N keeps more)`,
    });
};

/**
 * A container's output. The group must exist (Fargate fails the task otherwise: ask `hasLogGroup` first); the stream is
 * made. Lines for a group that was deleted meanwhile are lost, as on AWS; false says so.
 */
export const putLogLines = (
  world: World,
  region: string,
  target: { readonly group: string; readonly stream: string; readonly lines: readonly (string | LogLine)[] },
): boolean => {
  const groups = logsState(world, region).groups;
  const group = Object.hasOwn(groups, target.group) ? groups[target.group] : undefined;
  if (!group) return false;
  const stream = createLogStream(world, group, target.stream);
  const lines = target.lines.map((line) => (typeof line === 'string' ? { message: line } : line));
  appendEvents(world, region, { group, stream, lines });
  return true;
};

/** Raises the ring's size for a region; never shrinks it. */
export const keepLogEvents = (world: World, region: string, count: number): void => {
  const state = logsState(world, region);
  state.logEvents = Math.max(state.logEvents, count);
};
