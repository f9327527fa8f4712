/**
 * Reading events from CloudWatch Logs: pages of FilterLogEvents, and live tail. One limiter for all readers of a gateway,
 * because AWS counts calls per account and region. FilterLogEvents is the call of choice: it merges a group's streams in
 * order of time, finds new streams by itself, gives every event an id, and one page carries as much as a page of
 * GetLogEvents, which needs two calls per stream at least. Start reading at createLogEventsGateway.
 */
import type { ServiceClock } from '../engine/clock.js';
import { CallLimiter } from './call-limiter.js';
import type { AwsClients } from './clients.js';
import { classify } from './errors.js';
import { type EventParts, eventParts } from './event-parts.js';
import { patiently } from './patient-calls.js';
import { takeRawJson } from './raw-json.js';

/** As AWS sends it. */
export interface WireEvent {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
  readonly eventId: string;
}

export type EventPage = EventParts<WireEvent>;

export interface PageRequest {
  readonly group: string;
  readonly startMs: number;
  /** Exclusive; none while following. */
  readonly endMs?: number | undefined;
  readonly direction: 'oldest-first' | 'newest-first';
  readonly limit: number;
  readonly pattern?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LiveEvent {
  /** Name of the group, without the account. */
  readonly group: string;
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

export type LiveUpdate =
  | { readonly kind: 'started' }
  | { readonly kind: 'events'; readonly sampled: boolean; readonly events: readonly LiveEvent[] }
  /** Three hours are over, the connection broke, or AWS ended it: start again. */
  | { readonly kind: 'ended'; readonly why: 'time' | 'broken' };

export interface LogEventsGateway {
  /** 'missing': there is no such group. */
  page(request: PageRequest): Promise<EventPage | 'missing'>;
  /** ARNs of the groups that exist. */
  groupArns(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** At most ten groups. */
  live(request: {
    readonly groupArns: readonly string[];
    readonly pattern?: string | undefined;
    readonly signal: AbortSignal;
  }): AsyncGenerator<LiveUpdate>;
  /** Calls that AWS refused because they were too many. */
  readonly throttles: number;
}

export interface LogEventsOptions {
  readonly clients: AwsClients;
  readonly clock: ServiceClock;
  readonly mode: 'steady' | 'eager';
  readonly patienceMs: number;
  readonly onWait?: (why: 'throttle' | 'unreachable') => void;
}

/** AWS's documented default per account and region. */
export const filterCallsPerSecond = 5;
/** What a follower leaves to others. */
const steadyShare = 0.8;

const isMissing = (error: unknown): boolean => error instanceof Error && error.name === 'ResourceNotFoundException';

export const createLogEventsGateway = (options: LogEventsOptions): LogEventsGateway => {
  const { clients, clock, mode } = options;
  const limiter = new CallLimiter({
    perSecond: filterCallsPerSecond * (mode === 'steady' ? steadyShare : 1),
    burst: filterCallsPerSecond,
    mode,
    clock,
  });
  const patience = (operation: string, signal: AbortSignal | undefined) => ({
    operation,
    limiter,
    clock,
    signal,
    patienceMs: options.patienceMs,
    reloadCredentials: () => clients.reloadCredentials(),
    onWait: options.onWait,
    // A pass that looks for the limit meets it now and again: not worth a word.
    refusalsBeforeWord: mode === 'eager' ? 4 : 1,
  });
  return {
    get throttles() {
      return limiter.throttles;
    },
    page: (request) => patiently(() => filterPage(clients, request), patience('logs:FilterLogEvents', request.signal)),
    groupArns: (names) => groupArns(clients, names),
    live: (request) => liveTail(clients, request),
  };
};

const filterPage = async (clients: AwsClients, request: PageRequest): Promise<EventPage | 'missing'> => {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  // The one that never retries: patiently does, and counts.
  const client = await clients.write('logs');
  const command = new FilterLogEventsCommand({
    logGroupName: request.group,
    startTime: Math.max(0, Math.floor(request.startMs)),
    ...(request.endMs === undefined ? {} : { endTime: Math.floor(request.endMs) }),
    limit: request.limit,
    ...(request.direction === 'newest-first' ? { startFromHead: false } : {}),
    ...(request.pattern === undefined ? {} : { filterPattern: request.pattern }),
    ...(request.nextToken === undefined ? {} : { nextToken: request.nextToken }),
  });
  const raw = takeRawJson(command);
  try {
    await client.send(command, request.signal ? { abortSignal: request.signal } : {});
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
  return eventParts<WireEvent>(raw.body());
};

const groupArns = async (clients: AwsClients, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await clients.read('logs');
  const found = await Promise.all(
    names.map(async (name) => {
      const answer = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
      const group = answer.logGroups?.find((each) => each.logGroupName === name);
      const arn = group?.logGroupArn ?? group?.arn?.replace(/:\*$/, '');
      return arn === undefined ? [] : [[name, arn] as const];
    }),
  );
  return new Map(found.flat());
};

async function* liveTail(
  clients: AwsClients,
  request: Parameters<LogEventsGateway['live']>[0],
): AsyncGenerator<LiveUpdate> {
  const { StartLiveTailCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await clients.write('logs');
  try {
    const answer = await client.send(
      new StartLiveTailCommand({
        logGroupIdentifiers: [...request.groupArns],
        ...(request.pattern === undefined ? {} : { logEventFilterPattern: request.pattern }),
      }),
      { abortSignal: request.signal },
    );
    for await (const part of answer.responseStream ?? []) {
      if (part.sessionStart) yield { kind: 'started' };
      if (part.sessionUpdate) {
        const { sessionMetadata, sessionResults } = part.sessionUpdate;
        yield {
          kind: 'events',
          sampled: sessionMetadata?.sampled === true,
          events: (sessionResults ?? []).map((event) => ({
            group: (event.logGroupIdentifier ?? '').split(':').at(-1) ?? '',
            logStreamName: event.logStreamName ?? '',
            timestamp: event.timestamp ?? 0,
            ingestionTime: event.ingestionTime ?? 0,
            message: event.message ?? '',
          })),
        };
      }
    }
    yield { kind: 'ended', why: 'broken' };
  } catch (error) {
    if (request.signal.aborted) return;
    if (error instanceof Error && error.name === 'SessionTimeoutException') yield { kind: 'ended', why: 'time' };
    else if (isPassing(error)) yield { kind: 'ended', why: 'broken' };
    else throw error;
  }
}

const isPassing = (error: unknown): boolean =>
  (error instanceof Error &&
    (error.name === 'SessionStreamingException' || /aborted|hang up|premature|terminated/i.test(error.message))) ||
  ['throttle', 'server', 'network', 'timeout'].includes(classify(error));
