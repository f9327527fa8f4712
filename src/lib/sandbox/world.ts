/**
 * The world: JSON tables, simulated time, timers as data, a timeline. No closure and no generator holds state, so
 * snapshot and restore are a copy, a state file survives a restart, and the same scenario gives the same ordered list of
 * events at any speed. Time moves only by `advanceTo`; who calls it (real clock or test) is clock.ts's business.
 */
import type { Json, ServiceModule, TimerHandler } from './service.js';

export interface Timer {
  readonly id: number;
  /** Sandbox milliseconds at which it is due; ties are broken by `id`. */
  readonly at: number;
  readonly region: string;
  readonly kind: string;
  readonly target: Json;
}

export type TimelineEntry = {
  readonly seq: number;
  readonly at: number;
  readonly region: string;
} & (
  | {
      readonly kind: 'call';
      readonly service: string;
      readonly operation: string;
      readonly mutating: boolean;
      readonly caller: string;
      readonly status: number;
      readonly error?: string;
      readonly summary?: Json;
    }
  | {
      readonly kind: 'state';
      readonly subject: string;
      readonly from?: string;
      readonly to: string;
      readonly cause?: string;
    }
  | { readonly kind: 'event'; readonly subject: string; readonly message: string }
  | { readonly kind: 'fault'; readonly subject: string; readonly message: string }
);

// A mapped Omit over the union, so that each kind keeps its own members.
type WithoutStamp<T> = T extends unknown ? Omit<T, 'seq' | 'at' | 'region'> : never;
export type TimelineDraft = WithoutStamp<TimelineEntry> & { readonly region?: string };

export interface RegionState {
  services: Record<string, object>;
}

/** Everything that a snapshot holds. */
export interface WorldState {
  readonly version: 1;
  sandboxId: string;
  account: string;
  now: number;
  nextTimer: number;
  nextSeq: number;
  random: number;
  counters: Record<string, number>;
  regions: Record<string, RegionState>;
  timers: Timer[];
  timeline: TimelineEntry[];
  faults: object;
  seeds: object;
}

const timelineLimit = 50_000;

export class World {
  state: WorldState;
  readonly modules: ReadonlyMap<string, ServiceModule>;
  private readonly handlers = new Map<string, TimerHandler>();
  private readonly listeners = new Set<(entry: TimelineEntry) => void>();
  private readonly scheduleListeners = new Set<(timer: Timer) => void>();
  /** Live helpers of this process, by name (the runner of `--exec`): never part of the state. */
  readonly attachments = new Map<string, unknown>();

  constructor(
    modules: readonly ServiceModule[],
    options: { readonly now: number; readonly sandboxId: string; readonly account?: string; readonly seed?: number },
  ) {
    this.modules = new Map(modules.map((module) => [module.id, module]));
    for (const module of modules) {
      for (const [kind, handler] of Object.entries(module.timers ?? {})) this.handlers.set(kind, handler);
    }
    this.state = {
      version: 1,
      sandboxId: options.sandboxId,
      account: options.account ?? '123456789012',
      now: options.now,
      nextTimer: 1,
      nextSeq: 1,
      random: (options.seed ?? 1) >>> 0 || 1,
      counters: {},
      regions: {},
      timers: [],
      timeline: [],
      faults: {},
      seeds: {},
    };
  }

  /** Sandbox time in ms since epoch. */
  get now(): number {
    return this.state.now;
  }

  get date(): Date {
    return new Date(this.state.now);
  }

  /** A service's state in a region; made by the module's `initial` at first use. */
  service<S extends object>(region: string, id: string): S {
    this.state.regions[region] ??= { services: {} };
    const services = this.state.regions[region].services;
    const module = this.modules.get(id);
    if (!module) throw new Error(`no such simulated service: ${id}`);
    services[id] ??= module.initial(region, this.state.account);
    return services[id] as S;
  }

  arn(service: string, region: string, resource: string): string {
    return `arn:aws:${service}:${region}:${this.state.account}:${resource}`;
  }

  /** Deterministic pseudo-random integer in [0, 2^32): xorshift32, part of the state. */
  random(): number {
    let x = this.state.random;
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    this.state.random = x;
    return x;
  }

  /** `length` lower-case hex digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.random().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }

  /** Decimal digits, never starting with 0. */
  digits(length: number): string {
    let text = String(1 + (this.random() % 9));
    while (text.length < length) text += String(this.random() % 10);
    return text;
  }

  uuid(): string {
    const h = this.hex(32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
  }

  /** 1, 2, 3 … per name. */
  count(name: string): number {
    const next = (this.state.counters[name] ?? 0) + 1;
    this.state.counters[name] = next;
    return next;
  }

  /** Due `delayMs` from now. Returns the timer's id. */
  schedule(region: string, kind: string, delayMs: number, target: Json): number {
    if (!this.handlers.has(kind)) throw new Error(`no handler for timer kind ${kind}`);
    const timer: Timer = {
      id: this.state.nextTimer++,
      at: this.state.now + Math.max(0, Math.round(delayMs)),
      region,
      kind,
      target,
    };
    this.state.timers.push(timer);
    siftUp(this.state.timers, this.state.timers.length - 1);
    for (const listener of this.scheduleListeners) listener(timer);
    return timer.id;
  }

  /** Told of each new timer, so that a sleeping clock can wake earlier; not part of the state. Returns the way to stop. */
  onSchedule(listener: (timer: Timer) => void): () => void {
    this.scheduleListeners.add(listener);
    return () => this.scheduleListeners.delete(listener);
  }

  cancel(id: number): void {
    const index = this.state.timers.findIndex((timer) => timer.id === id);
    if (index >= 0) removeAt(this.state.timers, index);
  }

  /** When the next timer is due; undefined when there is none. */
  nextDue(): number | undefined {
    return this.state.timers[0]?.at;
  }

  /** Runs every timer due up to and including `at`, each at its own time, in (at, id) order; then sets the time. */
  advanceTo(at: number): void {
    for (;;) {
      const due = this.state.timers[0];
      if (!due || due.at > at) break;
      removeAt(this.state.timers, 0);
      this.state.now = Math.max(this.state.now, due.at);
      this.handlers.get(due.kind)?.(this, due.region, due.target);
    }
    this.state.now = Math.max(this.state.now, at);
  }

  advance(ms: number): void {
    this.advanceTo(this.state.now + ms);
  }

  record(draft: TimelineDraft): void {
    const entry = {
      ...draft,
      seq: this.state.nextSeq++,
      at: this.state.now,
      region: draft.region ?? '',
    } as TimelineEntry;
    this.state.timeline.push(entry);
    if (this.state.timeline.length > timelineLimit + 1_000)
      this.state.timeline.splice(0, this.state.timeline.length - timelineLimit);
    for (const listener of this.listeners) listener(entry);
  }

  /** Live listeners (event streams, `timeline --follow`); not part of the state. Returns the way to stop. */
  onRecord(listener: (entry: TimelineEntry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  snapshot(): string {
    return JSON.stringify(this.state);
  }

  restore(snapshot: string): void {
    this.state = JSON.parse(snapshot) as WorldState;
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

const siftUp = (heap: Timer[], start: number): void => {
  let index = start;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const a = heap[index] as Timer;
    const b = heap[parent] as Timer;
    if (!before(a, b)) return;
    heap[index] = b;
    heap[parent] = a;
    index = parent;
  }
};

const siftDown = (heap: Timer[], start: number): void => {
  let index = start;
  for (;;) {
    let smallest = index;
    for (const child of [2 * index + 1, 2 * index + 2]) {
      if (child < heap.length && before(heap[child] as Timer, heap[smallest] as Timer)) smallest = child;
    }
    if (smallest === index) return;
    const held = heap[index] as Timer;
    heap[index] = heap[smallest] as Timer;
    heap[smallest] = held;
    index = smallest;
  }
};

const removeAt = (heap: Timer[], index: number): void => {
  const last = heap.pop() as Timer;
  if (index >= heap.length) return;
  heap[index] = last;
  siftDown(heap, index);
  siftUp(heap, index);
};
