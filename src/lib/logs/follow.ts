/**
 * Following: round after round, every group is read from a little before the last round on, and what was shown already is
 * left out by its id. So late arrivals, streams out of step and skewed clocks cost nothing but reading twice. Three windows:
 * the overlap of every round, a deeper one each minute, and the reorder window that puts streams in order. Nothing is read
 * while the writer is busy, so a slow pipe slows the reading and not the memory.
 */
import { BlockGatherer } from './gather-blocks.js';
import { deepMs, GroupPace } from './group-pace.js';
import { type GroupReader, groupPages, pageLimitFor } from './group-pages.js';
import { mergePages, onePage, type Pages } from './merge-pages.js';
import type { Block, LogEvent } from './model.js';
import { keyOf, type OpenLogs } from './open-logs.js';
import { ReorderWindow } from './reorder.js';
import { SeenEvents } from './seen-events.js';
import { type Last, showLast } from './show-last.js';
import type { GroupSource } from './sources.js';

const deepEveryMs = 60_000;
/** Ids remembered over all groups; some 15 MB. */
const maximumSeen = 100_000;
/** How far streams are out of step when nothing is wrong. */
const spreadMs = 3_000;
const settledMs = 15_000;
const refreshEveryMs = 30_000;
const timelineEveryMs = 10_000;
const shortestIntervalMs = 1_000;
/** Real time between two rounds at least: a fast sandbox must not keep a processor busy. */
const shortestRealMs = 100;

interface Progress {
  readonly seen: SeenEvents;
  readonly pace: GroupPace;
  /** When the last whole round over this group began; undefined before the first. */
  lastRoundMs: number | undefined;
  missingUntilMs: number;
}

export interface FollowOptions {
  readonly startMs: number;
  /** Begin with the newest events; without, with everything from the start on. */
  readonly last?: Last | undefined;
}

export interface FollowOutcome {
  readonly read: number;
  readonly shown: number;
  readonly late: number;
}

/** Resolves when the signal is aborted: everything that was read is written then. */
export const follow = async (logs: OpenLogs, options: FollowOptions): Promise<FollowOutcome> => {
  const follower = new Follower(logs, options);
  try {
    await follower.run();
  } catch (error) {
    if (!logs.io.signal.aborted) throw error;
  } finally {
    await follower.finish();
  }
  return follower.outcome();
};

interface Round {
  readonly beganMs: number;
  readonly depth: 'usual' | 'deep';
  readonly groups: number;
}

class Follower {
  readonly #progress = new Map<string, Progress>();
  readonly #reorder: ReorderWindow;
  readonly #gatherer = new BlockGatherer();
  readonly #timeline: SeenEvents;
  #lastDeepMs: number;
  #lastRefreshMs: number;
  #lastTimelineMs = Number.NEGATIVE_INFINITY;
  #read = 0;
  #shown = 0;
  #wasCut = false;

  constructor(
    private readonly logs: OpenLogs,
    private readonly options: FollowOptions,
  ) {
    const now = logs.clock.now();
    this.#lastDeepMs = now;
    this.#lastRefreshMs = now;
    this.#reorder = new ReorderWindow({ holdMs: spreadMs + this.#intervalMs(), settledMs });
    this.#timeline = new SeenEvents(options.startMs, { maximum: maximumSeen });
    for (const reader of logs.readers()) this.#progress.set(keyOf(reader.source), this.#begin(options.startMs));
  }

  #begin(startMs: number): Progress {
    const maximum = Math.floor(maximumSeen / Math.max(1, this.logs.readers().length));
    return {
      seen: new SeenEvents(startMs, { maximum }),
      pace: new GroupPace(),
      lastRoundMs: undefined,
      missingUntilMs: 0,
    };
  }

  outcome(): FollowOutcome {
    return { read: this.#read, shown: this.#shown, late: this.#reorder.late };
  }

  async run(): Promise<void> {
    const { clock, io } = this.logs;
    if (this.options.last) await this.#showLast(this.options.last);
    for (;;) {
      io.signal.throwIfAborted();
      await this.#round();
      await clock.sleep(this.#intervalMs(), io.signal);
      await this.#refresh();
    }
  }

  async finish(): Promise<void> {
    await this.#write([...this.#gather(this.#reorder.releaseAll()), ...this.#gatherer.takeAll()]);
  }

  async #showLast(last: Last): Promise<void> {
    const { clock } = this.logs;
    this.#shown += await showLast(this.logs, {
      ...last,
      sources: await this.#sources(clock.now(), 'usual'),
      startMs: this.options.startMs,
      onNew: (event) => this.#reorder.add(event, clock.now()),
    });
  }

  async #sources(beganMs: number, depth: 'usual' | 'deep'): Promise<readonly Pages[]> {
    const readers = this.logs.readers().filter((reader) => this.#of(reader).missingUntilMs <= beganMs);
    return [
      ...readers.map((reader) => this.#fresh(reader, { beganMs, depth, groups: readers.length })),
      await this.#timelinePages(beganMs),
    ];
  }

  /** One call per group and round at least, and four a second are ours. */
  #intervalMs(): number {
    const { clock } = this.logs;
    return Math.max(shortestIntervalMs, this.logs.readers().length * 300, clock.rate * shortestRealMs);
  }

  async #round(): Promise<void> {
    const { clock } = this.logs;
    const beganMs = clock.now();
    const depth = beganMs - this.#lastDeepMs >= deepEveryMs ? 'deep' : 'usual';
    if (depth === 'deep') this.#lastDeepMs = beganMs;
    for await (const batch of mergePages(await this.#sources(beganMs, depth), 'oldest-first')) {
      const now = clock.now();
      for (const event of batch) this.#reorder.add(event, now);
      await this.#flush();
    }
    this.#gatherer.closeOlder();
    await this.#flush();
  }

  #of({ source }: GroupReader): Progress {
    const key = keyOf(source);
    const known = this.#progress.get(key);
    if (known) return known;
    // A group that a deployment has brought is young: what it holds was written while we were following.
    const made = this.#begin(Math.max(this.options.startMs, this.logs.clock.now() - deepMs));
    this.#progress.set(key, made);
    return made;
  }

  /** The group's events that were not seen before. Remembers how far it came only when all of it was read. */
  async *#fresh(reader: GroupReader, round: Round): Pages {
    const progress = this.#of(reader);
    const { seen, lastRoundMs, pace } = progress;
    const { beganMs, depth } = round;
    const overlapMs = depth === 'deep' ? deepMs : pace.overlapMs();
    const startMs = lastRoundMs === undefined ? seen.startMs : Math.max(seen.startMs, lastRoundMs - overlapMs);
    let isMissing = false;
    let hasFound = false;
    const onMissing = (source: GroupSource): void => {
      isMissing = true;
      progress.missingUntilMs = beganMs + refreshEveryMs;
      this.logs.onMissing(source);
    };
    for await (const page of this.#pages(reader, { startMs, groups: round.groups, onMissing })) {
      const fresh = page.filter(({ timestamp, id }) => !seen.has(timestamp, id));
      const oldest = fresh[0];
      // So close to the edge there may be more beyond it, and that comes first: look deeper before anything is passed on.
      if (
        oldest &&
        !hasFound &&
        lastRoundMs !== undefined &&
        depth === 'usual' &&
        oldest.timestamp < startMs + overlapMs / 2
      ) {
        yield* this.#fresh(reader, { ...round, depth: 'deep' });
        return;
      }
      hasFound ||= fresh.length > 0;
      for (const event of fresh) seen.add(event.timestamp, event.id);
      this.#read += fresh.length;
      pace.met(fresh, beganMs);
      if (fresh.length > 0) yield fresh;
      // A long backlog is read once: what lies before the deep window need not be remembered.
      const comeTo = page.at(-1)?.timestamp ?? 0;
      if (seen.forgetBefore(Math.min(comeTo, beganMs - deepMs)) === 'cut') this.#sayCut(reader, beganMs - seen.startMs);
    }
    if (isMissing) return;
    progress.lastRoundMs = beganMs;
    seen.forgetBefore(beganMs - deepMs);
    pace.roundEnded(seen.size);
  }

  #pages(
    reader: GroupReader,
    at: { readonly startMs: number; readonly groups: number; readonly onMissing: (source: GroupSource) => void },
  ): Pages {
    return groupPages(reader, {
      startMs: at.startMs,
      direction: 'oldest-first',
      ahead: 'no',
      pageLimit: pageLimitFor(at.groups),
      pattern: this.logs.options.filter,
      signal: this.logs.io.signal,
      onMissing: at.onMissing,
    });
  }

  /** Later than this many events ago nothing can be told from what was shown: said once. */
  #sayCut({ source }: GroupReader, windowMs: number): void {
    if (this.#wasCut) return;
    this.#wasCut = true;
    this.logs.io.notice({
      code: 'W_LATE_WINDOW',
      message: `${source.group} is busy: events that arrive more than ${Math.max(0, Math.round(windowMs / 1_000))} s late are not shown from now on`,
    });
  }

  async #timelinePages(nowMs: number): Promise<Pages> {
    if (nowMs - this.#lastTimelineMs < timelineEveryMs) return onePage([]);
    this.#lastTimelineMs = nowMs;
    const events = await this.logs.timelines(this.#timeline.startMs);
    return onePage(events.filter(({ timestamp, id }) => this.#timeline.add(timestamp, id)));
  }

  async #refresh(): Promise<void> {
    const now = this.logs.clock.now();
    if (now - this.#lastRefreshMs < refreshEveryMs) return;
    this.#lastRefreshMs = now;
    await this.logs.refresh();
  }

  #gather(events: readonly LogEvent[]): readonly Block[] {
    for (const event of events) this.#gatherer.add(event);
    return this.#gatherer.take(Number.NEGATIVE_INFINITY);
  }

  async #flush(): Promise<void> {
    await this.#write(this.#gather(this.#reorder.release(this.logs.clock.now())));
  }

  async #write(blocks: readonly Block[]): Promise<void> {
    const wanted = this.logs.isWanted ? blocks.filter(this.logs.isWanted) : blocks;
    if (wanted.length === 0) return;
    for (const { rest } of wanted) this.#shown += 1 + rest.length;
    await this.logs.io.write(wanted);
  }
}
