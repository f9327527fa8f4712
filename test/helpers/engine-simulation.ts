/**
 * Several operators on one environment: they deploy over each other, die, sleep, resume, undo, break locks, approve gates.
 * After a while the weather calms down and one of them finishes what was left. Invariants are checked at every effect,
 * at every end of a run and at the end of the seed; a broken one names the seed that shows it again.
 */
import type { Action, ActionRegistry } from '../../src/lib/engine/action.js';
import type { EngineOptions, RunResult } from '../../src/lib/engine/api.js';
import { isFinalState } from '../../src/lib/engine/decide.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import type { JournalEvent, Writer } from '../../src/lib/engine/event.js';
import { fold, foldAll } from '../../src/lib/engine/fold.js';
import { isConsistentEnd } from '../../src/lib/engine/outcomes.js';
import { type JournalStore, scopesCollide } from '../../src/lib/engine/ports.js';
import { fenceRun } from '../../src/lib/engine/take-lock.js';
import type { RunView } from '../../src/lib/engine/view.js';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import type { Plan } from '../../src/lib/plan/plan.js';
import {
  eventsOf,
  journalStoreOf,
  lockStoreOf,
  type MemoryJournalBugs,
  newMemoryJournals,
  newMemoryLocks,
  quickSeal,
} from './engine-memory-stores.js';
import {
  clocksFor,
  cloudCall,
  type Dice,
  diceOf,
  fallAsleep,
  type Machine,
  type Net,
  newTally,
  type SimProcess,
  storeCall,
  type Tally,
} from './engine-simulation-net.js';
import { randomPlan } from './engine-simulation-plans.js';
import { newState, type SyntheticPorts, type SyntheticState, syntheticActions } from './engine-synthetic.js';
import { VirtualTime } from './engine-virtual-time.js';

export interface SimulationOptions {
  readonly bugs?: MemoryJournalBugs;
  readonly tally?: Tally;
  /** For looking at one seed. */
  readonly hasStacks?: boolean;
  readonly trace?: (line: string) => void;
}

export interface SeedReport {
  readonly operators: number;
  readonly events: number;
  readonly violation: string | undefined;
}

class Violation extends Error {}

interface Sim {
  readonly net: Net;
  readonly dice: Dice;
  readonly state: SyntheticState;
  readonly journals: ReturnType<typeof newMemoryJournals>;
  readonly locks: ReturnType<typeof newMemoryLocks>;
  readonly machines: readonly [Machine, ...Machine[]];
  readonly processes: Map<string, SimProcess>;
  readonly actions: ActionRegistry<unknown>;
  /** Who wrote a resource last: the run of the newest effect on it. */
  readonly lastWriter: Map<string, string>;
  readonly views: Map<string, { readonly view: RunView; readonly count: number }>;
  readonly firstViolation: { message?: string };
  counts: { nonces: number; runs: number };
  readonly trace?: ((line: string) => void) | undefined;
}

const lease = { leaseMs: 60_000, quiesceMs: 20_000 };

const violate = (sim: Sim, message: string): void => {
  sim.firstViolation.message ??= message;
};

/** The probes are counted where they are made. */
const counted = (tally: Tally): ActionRegistry<unknown> =>
  new Map(
    [...syntheticActions()].map(([uses, action]) => {
      const { probe } = action as Action<unknown>;
      if (!probe) return [uses, action];
      const counting: typeof probe = (io, input, captured) => {
        tally.probes += 1;
        return probe(io, input, captured);
      };
      return [uses, { ...action, probe: counting }];
    }),
  );

const newSim = (seed: number, options: SimulationOptions): Sim => {
  const dice = diceOf(seed);
  const time = new VirtualTime(1_700_000_000_000);
  const count = dice.pick([2, 2, 2, 3, 4]);
  const machine = (index: number): Machine => ({
    name: `operator-${index}`,
    // The first two share a host, so that both kinds of liveness occur.
    host: `host-${Math.max(1, index)}`,
    asleepUntil: 0,
    missedMs: 0,
  });
  const tally = options.tally ?? newTally();
  return {
    net: { time, dice, tally, isCalm: false },
    dice,
    state: newState({ a: 'a0', b: 'b0', c: 'c0', d: 'd0' }),
    journals: newMemoryJournals({ bugs: options.bugs ?? {}, seal: quickSeal, now: () => time.now }),
    locks: newMemoryLocks(),
    machines: [machine(0), ...Array.from({ length: count - 1 }, (_, index) => machine(index + 1))],
    processes: new Map(),
    actions: counted(tally),
    lastWriter: new Map(),
    views: new Map(),
    firstViolation: {},
    counts: { nonces: 0, runs: 0 },
  };
};

// ── one process ────────────────────────────────────────────────────────────────────────────────────────────────────

const runOf = (key: string): string => key.slice(0, key.indexOf('/'));

const newProcess = (sim: Sim, machine: Machine): SimProcess => {
  sim.counts.nonces += 1;
  const process = { nonce: `p${sim.counts.nonces}`, machine, isDead: false, interrupt: new AbortController() };
  sim.processes.set(process.nonce, process);
  return process;
};

const tell = (sim: Sim, process: SimProcess, what: string): void =>
  sim.trace?.(`${sim.net.time.now - 1_700_000_000_000} ${process.nonce}@${process.machine.name} ${what}`);

const portsFor = (sim: Sim, process: SimProcess): SyntheticPorts => ({
  now: () => sim.net.time.now,
  read: (_, look) => cloudCall(sim.net, process, { isWrite: false, apply: () => look(sim.state) }),
  write: (call, apply) => {
    checkIntent(sim, process, call.key);
    tell(sim, process, `sends ${call.name} ${call.key}`);
    return cloudCall(sim.net, process, {
      isWrite: true,
      apply: () => {
        const before = sim.state.changes.length;
        const answer = apply(sim.state);
        for (const change of sim.state.changes.slice(before)) {
          tell(sim, process, `landed ${change.key}`);
          checkLanding(sim, change);
        }
        return answer;
      },
    });
  },
});

const storesFor = (sim: Sim, process: SimProcess): Pick<EngineOptions, 'journals' | 'locks'> => {
  const clocks = clocksFor(sim.net, process);
  const { tally } = sim.net;
  const seenAt = new Map<string, number>();
  const journals = journalStoreOf(sim.journals, (call, apply) =>
    storeCall(sim.net, process, () => {
      try {
        const answer = apply();
        tell(sim, process, `${call.kind} ${call.runId} ${call.body ? JSON.stringify(call.body).slice(0, 160) : ''}`);
        if (call.kind === 'take-over') tally.takeOvers += 1;
        if (call.body?.type === 'run.fenced') tally.fences += 1;
        if (call.body?.type === 'run.ended') checkEnd(sim, call.runId);
        return answer;
      } catch (error) {
        if (call.kind === 'append' && isPlatformError(error)) tally.fences += 1;
        throw error;
      }
    }),
  );
  const locks = lockStoreOf(sim.locks, {
    through: (_, apply) => storeCall(sim.net, process, apply),
    now: () => ({ wall: clocks.wall.now(), monotonic: clocks.wall.monotonic() }),
    liveness: (holder) => {
      const owner = sim.processes.get(holder.writer.nonce);
      if (owner?.machine.host === process.machine.host) return owner.isDead ? 'gone' : 'live';
      const first = seenAt.get(holder.version) ?? clocks.wall.monotonic();
      seenAt.set(holder.version, first);
      return clocks.wall.monotonic() - first >= holder.leaseMs + holder.quiesceMs ? 'gone' : 'remote';
    },
  });
  return { journals, locks };
};

const writerOf = (process: SimProcess): Writer => ({
  nonce: process.nonce,
  host: process.machine.host,
  pid: Number(process.nonce.slice(1)),
  user: process.machine.name,
  cli: 'sim',
});

const optionsFor = (sim: Sim, process: SimProcess): EngineOptions => {
  const stores = storesFor(sim, process);
  return {
    ...stores,
    actions: sim.actions,
    ports: portsFor(sim, process),
    journalsAt: () => stores.journals,
    clocks: clocksFor(sim.net, process),
    nonce: () => process.nonce,
    writer: writerOf(process),
    interrupt: process.interrupt.signal,
    lockWaitMs: sim.net.isCalm ? 200_000 : sim.dice.pick([0, 0, 5_000, 120_000]),
    lease,
  };
};

// ── invariants ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Folded once and then event by event: simulated operators look at the journals all the time. */
const viewOf = (sim: Sim, runId: string): RunView | undefined => {
  const events = bookOf(sim, runId);
  const known = sim.views.get(runId);
  let view = known?.view;
  for (const event of events.slice(known?.count ?? 0)) view = fold(view, event);
  if (view) sim.views.set(runId, { view, count: events.length });
  return view;
};

const bookOf = (sim: Sim, runId: string): readonly JournalEvent[] => {
  try {
    return eventsOf(sim.journals, runId);
  } catch (error) {
    throw new Violation(`run ${runId}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** An effect's intent, of the same key and by the same process, is durable when the call is sent. */
const checkIntent = (sim: Sim, process: SimProcess, key: string): void => {
  const runId = runOf(key);
  const events = bookOf(sim, runId);
  const intended = events.some(
    (event) =>
      (event.type === 'step.started' || event.type === 'undo.started') &&
      key === `${runId}/${event.step}/${event.type === 'undo.started' ? 'undo/' : ''}${event.attempt}`,
  );
  if (!intended) violate(sim, `${key} was sent by ${process.nonce} without a durable intent`);
};

/** Once per key; and never while another run holds the lock. */
const checkLanding = (sim: Sim, change: { readonly key: string; readonly what: string }): void => {
  const runId = runOf(change.key);
  if (sim.state.changes.filter((other) => other.key === change.key).length > 1) {
    violate(sim, `${change.key} changed the world twice`);
  }
  const resource = change.what.split(' ')[1];
  if (resource !== undefined) sim.lastWriter.set(resource, runId);
  const plan = planOfRun(sim, runId);
  const intruded = sim.locks.row.holders.find(
    (holder) => holder.runId !== runId && plan.locks.some((scope) => scopesCollide(scope, holder.scope)),
  );
  if (intruded) violate(sim, `${change.key} landed while ${intruded.runId} held the lock`);
};

const planOfRun = (sim: Sim, runId: string): Plan => {
  const [first] = bookOf(sim, runId);
  if (first?.type !== 'run.planned') throw new Violation(`run ${runId} has no plan`);
  return first.plan;
};

/** When a run says how it ended, the world shows it, unless another run has changed the same thing since. */
const checkEnd = (sim: Sim, runId: string): void => {
  const view = viewOf(sim, runId);
  if (view?.outcome === undefined || view.exit === undefined) return;
  if (!isConsistentEnd({ state: view.state, outcome: view.outcome, exit: view.exit })) {
    violate(sim, `run ${runId}: state ${view.state}, outcome ${view.outcome} and exit ${view.exit} disagree`);
  }
  for (const step of view.steps.values()) {
    const { resource, value } = (step.inputs ?? {}) as { readonly resource?: string; readonly value?: string };
    if (resource === undefined || sim.lastWriter.get(resource) !== runId) continue;
    if (step.undo && step.undo.state !== 'undone') continue;
    const isUndone = step.undo !== undefined;
    const before = (step.captured as { readonly value?: string | null } | undefined)?.value;
    const wanted = isUndone ? before : step.state === 'succeeded' || step.state === 'found' ? value : undefined;
    if (wanted === undefined || isUndoOfAnother(view, step.step.id, resource)) continue;
    if ((sim.state.values[resource] ?? null) !== wanted) {
      violate(
        sim,
        `run ${runId} ended ${view.state}, but ${resource} is ${sim.state.values[resource]} instead of ${wanted}`,
      );
    }
  }
};

/** Two steps on one resource: only the first one's undo, or the last one's doing, is what the world shows. */
const isUndoOfAnother = (view: RunView, id: string, resource: string): boolean =>
  [...view.steps.values()].some(
    (other) =>
      other.step.id !== id && (other.inputs as { readonly resource?: string } | undefined)?.resource === resource,
  );

const checkBook = (sim: Sim, runId: string): void => {
  const events = bookOf(sim, runId);
  const writers = new Map<number, string>();
  const captured = new Set<string>();
  events.forEach((event, index) => {
    const before = events[index - 1];
    if (event.seq !== index + 1 || event.prev !== (before?.sum ?? ''))
      violate(sim, `run ${runId}: a gap at ${event.seq}`);
    if (before && event.epoch < before.epoch) violate(sim, `run ${runId}: epoch ${event.epoch} after ${before.epoch}`);
    if ((writers.get(event.epoch) ?? event.writer.nonce) !== event.writer.nonce) {
      violate(sim, `run ${runId}: two writers in epoch ${event.epoch}`);
    }
    writers.set(event.epoch, event.writer.nonce);
    if (event.type === 'step.captured' || event.type === 'undo.captured') {
      const what = `${event.type} ${event.step}`;
      if (captured.has(what)) violate(sim, `run ${runId}: ${what} twice`);
      captured.add(what);
    }
    const fence = events.findIndex((other) => other.type === 'run.fenced');
    if (fence >= 0 && index > fence) violate(sim, `run ${runId}: ${event.type} after it was fenced`);
  });
};

// ── operators ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Plans are bound to what is seen now, so that older ones become stale. */
const newPlan = (sim: Sim): Plan => {
  sim.counts.runs += 1;
  sim.net.tally.runs += 1;
  return randomPlan({
    runId: `run${sim.counts.runs}`,
    dice: sim.dice,
    values: sim.state.values,
    now: sim.net.time.now,
  });
};

const views = (sim: Sim): readonly RunView[] =>
  [...sim.journals.books.keys()].flatMap((runId) => viewOf(sim, runId) ?? []);

const isOpen = (view: RunView): boolean => !isFinalState(view.state) && view.fencedBy === undefined;

/** Errors that tell an operator something; everything else is a bug. */
const isExpected = (error: unknown): boolean =>
  (isPlatformError(error) && error.code !== 'E_BUG') || (error instanceof Error && error.name === 'InDoubtError');

type Deed = (options: EngineOptions) => Promise<unknown>;

/** One command, run by a process of its own, which may be killed, interrupted or put to sleep while it works. */
const command = async (sim: Sim, machine: Machine, deed: Deed): Promise<void> => {
  const { net, dice } = sim;
  const process = newProcess(sim, machine);
  const died = new Promise<void>((resolve) => {
    if (net.isCalm) return;
    if (dice.chance(0.3)) {
      net.time.after(dice.between(0, 60_000), () => {
        if (process.isDead) return;
        process.isDead = true;
        net.tally.kills += 1;
        resolve();
      });
    } else if (dice.chance(0.12)) {
      net.time.after(dice.between(0, 40_000), () => process.interrupt.abort(dice.pick(['SIGINT', 'SIGTERM'])));
    }
    if (dice.chance(0.35))
      net.time.after(dice.between(0, 40_000), () => fallAsleep(net, machine, dice.between(1_000, 150_000)));
  });
  const work = deed(optionsFor(sim, process)).then(
    () => undefined,
    (error: unknown) => {
      if (!isExpected(error)) violate(sim, `unexpected: ${error instanceof Error ? error.stack : String(error)}`);
    },
  );
  await Promise.race([work, died]);
  process.isDead = true;
};

const engine = createEngine();

const decidePeople = async (journals: JournalStore, view: RunView, writer: Writer): Promise<void> => {
  const journal = await journals.takeOver(view.runId, writer);
  for (const step of foldAll(journal.events).steps.values()) {
    const id = step.step.id;
    if (step.state === 'waiting') await journal.append({ type: 'gate.approved', step: id, by: writer.user });
    if (step.step.kind === 'manual' && step.state === 'pending') {
      await journal.append({ type: 'step.resolved', step: id, as: 'done', by: writer.user, reason: 'did it by hand' });
    }
  }
  await journal.close();
};

const waitsForPeople = (view: RunView): boolean => view.pause?.reason === 'gate' || view.pause?.reason === 'manual';

const breakLock =
  (view: RunView): Deed =>
  async (options) => {
    await fenceRun(options.journals, {
      runId: view.runId,
      by: `lock break ${options.writer.nonce}`,
      writer: options.writer,
    });
    // The longest call of the broken run may still be on its way.
    await options.clocks.service.sleep(lease.quiesceMs);
    await options.locks.evict(view.runId);
  };

const chooseDeed = (sim: Sim): Deed => {
  const { dice } = sim;
  const open = views(sim).filter(isOpen);
  const [first, ...rest] = open;
  if (!first || dice.chance(0.25)) {
    const plan = newPlan(sim);
    return (options) => engine.run(plan, options);
  }
  const view = dice.pick([first, ...rest]);
  if (waitsForPeople(view) && dice.chance(0.6))
    return (options) => decidePeople(options.journals, view, options.writer);
  const kind = dice.pick(['resume', 'resume', 'resume', 'undo', 'break'] as const);
  switch (kind) {
    case 'resume':
      return (options) =>
        engine.resume(view.runId, { ...options, ...(dice.chance(0.3) ? { force: stepIds(view) } : {}) });
    case 'undo':
      return (options) => engine.undo(view.runId, { ...options, by: options.writer.user });
    case 'break':
      return breakLock(view);
  }
};

const stepIds = (view: RunView): readonly string[] => [...view.steps.keys()];

const operator = async (sim: Sim, machine: Machine): Promise<void> => {
  const deeds = sim.dice.between(1, 2);
  for (let index = 0; index < deeds; index += 1) {
    await sim.net.time.sleep(sim.dice.between(0, 30_000));
    await command(sim, machine, chooseDeed(sim));
  }
};

// ── one seed ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The weather is calm, every machine awake: whoever is left finishes everything, or undoes what cannot be finished. */
const finish = async (sim: Sim): Promise<void> => {
  sim.net.isCalm = true;
  for (const process of sim.processes.values()) process.isDead = true;
  await sim.net.time.sleep(400_000);
  const [machine] = sim.machines;
  for (let round = 0; round < 12; round += 1) {
    for (const { runId } of views(sim).filter(isOpen)) await finishRun(sim, { runId, machine, isGivenUp: round >= 6 });
  }
  for (const view of views(sim).filter(isOpen)) {
    violate(sim, `run ${view.runId} could not be finished: ${view.state} ${JSON.stringify(view.pause ?? null)}`);
  }
};

interface FinishRun {
  readonly runId: string;
  readonly machine: Machine;
  readonly isGivenUp: boolean;
}

const finishRun = async (sim: Sim, { runId, machine, isGivenUp }: FinishRun): Promise<void> => {
  const view = viewOf(sim, runId);
  if (!view || !isOpen(view)) return;
  await command(sim, machine, async (options) => {
    if (waitsForPeople(view)) await decidePeople(options.journals, view, options.writer);
    const asked = { ...options, force: stepIds(view) };
    await (isGivenUp ? engine.undo(runId, { ...asked, by: machine.name }) : engine.resume(runId, asked));
  });
};

const eventCount = (sim: Sim): number =>
  [...sim.journals.books.values()].reduce((sum, book) => sum + book.events.length, 0);

const life = async (sim: Sim): Promise<void> => {
  await Promise.all(sim.machines.map((machine) => operator(sim, machine)));
  await finish(sim);
  while (eventCount(sim) < 20) {
    const plan = newPlan(sim);
    await command(sim, sim.machines[0], (options): Promise<RunResult> => engine.run(plan, options));
    await finish(sim);
  }
};

export const simulate = async (seed: number, options: SimulationOptions = {}): Promise<SeedReport> => {
  const sim = { ...newSim(seed, options), trace: options.trace };
  const { stackTraceLimit } = Error;
  // Millions of expected errors: their stacks would cost more than everything else.
  Error.stackTraceLimit = options.hasStacks === true ? stackTraceLimit : 0;
  try {
    await sim.net.time.drive(life(sim));
    for (const runId of sim.journals.books.keys()) checkBook(sim, runId);
  } catch (error) {
    violate(sim, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
  Error.stackTraceLimit = stackTraceLimit;
  const events = eventCount(sim);
  sim.net.tally.events += events;
  return { operators: sim.machines.length, events, violation: sim.firstViolation.message };
};
