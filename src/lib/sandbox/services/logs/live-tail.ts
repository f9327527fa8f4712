/**
 * StartLiveTail: an event stream with one update per AWS second, at most 500 events each (a sample above that). The
 * session ends after three hours, when the client goes away, or when the world is replaced (reset, restore).
 */
import type { StartLiveTailRequest } from '@aws-sdk/client-cloudwatch-logs';
import { AwsError, type Call, type TimerHandler } from '../../service.js';
import { settleTraffic } from '../../traffic.js';
import type { World } from '../../world.js';
import { compileFilterPattern, type Matches } from './filter-pattern.js';
import { findGroup, groupNameOf, invalidParameter } from './lookup.js';
import { type LogEvent, type LogGroup, type LogStream, logsState } from './store.js';

export const liveTailTimer = 'logs.live-tail';
const perUpdate = 500;
const sessionMs = 3 * 3_600_000;

interface Waiter {
  readonly wake: () => void;
  readonly end: () => void;
}

// Open sessions are connections, not data: a world's state never holds them.
const sessions = new WeakMap<World, Map<string, Waiter>>();

const sessionsOf = (world: World): Map<string, Waiter> => {
  const known = sessions.get(world) ?? new Map<string, Waiter>();
  sessions.set(world, known);
  return known;
};

export const liveTailTick: TimerHandler = (world, _region, target: { readonly session: string }) => {
  sessionsOf(world).get(target.session)?.wake();
};

/** For reset and restore: what the sessions were looking at is gone. */
export const endLiveTails = (world: World): void => {
  for (const waiter of [...sessionsOf(world).values()]) waiter.end();
};

export const startLiveTail = (input: StartLiveTailRequest, call: Call): object => {
  const { world, region } = call;
  const identifiers = input.logGroupIdentifiers ?? [];
  if (identifiers.length < 1 || identifiers.length > 10)
    throw invalidParameter('logGroupIdentifiers must contain between 1 and 10 log groups.');
  if (input.logStreamNames?.length && input.logStreamNamePrefixes?.length)
    throw invalidParameter('logStreamNames and logStreamNamePrefixes are mutually exclusive.');
  if ((input.logStreamNames?.length || input.logStreamNamePrefixes?.length) && identifiers.length > 1)
    throw invalidParameter('Log stream names can only be used with a single log group.');
  for (const identifier of identifiers) {
    if (identifier.startsWith('arn:') && identifier.endsWith(':*'))
      throw invalidParameter(`The log group identifier ${identifier} is not valid: an ARN must not end with :*.`);
    findGroup(world, region, { logGroupIdentifier: identifier });
  }
  const matches = compileFilterPattern(input.logEventFilterPattern);
  return { responseStream: tail(input, { call, matches }) };
};

async function* tail(
  input: StartLiveTailRequest,
  { call, matches }: { readonly call: Call; readonly matches: Matches },
): AsyncGenerator<object> {
  const { world, region } = call;
  const session = world.uuid();
  const started = world.now;
  const groups = (input.logGroupIdentifiers ?? []).map(groupNameOf);
  settleTraffic(world, region, { logGroups: groups });
  let seen = started;
  try {
    yield {
      sessionStart: {
        requestId: world.uuid(),
        sessionId: session,
        logGroupIdentifiers: groups.map((name) => logsState(world, region).groups[name]?.arn ?? name),
        logStreamNames: input.logStreamNames ?? [],
        logStreamNamePrefixes: input.logStreamNamePrefixes ?? [],
        logEventFilterPattern: input.logEventFilterPattern ?? '',
      },
    };
    for (;;) {
      const outcome = await nextSecond(call, session);
      if (outcome === 'gone') return;
      if (outcome === 'replaced')
        throw new AwsError('SessionStreamingException', 'The log group is no longer available.', 500);
      if (world.now - started > sessionMs) throw new AwsError('SessionTimeoutException', 'The session has expired.');
      settleTraffic(world, region, { logGroups: groups });
      const fresh = groups.flatMap((name) =>
        arrived(logsState(world, region).groups[name], { input, matches, since: seen, until: world.now }),
      );
      seen = world.now;
      yield {
        sessionUpdate: { sessionMetadata: { sampled: fresh.length > perUpdate }, sessionResults: sample(fresh) },
      };
    }
  } finally {
    sessionsOf(world).delete(session);
  }
}

const nextSecond = (call: Call, session: string): Promise<'tick' | 'gone' | 'replaced'> =>
  new Promise((resolve) => {
    if (call.signal.aborted) return resolve('gone');
    const { world, region } = call;
    const timer = world.schedule(region, liveTailTimer, 1_000, { session });
    const settle = (outcome: 'tick' | 'gone' | 'replaced'): void => {
      call.signal.removeEventListener('abort', onGone);
      resolve(outcome);
    };
    const onGone = (): void => {
      world.cancel(timer);
      settle('gone');
    };
    call.signal.addEventListener('abort', onGone, { once: true });
    sessionsOf(world).set(session, { wake: () => settle('tick'), end: () => settle('replaced') });
  });

interface Window {
  readonly input: StartLiveTailRequest;
  readonly matches: Matches;
  readonly since: number;
  readonly until: number;
}

const arrived = (group: LogGroup | undefined, { input, matches, since, until }: Window): readonly object[] => {
  if (!group) return [];
  const isWanted = (name: string): boolean =>
    (!input.logStreamNames?.length || input.logStreamNames.includes(name)) &&
    (!input.logStreamNamePrefixes?.length || input.logStreamNamePrefixes.some((prefix) => name.startsWith(prefix)));
  return Object.values(group.streams)
    .filter((stream) => isWanted(stream.name))
    .flatMap((stream) =>
      freshOf(stream, { since, until })
        .filter(({ message }) => matches(message))
        .map((event) => ({ event, stream: stream.name })),
    )
    .sort((a, b) => a.event.timestamp - b.event.timestamp || a.event.id - b.event.id)
    .map(({ event, stream }) => ({
      logStreamName: stream,
      logGroupIdentifier: group.arn.split(':').slice(4, 5).concat(group.name).join(':'),
      message: event.message,
      timestamp: event.timestamp,
      ingestionTime: event.ingestionTime,
    }));
};

/**
 * What became visible in a stream, looked for from its end: what arrived in order of time became visible in that order, and
 * what arrived late is in the list of late ones.
 */
const freshOf = (stream: LogStream, { since, until }: Pick<Window, 'since' | 'until'>): readonly LogEvent[] => {
  const late = (stream.late ?? []).filter(({ visibleAt }) => visibleAt > since);
  const oldest = Math.min(...late.map(({ timestamp }) => timestamp));
  const fresh: LogEvent[] = [];
  for (let at = stream.events.length - 1; at >= 0; at -= 1) {
    const event = stream.events[at];
    if (!event || (event.visibleAt <= since && event.timestamp < oldest)) break;
    if (event.visibleAt > since && event.visibleAt <= until) fresh.push(event);
  }
  return fresh.reverse();
};

/** Evenly spread, so that a sample shows the whole second. */
const sample = (events: readonly object[]): readonly object[] =>
  events.length <= perUpdate
    ? events
    : Array.from(
        { length: perUpdate },
        (_, index) => events[Math.floor((index * events.length) / perUpdate)] as object,
      );
