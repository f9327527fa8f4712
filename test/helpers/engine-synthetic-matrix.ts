/** The synthetic plan as a fixture of the crash matrix, and the seeded bugs that the matrix must find. */
import { type ActionRegistry, type AnyAction, registryOf } from '../../src/lib/engine/action.js';
import type { EventBody, JournalEvent } from '../../src/lib/engine/event.js';
import type { JournalStore, JournalWriter } from '../../src/lib/engine/ports.js';
import type { Json } from '../../src/lib/plan/json.js';
import type { Plan } from '../../src/lib/plan/plan.js';
import type { Gate, MatrixFixture, MatrixWorld, Mutant } from './engine-crash-matrix.js';
import { broadStart, type SyntheticPorts, type SyntheticState, syntheticActions } from './engine-synthetic.js';
import { clocksOf, VirtualTime } from './engine-virtual-time.js';

const copy = <T>(value: T): T => structuredClone(value);

export const syntheticWorld = (start: SyntheticState = broadStart()): MatrixWorld & { state(): SyntheticState } => {
  let state = copy(start);
  let time = new VirtualTime(1_000_000);
  const ports = (gate: Gate): SyntheticPorts => ({
    now: () => time.now,
    read: (_, look) => gate.read(() => look(state)),
    write: (call, apply) => gate.effect(call, () => apply(state)),
  });
  return {
    state: () => state,
    snapshot: () => copy(state),
    restore: (snapshot) => {
      state = copy(snapshot as SyntheticState);
      // Timers of earlier, dead processes go with the old time.
      time = new VirtualTime(1_000_000);
    },
    projection: () => ({ values: state.values, messages: state.messages }),
    ports,
    clocks: () => clocksOf(time),
    settle: (work) => time.drive(work),
    effectiveChanges: () => state.changes,
  };
};

export const syntheticFixture = (name: string, plan: () => Plan, mutant?: Mutant): MatrixFixture => ({
  name,
  makeWorld: () => syntheticWorld(),
  plan,
  actions: syntheticActions(),
  undoExceptions: (projection) => {
    // A message cannot be unsent, and a tag says what happened: neither is undone.
    const { values } = projection as { readonly values: { readonly [name: string]: Json } };
    return { ...values, tag: null };
  },
  ...(mutant ? { mutant } : {}),
});

// ── seeded bugs ────────────────────────────────────────────────────────────────────────────────────────────────────

const mapActions = (
  actions: ActionRegistry<unknown>,
  change: (action: AnyAction<unknown>) => AnyAction<unknown>,
): ActionRegistry<unknown> => registryOf([...actions.values()].map(change));

/** The intent is written together with what comes after the effect. */
const lazyIntent = (writer: JournalWriter): JournalWriter => {
  const held: EventBody[] = [];
  return {
    runId: writer.runId,
    epoch: writer.epoch,
    get events() {
      return writer.events;
    },
    append: async (body): Promise<JournalEvent> => {
      if (body.type === 'step.started' || body.type === 'undo.started') {
        held.push(body);
        const last = writer.events.at(-1);
        return {
          ...body,
          v: 1,
          runId: writer.runId,
          seq: (last?.seq ?? 0) + 1,
          at: last?.at ?? '',
          epoch: 1,
          writer: last?.writer,
          prev: '',
          sum: '',
        } as JournalEvent;
      }
      for (const late of held.splice(0)) await writer.append(late);
      return writer.append(body);
    },
    close: () => writer.close(),
  };
};

const storeWith = (store: JournalStore, change: (writer: JournalWriter) => JournalWriter): JournalStore => ({
  ...store,
  create: async (runId, writer) => change(await store.create(runId, writer)),
  takeOver: async (runId, writer) => change(await store.takeOver(runId, writer)),
});

export const effectBeforeIntent: Mutant = {
  name: 'effect before intent',
  store: (store) => storeWith(store, lazyIntent),
};

export const noProbe: Mutant = {
  name: 'no probe',
  actions: (actions) =>
    mapActions(actions, (action) =>
      action.probe ? { ...action, settleMs: 0, probe: async () => ({ kind: 'absent', evidence: null }) } : action,
    ),
};

let unique = 0;

/** Every call sends a token of its own, so the world cannot know a repeated one. */
export const noKey: Mutant = {
  name: 'no key',
  actions: (actions) =>
    mapActions(actions, (action) => ({
      ...action,
      start: (io, input, captured) => {
        unique += 1;
        return action.start({ ...io, key: `${io.key}?${unique}` }, input, captured);
      },
    })),
};

export const tornTailLeft: Mutant = { name: 'torn tail left', journals: { leavesTornTail: true } };

export const fencingDisabled: Mutant = { name: 'fencing disabled', journals: { hasNoFence: true } };
