/**
 * Live tail gives events without ids, and what it misses around a reconnect is read from the group. An event may come by
 * both ways; equal lines of one millisecond are told apart by counting: of each kind as many are shown as the way that
 * brought more of them has brought. Forgets what is old. Pure.
 */
import type { LogEvent } from './model.js';

interface Count {
  readonly timestamp: number;
  live: number;
  read: number;
}

const keyOf = ({ origin, timestamp, message }: LogEvent): string =>
  `${origin.group}\n${origin.stream}\n${timestamp}\n${message}`;

export class LiveLedger {
  readonly #counts = new Map<string, Count>();

  /** True when it is to be shown. */
  add(event: LogEvent, way: 'live' | 'read'): boolean {
    const key = keyOf(event);
    const count = this.#counts.get(key) ?? { timestamp: event.timestamp, live: 0, read: 0 };
    const shown = Math.max(count.live, count.read);
    count[way] += 1;
    this.#counts.set(key, count);
    return count[way] > shown;
  }

  forgetBefore(ms: number): void {
    for (const [key, { timestamp }] of this.#counts) if (timestamp < ms) this.#counts.delete(key);
  }

  get size(): number {
    return this.#counts.size;
  }
}
