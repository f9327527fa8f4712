/**
 * The crash matrix: record one uninterrupted run, then die at every durable write and every effect, in every way (before
 * it, in the middle of the line, with the answer lost), resume or undo with a fresh engine, and compare worlds. A crash
 * makes every port dead: calls of the dead process never come back, so nothing can be tidied up on the way out.
 * An operation joins by giving a MatrixFixture; its world may be asynchronous (SDK clients, a manual clock).
 */

import type { ActionRegistry } from '../../src/lib/engine/action.js';
import type { Engine, EngineOptions, RunResult } from '../../src/lib/engine/api.js';
import type { Clocks } from '../../src/lib/engine/clock.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import type { JournalEvent, Writer } from '../../src/lib/engine/event.js';
import { allSteps, foldAll } from '../../src/lib/engine/fold.js';
import { sealEvent, verifyChain } from '../../src/lib/engine/journal/chain.js';
import { isConsistentEnd } from '../../src/lib/engine/outcomes.js';
import type { JournalStore } from '../../src/lib/engine/ports.js';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import { canonical, type Json } from '../../src/lib/plan/json.js';
import type { Plan } from '../../src/lib/plan/plan.js';
import {
  eventsOf,
  journalStoreOf,
  lockStoreOf,
  type MemoryJournalBugs,
  newMemoryJournals,
  newMemoryLocks,
  type Through,
} from './engine-memory-stores.js';

/** Every call of a process goes through its gate. `key` is the idempotency key where the world can know it. */
export interface Gate {
  effect<T>(about: { readonly name: string; readonly key?: string }, apply: () => Promise<T> | T): Promise<T>;
  read<T>(look: () => Promise<T> | T): Promise<T>;
}

export interface MatrixWorld {
  snapshot(): unknown;
  restore(snapshot: unknown): void | Promise<void>;
  /** What must be equal at the end, whatever happened on the way: counts, images, values; no ids, no times. */
  projection(): Json | Promise<Json>;
  ports(gate: Gate): unknown;
  clocks(): Clocks;
  /** Lets time pass until the work settles. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** How often each idempotency key changed the world since the last restore, where the world can tell. */
  effectiveChanges?(): readonly { readonly key: string }[];
}

export interface MatrixFixture {
  readonly name: string;
  makeWorld(): MatrixWorld | Promise<MatrixWorld>;
  plan(world: MatrixWorld): Plan | Promise<Plan>;
  readonly actions: ActionRegistry<unknown>;
  /** Takes out of a projection what an undo is not expected to give back (sent messages, registered revisions). */
  readonly undoExceptions?: (projection: Json) => Json;
  readonly mutant?: Mutant;
  /** Where the journal is kept; a memory journal by default. `tornTail` dies half-way through a line. */
  readonly journals?: (world: MatrixWorld) => MatrixJournals;
}

/** A journal backend that one crash matrix case uses from beginning to end. */
export interface MatrixJournals {
  store(through: Through): JournalStore;
  events(runId: string): Promise<readonly JournalEvent[]>;
}

/** A seeded bug, as a decorator of ports. The matrix must find each of them. */
export interface Mutant {
  readonly name: string;
  readonly journals?: MemoryJournalBugs;
  readonly store?: (store: JournalStore) => JournalStore;
  readonly actions?: (actions: ActionRegistry<unknown>) => ActionRegistry<unknown>;
}

/** `torn` is for appends only: half a line is on the disk. */
export type CrashMode = 'before' | 'torn' | 'after' | 'interrupt';

export interface CrashPoint {
  readonly at: number;
  readonly mode: CrashMode;
}

export interface CaseFailure {
  readonly point: string;
  readonly why: string;
}

export interface MatrixResult {
  readonly points: number;
  readonly cases: number;
  readonly failures: readonly CaseFailure[];
}

interface EffectSeen {
  readonly name: string;
  readonly key: string | undefined;
  /** Durable events when the call was made. */
  readonly after: number;
}

interface Case {
  readonly fixture: MatrixFixture;
  readonly world: MatrixWorld;
  readonly plan: Plan;
  journals: MatrixJournals;
  readonly locks: ReturnType<typeof newMemoryLocks>;
  readonly alive: Set<string>;
  readonly effects: EffectSeen[];
  durable: number;
}

interface Process {
  readonly options: EngineOptions;
  readonly died: Promise<'died'>;
  readonly interrupt: AbortController;
  readonly trace: { readonly label: string; readonly kind: 'append' | 'effect' | 'store' }[];
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** One process of the CLI with its own gate; it may be told where to die. */
const newProcess = (one: Case, nonce: string, crash?: CrashPoint): Process => {
  const trace: Process['trace'] = [];
  const interrupt = new AbortController();
  const fate = { isDead: false };
  let announce: (value: 'died') => void = () => undefined;
  const died = new Promise<'died'>((resolve) => {
    announce = resolve;
  });
  one.alive.add(nonce);
  const die = <T>(): Promise<T> => {
    fate.isDead = true;
    one.alive.delete(nonce);
    announce('died');
    return never<T>();
  };
  const point = async <T>(
    label: Process['trace'][number],
    apply: () => Promise<T> | T,
    tear?: () => void,
  ): Promise<T> => {
    if (fate.isDead) return never<T>();
    const number = trace.push(label) - 1;
    const mode = crash?.at === number ? crash.mode : undefined;
    if (mode === 'before') return die<T>();
    if (mode === 'torn') {
      tear?.();
      return die<T>();
    }
    if (mode === 'interrupt') interrupt.abort('SIGINT');
    const answer = await apply();
    // The process may have died in another lane while this call was on its way.
    if (fate.isDead) return never<T>();
    return mode === 'after' ? die<T>() : answer;
  };
  const through: Through = (call, apply) => {
    const label = {
      label: `${call.kind}${call.body ? ` ${call.body.type}` : ''}`,
      kind: call.kind === 'append' ? 'append' : 'store',
    } as const;
    const counted = (): ReturnType<typeof apply> => {
      const answer = apply();
      if (call.kind === 'append') one.durable += 1;
      return answer;
    };
    return point(label, counted, call.tear);
  };
  const gate: Gate = {
    effect: (about, apply) =>
      point({ label: `effect ${about.name}`, kind: 'effect' }, () => {
        one.effects.push({ name: about.name, key: about.key, after: one.durable });
        return apply();
      }),
    read: async (look) => {
      if (fate.isDead) return never();
      const seen = await look();
      return fate.isDead ? never() : seen;
    },
  };
  const writer: Writer = { nonce, host: 'host', pid: one.alive.size, user: 'tester', cli: 'test' };
  const { fixture, world } = one;
  const clocks = mortal(world.clocks(), fate);
  const store = one.journals.store(through);
  const locks = lockStoreOf(one.locks, {
    through,
    liveness: (holder) => (one.alive.has(holder.writer.nonce) ? 'live' : 'gone'),
    now: () => ({ wall: clocks.wall.now(), monotonic: clocks.wall.monotonic() }),
  });
  const options: EngineOptions = {
    actions: fixture.mutant?.actions?.(fixture.actions) ?? fixture.actions,
    ports: world.ports(gate),
    journals: fixture.mutant?.store?.(store) ?? store,
    locks,
    clocks,
    nonce: () => nonce,
    writer,
    interrupt: interrupt.signal,
    lockWaitMs: 0,
  };
  return { options, died, interrupt, trace };
};

const mortal = (clocks: Clocks, fate: { readonly isDead: boolean }): Clocks => {
  const sleep =
    (real: Clocks['wall']['sleep']): Clocks['wall']['sleep'] =>
    async (ms, signal) => {
      await real(ms, signal);
      if (fate.isDead) await never();
    };
  return {
    wall: { ...clocks.wall, sleep: sleep(clocks.wall.sleep) },
    service: { ...clocks.service, now: () => clocks.service.now(), sleep: sleep(clocks.service.sleep) },
  };
};

const backendOf = (fixture: MatrixFixture, world: MatrixWorld): MatrixJournals =>
  fixture.journals?.(world) ?? memoryBackend(fixture, world);

const memoryBackend = (fixture: MatrixFixture, world: MatrixWorld): MatrixJournals => {
  const journals = newMemoryJournals({
    bugs: fixture.mutant?.journals ?? {},
    seal: sealEvent,
    now: () => world.clocks().wall.now(),
  });
  return { store: (through) => journalStoreOf(journals, through), events: async (runId) => eventsOf(journals, runId) };
};

interface Prepared {
  readonly fixture: MatrixFixture;
  readonly world: MatrixWorld;
  readonly plan: Plan;
  readonly initial: unknown;
}

const newCase = async ({ fixture, world, plan, initial }: Prepared): Promise<Case> => {
  await world.restore(initial);
  const journals = backendOf(fixture, world);
  return { fixture, world, plan, journals, locks: newMemoryLocks(), alive: new Set(), effects: [], durable: 0 };
};

type Verb = 'run' | 'resume' | 'undo';

const act = (engine: Engine, verb: Verb, one: Case, options: EngineOptions): Promise<RunResult> => {
  switch (verb) {
    case 'run':
      return engine.run(one.plan, options);
    case 'resume':
      return engine.resume(one.plan.runId, options);
    case 'undo':
      return engine.undo(one.plan.runId, { ...options, by: 'tester' });
  }
};

const operate = async (one: Case, verb: Verb, process: Process): Promise<RunResult | 'died'> =>
  one.world.settle(Promise.race([act(createEngine(), verb, one, process.options), process.died]));

export interface MatrixOptions {
  /** resume: the final world equals the uninterrupted one's. undo: it equals the initial one. */
  readonly recovery: 'resume' | 'undo';
  readonly modes?: readonly CrashMode[];
  /** Also dies at every (or every n-th) point of the second process. */
  readonly second?: { readonly every: number };
}

export const crashMatrix = async (fixture: MatrixFixture, options: MatrixOptions): Promise<MatrixResult> => {
  const world = await fixture.makeWorld();
  const plan = await fixture.plan(world);
  const prepared: Prepared = { fixture, world, plan, initial: await world.snapshot() };
  const before = await world.projection();
  const baseline = await newCase(prepared);
  const recorder = newProcess(baseline, 'recorder');
  const end = await operate(baseline, 'run', recorder);
  if (end === 'died') throw new Error('the recorded run died');
  const after = await world.projection();
  const expectation: Expectation = { options, exit: end.exit, before, after };
  const failures: CaseFailure[] = [];
  let cases = 0;
  for (const crash of crashPoints(recorder, options.modes ?? ['before', 'torn', 'after'])) {
    const label = `${crash.mode} ${crash.at} (${recorder.trace[crash.at]?.label ?? '?'})`;
    const runs = await oneCrash({ prepared, expectation, crash, label });
    cases += runs.cases;
    failures.push(...runs.failures);
  }
  return { points: recorder.trace.length, cases, failures };
};

interface Expectation {
  readonly options: MatrixOptions;
  readonly exit: number;
  readonly before: Json;
  readonly after: Json;
}

const crashPoints = (recorder: Process, modes: readonly CrashMode[]): readonly CrashPoint[] =>
  recorder.trace.flatMap(({ kind }, at) =>
    modes.filter((mode) => mode !== 'torn' || kind === 'append').map((mode) => ({ at, mode })),
  );

interface OneCrash {
  readonly prepared: Prepared;
  readonly expectation: Expectation;
  readonly crash: CrashPoint;
  readonly label: string;
}

const oneCrash = async (request: OneCrash): Promise<{ cases: number; failures: readonly CaseFailure[] }> => {
  const first = await recovery(request);
  const failures = first.why === undefined ? [] : [{ point: request.label, why: first.why }];
  let cases = 1;
  const { second } = request.expectation.options;
  if (!second) return { cases, failures };
  for (const again of crashPoints(first.process, ['before', 'torn', 'after'])) {
    if (again.at % second.every !== request.crash.at % second.every) continue;
    const { why } = await recovery(request, again);
    cases += 1;
    if (why !== undefined) failures.push({ point: `${request.label}, then ${again.mode} ${again.at}`, why });
  }
  return { cases, failures };
};

/** Dies once (or twice), then recovers with a fresh engine and says what is wrong with the result. */
const recovery = async (
  { prepared, expectation, crash }: OneCrash,
  again?: CrashPoint,
): Promise<{ readonly why: string | undefined; readonly process: Process }> => {
  const one = await newCase(prepared);
  await operate(one, 'run', newProcess(one, 'first', crash));
  const { recovery: then } = expectation.options;
  if (again) await recover(one, then, newProcess(one, 'second', again));
  const process = newProcess(one, 'last');
  const trouble = await recover(one, then, process);
  return { why: trouble.why ?? (await whatIsWrong(one, trouble.result, expectation)), process };
};

/** A run that died before its first event was durable never was: it is run afresh (resume), or there is nothing to undo. */
const recover = async (
  one: Case,
  then: 'resume' | 'undo',
  process: Process,
): Promise<{ readonly why?: string; readonly result?: RunResult | 'died' | 'nothing' }> => {
  try {
    const events = await history(one.journals, one.plan.runId);
    if (typeof events === 'string') return { why: events };
    if (events.length > 0) return { result: await operate(one, then, process) };
    if (then === 'undo') return { result: 'nothing' };
    one.journals = backendOf(one.fixture, one.world);
    return { result: await operate(one, 'run', newProcess(one, 'afresh')) };
  } catch (error) {
    return { why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
};

/** The run's events; none when it was never born; a sentence when the journal cannot be read. */
const history = async (journals: MatrixJournals, runId: string): Promise<readonly JournalEvent[] | string> => {
  try {
    return await journals.events(runId);
  } catch (error) {
    if (isPlatformError(error) && error.code === 'E_NOT_FOUND') return [];
    return `the journal cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const whatIsWrong = async (
  one: Case,
  result: RunResult | 'died' | 'nothing' | undefined,
  expectation: Expectation,
): Promise<string | undefined> => {
  if (result === 'died' || result === undefined) return 'the last process died';
  const { recovery: then } = expectation.options;
  const world = await one.world.projection();
  const strip = then === 'undo' ? (one.fixture.undoExceptions ?? ((json: Json) => json)) : (json: Json): Json => json;
  const wanted = then === 'undo' ? expectation.before : expectation.after;
  if (canonical(strip(world)) !== canonical(strip(wanted))) {
    return `the world differs: ${canonical(strip(world))} instead of ${canonical(strip(wanted))}`;
  }
  if (result !== 'nothing') {
    const exit = then === 'undo' ? 0 : expectation.exit;
    if (result.exit !== exit) return `exit ${result.exit} instead of ${exit}`;
  }
  if (result === 'nothing') return undefined;
  const events = await history(one.journals, one.plan.runId);
  if (typeof events === 'string') return events;
  return brokenInvariant(events, one.effects, one.world.effectiveChanges?.() ?? []);
};

/** What must hold after every run, however it went. Undefined when all is well. */
export const brokenInvariant = (
  events: readonly JournalEvent[],
  effects: readonly EffectSeen[],
  changes: readonly { readonly key: string }[],
): string | undefined => {
  const chain = verifyChain(events);
  if (chain.kind === 'broken') return `the chain is broken at ${chain.seq}: ${chain.why}`;
  return (
    capturedTwice(events) ??
    changedTwice(changes) ??
    (events.length > 0 ? unintended(events, effects) : undefined) ??
    wrongEnd(events)
  );
};

const capturedTwice = (events: readonly JournalEvent[]): string | undefined => {
  const seen = new Set<string>();
  for (const event of events) {
    if (event.type !== 'step.captured' && event.type !== 'undo.captured') continue;
    const what = `${event.type} ${event.step}`;
    if (seen.has(what)) return `${what} was written twice`;
    seen.add(what);
  }
  return undefined;
};

const changedTwice = (changes: readonly { readonly key: string }[]): string | undefined => {
  const keys = changes.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  return twice === undefined ? undefined : `${twice} changed the world twice`;
};

/** Every effect has an intent of its own key that was durable before; without a key, some intent that was still open. */
const unintended = (events: readonly JournalEvent[], effects: readonly EffectSeen[]): string | undefined => {
  const keys = new Map(
    allSteps(foldAll(events).plan).flatMap((step) => (step.kind === 'action' ? [[step.id, step.key]] : [])) as [
      string,
      string,
    ][],
  );
  const keyOf = (event: JournalEvent): string | undefined => {
    if (event.type === 'step.started') return `${keys.get(event.step)}/${event.attempt}`;
    if (event.type === 'undo.started') return `${keys.get(event.step)}/undo/${event.attempt}`;
    return undefined;
  };
  for (const effect of effects) {
    const intents = events.slice(0, effect.after).flatMap((event) => keyOf(event) ?? []);
    const isIntended = effect.key === undefined ? intents.length > 0 : intents.includes(effect.key);
    if (!isIntended) return `${effect.name} (${effect.key ?? 'no key'}) happened before its intent was durable`;
  }
  return undefined;
};

const wrongEnd = (events: readonly JournalEvent[]): string | undefined => {
  const end = events.filter((event) => event.type === 'run.ended').at(-1);
  if (end?.type === 'run.ended' && !isConsistentEnd(end))
    return `state ${end.state}, outcome ${end.outcome} and exit ${end.exit} disagree`;
  return undefined;
};
