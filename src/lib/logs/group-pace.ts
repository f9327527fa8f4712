/**
 * How far back a round has to look in one group. AWS has no order of arrival to ask by, so the overlap must cover the way
 * of every event from its writer to the reader: 2 to 5 s in AWS, up to 5 s in the agent, and whatever a clock is behind.
 * The quieter a group, the further it looks back, because that costs little; and always twice the delay met lately. Pure.
 */
import type { LogEvent } from './model.js';

/** The furthest: events that were five minutes on their way, or written by a clock that is as much behind. */
export const deepMs = 5 * 60_000;
const shortestMs = 20_000;
/** So many events may be read again in a round. */
const eventsReadAgain = 2_000;
const delayFactor = 2;
/** A delay is remembered for so long. */
const delayKeptMs = 10 * 60_000;

export class GroupPace {
  /** The longest delay lately, and when it was met. */
  #delay = { ms: 0, atMs: Number.NEGATIVE_INFINITY };
  /** Events of the deep window at the end of the last round; unknown before. */
  #events = Number.POSITIVE_INFINITY;

  met(fresh: readonly LogEvent[], nowMs: number): void {
    if (nowMs - this.#delay.atMs > delayKeptMs) this.#delay = { ms: 0, atMs: nowMs };
    // A backlog is old and not late: how long AWS had it tells the two apart.
    for (const { timestamp, ingestedMs } of fresh) {
      const delayMs = ingestedMs - timestamp;
      if (delayMs >= this.#delay.ms) this.#delay = { ms: delayMs, atMs: nowMs };
    }
  }

  roundEnded(eventsInDeepWindow: number): void {
    this.#events = eventsInDeepWindow;
  }

  overlapMs(): number {
    const affordable = this.#events === 0 ? deepMs : (deepMs * eventsReadAgain) / this.#events;
    const needed = shortestMs + this.#delay.ms * delayFactor;
    return Math.min(deepMs, Math.max(shortestMs, affordable, needed));
  }
}
