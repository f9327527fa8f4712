/** One engine on the synthetic world with everything in memory and virtual time: for tests of single behaviours. */
import type { ActionRegistry } from '../../src/lib/engine/action.js';
import type { Engine, EngineEvent, EngineOptions, RunResult } from '../../src/lib/engine/api.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import type { JournalEvent } from '../../src/lib/engine/event.js';
import type { Conflict } from '../../src/lib/engine/ports.js';
import type { Plan } from '../../src/lib/plan/plan.js';
import {
  eventsOf,
  journalStoreOf,
  lockStoreOf,
  newMemoryJournals,
  newMemoryLocks,
  quickSeal,
  type StoreCall,
} from './engine-memory-stores.js';
import { broadStart, type SyntheticPorts, type SyntheticState, syntheticActions } from './engine-synthetic.js';
import { clocksOf, VirtualTime } from './engine-virtual-time.js';

export interface Bench {
  readonly time: VirtualTime;
  readonly state: SyntheticState;
  readonly seen: EngineEvent[];
  readonly engine: Engine;
  readonly interrupt: AbortController;
  /** Options of a process; a new nonce each time. */
  options(change?: Partial<EngineOptions>): EngineOptions;
  run(plan: Plan, change?: Partial<EngineOptions>): Promise<RunResult>;
  resume(runId: string, change?: Partial<EngineOptions> & { readonly force?: readonly string[] }): Promise<RunResult>;
  undo(runId: string, change?: Partial<EngineOptions> & { readonly force?: readonly string[] }): Promise<RunResult>;
  events(runId: string): readonly JournalEvent[];
  /** Writes an event as another process would, by taking the journal over. */
  append(
    runId: string,
    ...bodies: Parameters<Awaited<ReturnType<EngineOptions['journals']['takeOver']>>['append']>[0][]
  ): Promise<void>;
}

export interface BenchOptions {
  readonly state?: SyntheticState;
  readonly actions?: ActionRegistry<unknown>;
  readonly ports?: (plain: SyntheticPorts) => SyntheticPorts;
  readonly onStore?: (call: StoreCall) => void;
  readonly liveness?: () => Conflict['liveness'];
}

export const newBench = (given: BenchOptions = {}): Bench => {
  const time = new VirtualTime(1_000_000);
  const state = given.state ?? broadStart();
  const journals = newMemoryJournals({ bugs: {}, seal: quickSeal, now: () => time.now });
  const locks = newMemoryLocks();
  const seen: EngineEvent[] = [];
  const interrupt = new AbortController();
  const engine = createEngine();
  let processes = 0;
  const plain: SyntheticPorts = {
    now: () => time.now,
    read: async (_, look) => look(state),
    write: async (_, apply) => apply(state),
  };
  const through = async <T>(call: StoreCall, apply: () => T): Promise<T> => {
    given.onStore?.(call);
    return apply();
  };
  const options = (change: Partial<EngineOptions> = {}): EngineOptions => {
    processes += 1;
    const nonce = `process-${processes}`;
    return {
      actions: given.actions ?? syntheticActions(),
      ports: given.ports?.(plain) ?? plain,
      journals: journalStoreOf(journals, through),
      locks: lockStoreOf(locks, {
        through,
        liveness: given.liveness ?? (() => 'gone'),
        now: () => ({ wall: time.now, monotonic: time.now }),
      }),
      clocks: clocksOf(time),
      nonce: () => nonce,
      writer: { nonce, host: 'host', pid: processes, user: 'tester', cli: 'test' },
      interrupt: interrupt.signal,
      onEvent: (event) => seen.push(event),
      lockWaitMs: 0,
      ...change,
    };
  };
  return {
    time,
    state,
    seen,
    engine,
    interrupt,
    options,
    run: (plan, change) => time.drive(engine.run(plan, options(change))),
    resume: (runId, change) => time.drive(engine.resume(runId, { ...change, ...options(change) })),
    undo: (runId, change) => time.drive(engine.undo(runId, { ...change, ...options(change), by: 'tester' })),
    events: (runId) => eventsOf(journals, runId),
    append: async (runId, ...bodies) => {
      const { journals: store, writer } = options();
      const journal = await store.takeOver(runId, writer);
      for (const body of bodies) await journal.append(body);
    },
  };
};

export const typesOf = (events: readonly JournalEvent[]): readonly string[] =>
  events.map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type));
