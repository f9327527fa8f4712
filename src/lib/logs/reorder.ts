/**
 * A small window in which events of several streams are put in order: an event is held for `holdMs` after it was read, then
 * it and everything older goes out. Bounded delay: what comes later than that is passed on late, never dropped. Events
 * older than `settledMs` are not held: they come from a backlog, which is read in order. Pure.
 */
import type { LogEvent } from './model.js';

interface Held {
  readonly event: LogEvent;
  readonly readAtMs: number;
  readonly seq: number;
  /** Its time, but never after it was read: a host whose clock is ahead must not push everybody else out of order. */
  readonly at: number;
}

const byTime = (a: Held, b: Held): number => a.at - b.at || a.seq - b.seq;

export interface ReorderTimes {
  readonly holdMs: number;
  readonly settledMs: number;
}

export class ReorderWindow {
  #held: Held[] = [];
  #seq = 0;
  #releasedTo = Number.NEGATIVE_INFINITY;
  /** Events that came after a younger one had gone out. */
  late = 0;

  constructor(private readonly times: ReorderTimes) {}

  get size(): number {
    return this.#held.length;
  }

  add(event: LogEvent, nowMs: number): void {
    const at = Math.min(event.timestamp, nowMs);
    if (at < this.#releasedTo) this.late += 1;
    this.#held.push({ event, readAtMs: nowMs, seq: this.#seq++, at });
  }

  /** Everything up to the newest event that was held long enough; oldest first. */
  release(nowMs: number): readonly LogEvent[] {
    let upTo = nowMs - this.times.settledMs;
    for (const { at, readAtMs } of this.#held) if (nowMs - readAtMs >= this.times.holdMs && at > upTo) upTo = at;
    return this.#releaseTo(upTo);
  }

  releaseAll(): readonly LogEvent[] {
    return this.#releaseTo(Number.POSITIVE_INFINITY);
  }

  #releaseTo(upTo: number): readonly LogEvent[] {
    const out = this.#held.filter(({ at }) => at <= upTo).sort(byTime);
    if (out.length === 0) return [];
    this.#held = this.#held.filter(({ at }) => at > upTo);
    this.#releasedTo = Math.max(this.#releasedTo, out.at(-1)?.at ?? upTo);
    return out.map(({ event }) => event);
  }
}
