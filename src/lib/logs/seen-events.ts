/**
 * Which events were shown already. A follower reads a window again and again, because events become visible late and out
 * of order; this remembers their ids. Bounded: what is older than the window's start is forgotten, and the window may be
 * cut by number; then `startMs` rises, and the reader must not read before it. That coupling is why nothing comes twice.
 */
const bucketMs = 1_000;

export interface SeenLimits {
  readonly maximum: number;
}

export class SeenEvents {
  readonly #buckets = new Map<number, Set<string>>();
  #size = 0;
  #startMs: number;

  constructor(
    startMs: number,
    private readonly limits: SeenLimits,
  ) {
    this.#startMs = startMs;
  }

  /** Nothing before it may be read again. */
  get startMs(): number {
    return this.#startMs;
  }

  get size(): number {
    return this.#size;
  }

  has(timestamp: number, id: string): boolean {
    return this.#buckets.get(Math.floor(timestamp / bucketMs))?.has(id) === true;
  }

  /** True the first time. */
  add(timestamp: number, id: string): boolean {
    const key = Math.floor(timestamp / bucketMs);
    const bucket = this.#buckets.get(key) ?? new Set<string>();
    if (bucket.has(id)) return false;
    if (bucket.size === 0) this.#buckets.set(key, bucket);
    bucket.add(id);
    this.#size += 1;
    return true;
  }

  /** Moves the window's start to `startMs` (whole seconds), or further where too many are remembered. 'cut' says the latter. */
  forgetBefore(startMs: number): 'as-asked' | 'cut' {
    this.#raise(Math.floor(startMs / bucketMs) * bucketMs);
    if (this.#size <= this.limits.maximum) return 'as-asked';
    const oldestFirst = [...this.#buckets.keys()].sort((a, b) => a - b);
    for (const key of oldestFirst) {
      if (this.#size <= this.limits.maximum) break;
      this.#raise((key + 1) * bucketMs);
    }
    return 'cut';
  }

  #raise(startMs: number): void {
    if (startMs <= this.#startMs) return;
    this.#startMs = startMs;
    for (const [key, bucket] of this.#buckets) {
      if ((key + 1) * bucketMs > startMs) continue;
      this.#size -= bucket.size;
      this.#buckets.delete(key);
    }
  }
}
