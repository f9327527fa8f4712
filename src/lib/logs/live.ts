/**
 * `tail --live`: StartLiveTail instead of polling. A session ends after three hours or breaks; then a new one is started,
 * and what was missed in between is read from the groups. Above 500 events a second AWS sends a sample, which is said.
 * Updates are taken one at a time, after the writer had room: AWS keeps ten of them and drops the oldest then.
 */

import type { LiveEvent } from '../aws/log-events.js';
import type { FollowOutcome } from './follow.js';
import { BlockGatherer } from './gather-blocks.js';
import { type GroupReader, groupPages, pageLimitFor } from './group-pages.js';
import { LiveLedger } from './live-ledger.js';
import { mergePages, onePage, type Pages } from './merge-pages.js';
import type { LogEvent } from './model.js';
import type { OpenLogs } from './open-logs.js';
import { ReorderWindow } from './reorder.js';
import { SeenEvents } from './seen-events.js';
import { type Last, showLast } from './show-last.js';

const groupsPerSession = 10;
const overlapMs = 30_000;
/** What was on its way when a session began is visible by then. */
const secondLookMs = 10_000;
const holdMs = 2_000;
const tickMs = 1_000;
const reconnectMs = 1_000;
const ledgerMs = 10 * 60_000;
const timelineEveryMs = 10_000;
const maximumSeen = 100_000;

/** Price of July 2023 to this day (November 2026, us-east-1); other regions may differ. */
export const livePriceNotice = (sessions: number): { readonly code: string; readonly message: string } => ({
  code: 'W_LIVE_PRICE',
  message: `live tail is billed by AWS: $0.01 a minute and session after 1,800 free minutes a month (list price, us-east-1, 2026-11); ${sessions === 1 ? 'this is one session' : `these are ${sessions} sessions`}`,
});

export interface LiveOptions {
  readonly startMs: number;
  /** Begin with the newest events; without, with everything from the start on. */
  readonly last?: Last | undefined;
}

export const followLive = async (logs: OpenLogs, options: LiveOptions): Promise<FollowOutcome> => {
  const live = new Live(logs, options);
  try {
    await live.run();
  } catch (error) {
    if (!logs.io.signal.aborted) throw error;
  } finally {
    await live.finish();
  }
  return live.outcome();
};

class Live {
  readonly #ledger = new LiveLedger();
  readonly #reorder = new ReorderWindow({ holdMs, settledMs: 15_000 });
  readonly #gatherer = new BlockGatherer();
  readonly #ids: SeenEvents;
  readonly #timeline: SeenEvents;
  /** Several sessions write through one gate, so that one slow reader stops them all. */
  #gate: Promise<void> = Promise.resolve();
  #read = 0;
  #shown = 0;
  #lastTimelineMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly logs: OpenLogs,
    private readonly options: LiveOptions,
  ) {
    this.#ids = new SeenEvents(options.startMs, { maximum: maximumSeen });
    this.#timeline = new SeenEvents(options.startMs, { maximum: maximumSeen });
  }

  outcome(): FollowOutcome {
    return { read: this.#read, shown: this.#shown, late: this.#reorder.late };
  }

  async run(): Promise<void> {
    const sessions = await this.#sessions();
    await this.#showLast(sessions.flatMap(({ readers }) => readers));
    this.logs.io.notice(livePriceNotice(sessions.length));
    const ended = new AbortController();
    const signal = AbortSignal.any([this.logs.io.signal, ended.signal]);
    try {
      await Promise.all([this.#tick(signal), ...sessions.map((session) => this.#follow(session, signal))]);
    } finally {
      // One that fails for good ends the others.
      ended.abort();
    }
  }

  async finish(): Promise<void> {
    await this.#gate.catch(() => undefined);
    await this.#write(this.#reorder.releaseAll(), 'all');
  }

  /** Groups that exist, by region, ten to a session. */
  async #sessions(): Promise<readonly Session[]> {
    const byGateway = groupByGateway(this.logs.readers());
    const sessions: Session[] = [];
    for (const [gateway, readers] of byGateway) {
      const arns = await gateway.groupArns(readers.map(({ source }) => source.group));
      for (const { source } of readers) if (!arns.has(source.group)) this.logs.onMissing(source);
      const there = readers.filter(({ source }) => arns.has(source.group));
      for (let at = 0; at < there.length; at += groupsPerSession) {
        const part = there.slice(at, at + groupsPerSession);
        sessions.push({ readers: part, arns: part.flatMap(({ source }) => arns.get(source.group) ?? []) });
      }
    }
    return sessions;
  }

  async #follow({ readers, arns }: Session, signal: AbortSignal): Promise<void> {
    const { clock, options, io } = this.logs;
    const [first] = readers;
    if (!first) return;
    let fromMs = this.options.startMs;
    let isSampled = false;
    let secondLookAt = Number.POSITIVE_INFINITY;
    for (;;) {
      signal.throwIfAborted();
      for await (const update of first.gateway.live({ groupArns: arns, pattern: options.filter, signal })) {
        if (update.kind === 'started') {
          await this.#catchUp(readers, fromMs);
          secondLookAt = clock.now() + secondLookMs;
          continue;
        }
        if (update.kind === 'ended') {
          if (update.why === 'broken')
            io.notice({
              code: 'W_LIVE_BROKEN',
              message: 'the live tail broke off: starting it again, what was missed is read',
            });
          continue;
        }
        if (update.sampled && !isSampled)
          io.notice({
            code: 'W_LIVE_SAMPLED',
            message:
              'more than 500 events a second: AWS sends a sample of them now; without --live every event is shown',
          });
        isSampled = update.sampled;
        await this.#pass(liveEvents(update.events, readers).filter((event) => this.#ledger.add(event, 'live')));
        if (clock.now() >= secondLookAt) {
          secondLookAt = Number.POSITIVE_INFINITY;
          await this.#catchUp(readers, fromMs);
        }
        if (secondLookAt === Number.POSITIVE_INFINITY) fromMs = clock.now() - overlapMs;
      }
      await clock.sleep(reconnectMs, signal);
    }
  }

  async #showLast(readers: readonly GroupReader[]): Promise<void> {
    const { last, startMs } = this.options;
    if (!last) return;
    const { clock } = this.logs;
    const timeline = onePage(await this.#timelineEvents(clock.now()));
    this.#shown += await showLast(this.logs, {
      ...last,
      sources: [...readers.map((reader) => this.#unread(reader, { startMs, groups: readers.length })), timeline],
      startMs,
      onNew: (event) => this.#reorder.add(event, clock.now()),
    });
  }

  async #catchUp(readers: readonly GroupReader[], startMs: number): Promise<void> {
    const sources = readers.map((reader) => this.#unread(reader, { startMs, groups: readers.length }));
    for await (const page of mergePages(sources, 'oldest-first')) await this.#pass(page);
  }

  /** The group's events that neither way has brought. */
  async *#unread(reader: GroupReader, from: { readonly startMs: number; readonly groups: number }): Pages {
    const pages = groupPages(reader, {
      startMs: Math.max(from.startMs, this.#ids.startMs),
      direction: 'oldest-first',
      ahead: 'no',
      pageLimit: pageLimitFor(from.groups),
      pattern: this.logs.options.filter,
      signal: this.logs.io.signal,
      onMissing: (source) => this.logs.onMissing(source),
    });
    for await (const page of pages) {
      const fresh = page.filter(({ timestamp, id, origin }) => this.#ids.add(timestamp, `${origin.group}/${id}`));
      yield fresh.filter((event) => this.#ledger.add(event, 'read'));
      this.#ids.forgetBefore(Math.min(page.at(-1)?.timestamp ?? 0, this.logs.clock.now() - ledgerMs));
    }
  }

  #pass(events: readonly LogEvent[]): Promise<void> {
    return this.#through(async () => {
      const now = this.logs.clock.now();
      this.#read += events.length;
      for (const event of events) this.#reorder.add(event, now);
      await this.#write(this.#reorder.release(now), 'settled');
    });
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { clock } = this.logs;
    for (;;) {
      await clock.sleep(Math.max(tickMs, clock.rate * 100), signal);
      const now = clock.now();
      const events = await this.#timelineEvents(now);
      await this.#through(async () => {
        for (const event of events) this.#reorder.add(event, now);
        this.#gatherer.closeOlder();
        this.#ledger.forgetBefore(now - ledgerMs);
        this.#ids.forgetBefore(now - ledgerMs);
        await this.#write(this.#reorder.release(now), 'settled');
      });
    }
  }

  async #timelineEvents(now: number): Promise<readonly LogEvent[]> {
    if (now - this.#lastTimelineMs < timelineEveryMs) return [];
    this.#lastTimelineMs = now;
    const events: LogEvent[] = [];
    for await (const page of onePage(await this.logs.timelines(this.#timeline.startMs)))
      events.push(...page.filter(({ timestamp, id }) => this.#timeline.add(timestamp, id)));
    return events;
  }

  #through(work: () => Promise<void>): Promise<void> {
    const done = this.#gate.then(work);
    this.#gate = done.catch(() => undefined);
    return done;
  }

  async #write(events: readonly LogEvent[], which: 'settled' | 'all'): Promise<void> {
    for (const event of events) this.#gatherer.add(event);
    const blocks = which === 'all' ? this.#gatherer.takeAll() : this.#gatherer.take(Number.NEGATIVE_INFINITY);
    const wanted = this.logs.isWanted ? blocks.filter(this.logs.isWanted) : blocks;
    if (wanted.length === 0) return;
    for (const { rest } of wanted) this.#shown += 1 + rest.length;
    await this.logs.io.write(wanted);
  }
}

interface Session {
  readonly readers: readonly GroupReader[];
  readonly arns: readonly string[];
}

const groupByGateway = (
  readers: readonly GroupReader[],
): ReadonlyMap<GroupReader['gateway'], readonly GroupReader[]> => {
  const groups = new Map<GroupReader['gateway'], GroupReader[]>();
  for (const reader of readers) groups.set(reader.gateway, [...(groups.get(reader.gateway) ?? []), reader]);
  return groups;
};

const liveEvents = (events: readonly LiveEvent[], readers: readonly GroupReader[]): readonly LogEvent[] =>
  events.flatMap(({ group, logStreamName, timestamp, ingestionTime: ingestedMs, message }): readonly LogEvent[] => {
    const origin = readers.find(({ source }) => source.group === group)?.originOf(logStreamName);
    return origin === undefined ? [] : [{ kind: 'log', timestamp, ingestedMs, message, id: '', origin }];
  });
