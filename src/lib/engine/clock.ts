/** The two clocks (docs/architecture.md, "Time"). Injected everywhere; `Date.now` and timers live in lib/context only. */
export interface WallClock {
  /** Milliseconds since epoch; may jump. */
  now(): number;
  /** Milliseconds that never go back; stops while the machine sleeps on Linux. */
  monotonic(): number;
  /** Resolves after that many real milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** AWS time: rate 1 against AWS, the sandbox's speed in the sandbox. */
export interface ServiceClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** AWS milliseconds per real millisecond. */
  readonly rate: number;
}

export interface Clocks {
  readonly wall: WallClock;
  readonly service: ServiceClock;
}
