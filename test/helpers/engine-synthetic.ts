/**
 * A small world that behaves like a cloud, and actions on it of every kind: a read, a write with a client token, a change
 * without one that takes time and must be looked for, a step that is throttled at first. Every engine test uses these.
 */
import {
  type Action,
  ActionError,
  type ActionRegistry,
  type AnyAction,
  registryOf,
} from '../../src/lib/engine/action.js';
import type { Json } from '../../src/lib/plan/json.js';
import { type ActionStep, type Plan, type Retry, type Scope, type Step, sealPlan } from '../../src/lib/plan/plan.js';

export interface Job {
  readonly id: string;
  readonly key: string;
  readonly resource: string;
  readonly value: string;
  readonly doneAt: number;
}

/** Everything is JSON, so a snapshot is a copy. */
export interface SyntheticState {
  values: Record<string, string>;
  jobs: Job[];
  messages: string[];
  /** Effective changes, in order: what really happened, under which key. */
  changes: { readonly key: string; readonly what: string }[];
  refusals: Record<string, number>;
}

export const newState = (values: Record<string, string>, refusals: Record<string, number> = {}): SyntheticState => ({
  values: { ...values },
  jobs: [],
  messages: [],
  changes: [],
  refusals: { ...refusals },
});

/** How a call reaches the world: the place for crashes, delays and lost answers. */
export interface SyntheticPorts {
  read<T>(name: string, look: (state: SyntheticState) => T): Promise<T>;
  write<T>(call: { readonly name: string; readonly key: string }, apply: (state: SyntheticState) => T): Promise<T>;
  now(): number;
  reloadCredentials?(): Promise<void>;
}

type Target = { readonly resource: string; readonly value: string | null };
type Captured = { readonly value: string | null };
type Outputs = { readonly value: string | null };
type On<I extends Json, C extends Json, H extends Json, O extends Json> = Action<SyntheticPorts, I, C, H, O>;

const parseTarget = (input: Json): Target => {
  const { resource, value } = (input ?? {}) as { resource?: unknown; value?: unknown };
  if (typeof resource === 'string' && (typeof value === 'string' || value === null)) return { resource, value };
  throw new ActionError({ class: 'input', code: 'bad-input', message: 'resource and value are needed' });
};

const readValue = (state: SyntheticState, resource: string): string | null => state.values[resource] ?? null;

const setValue = (state: SyntheticState, { resource, value }: Target): void => {
  if (value === null) delete state.values[resource];
  else state.values[resource] = value;
};

const look: On<{ readonly resource: string }, null, null, Outputs> = {
  uses: 'syn.look@1',
  effect: 'read',
  settleMs: 0,
  parse: (input) => ({ resource: String((input as { resource: unknown }).resource) }),
  start: async ({ ports }, { resource }) => {
    const value = await ports.read('look', (state) => readValue(state, resource));
    return { kind: 'done', outputs: { value }, post: null };
  },
};

const settleMs = 20_000;
const subject = ({ resource }: Target): string => resource;

/** Has a client token: the world remembers the key and applies it once. */
const set: On<Target, Captured, null, Outputs> = {
  uses: 'syn.set@1',
  effect: 'idempotent',
  settleMs,
  subject,
  parse: parseTarget,
  capture: async ({ ports }, { resource }) => ({
    value: await ports.read('capture', (state) => readValue(state, resource)),
  }),
  current: ({ ports }, { resource }) => ports.read('current', (state) => readValue(state, resource)),
  start: async ({ ports, key }, target) => {
    await ports.write({ name: 'set', key }, (state) => {
      const left = state.refusals[target.resource] ?? 0;
      if (left > 0) {
        state.refusals[target.resource] = left - 1;
        throw new ActionError({ class: 'throttle', code: 'Throttling', message: 'slow down' });
      }
      if (state.changes.some((change) => change.key === key)) return;
      state.changes.push({ key, what: `set ${target.resource}` });
      setValue(state, target);
    });
    return { kind: 'done', outputs: { value: target.value }, post: target.value };
  },
};

const notify: On<{ readonly text: string }, null, null, null> = {
  uses: 'syn.notify@1',
  effect: 'idempotent',
  settleMs,
  parse: (input) => ({ text: String((input as { text: unknown }).text) }),
  start: async ({ ports, key }, { text }) => {
    await ports.write({ name: 'notify', key }, (state) => {
      if (state.changes.some((change) => change.key === key)) return;
      state.changes.push({ key, what: 'notify' });
      state.messages.push(text);
    });
    return { kind: 'done', outputs: null, post: null };
  },
};

/** What is going to fail takes so long that every other branch has ended by then, whatever was repeated there. */
const jobMs = (value: string | null): number => (value?.startsWith('bad') ? 400_000 : 30_000);

/** No client token: two calls are two deployments. `bad` values fail after a while, `taken` ones are superseded. */
const deployLike = (
  uses: 'syn.deploy@1' | 'syn.restore@1',
): On<Target, Captured, { readonly job: string }, Outputs> => ({
  uses,
  effect: 'probed',
  settleMs,
  subject,
  parse: parseTarget,
  capture: async ({ ports }, { resource }) => ({
    value: await ports.read('capture', (state) => readValue(state, resource)),
  }),
  current: ({ ports }, { resource }) => ports.read('current', (state) => readValue(state, resource)),
  start: async ({ ports, key }, target) => {
    const job = await ports.write({ name: uses, key }, (state) => {
      state.changes.push({ key, what: `deploy ${target.resource}` });
      const id = `job-${state.jobs.length + 1}`;
      state.jobs.push({
        id,
        key,
        resource: target.resource,
        value: target.value ?? '',
        doneAt: ports.now() + jobMs(target.value),
      });
      setValue(state, target);
      return id;
    });
    return { kind: 'handle', handle: { job } };
  },
  poll: async ({ ports }, { resource, value }, handle) => {
    const job = await ports.read('poll', (state) => state.jobs.find((candidate) => candidate.id === handle.job));
    if (!job || ports.now() < job.doneAt) return { kind: 'pending', progress: { resource }, afterMs: 10_000 };
    const message = `${resource} did not come up`;
    if (value?.startsWith('bad'))
      return { kind: 'failed', error: { class: 'assert', code: 'unhealthy', message }, post: value };
    return { kind: 'done', outputs: { value }, post: value };
  },
  probe: async ({ ports, key }) => {
    const job = await ports.read('probe', (state) => state.jobs.find((candidate) => candidate.key === key));
    return job
      ? { kind: 'applied', as: { kind: 'handle', handle: { job: job.id } } }
      : { kind: 'absent', evidence: null };
  },
});

export const syntheticActions = (): ActionRegistry<unknown> =>
  registryOf<SyntheticPorts>([
    look,
    set,
    notify,
    deployLike('syn.deploy@1'),
    deployLike('syn.restore@1'),
  ] as readonly AnyAction<SyntheticPorts>[]) as ActionRegistry<unknown>;

// ── plans ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const retryThrottled: Retry = { attempts: 4, backoffMs: 1_000, factor: 2, maxMs: 8_000, on: ['throttle'] };

interface StepDraft extends Partial<Omit<ActionStep, 'kind' | 'id' | 'with'>> {
  readonly uses: ActionStep['uses'];
  readonly with: ActionStep['with'];
}

const effects: Record<string, ActionStep['effect']> = {
  'syn.look@1': 'read',
  'syn.set@1': 'idempotent',
  'syn.notify@1': 'idempotent',
};

export const actionStep = (runId: string, id: string, draft: StepDraft): ActionStep => ({
  kind: 'action',
  id,
  title: id,
  needs: [],
  chain: 'main',
  effect: effects[draft.uses] ?? 'probed',
  key: `${runId}/${id}`,
  undo: { none: 'nothing to undo' },
  retry: retryThrottled,
  timeoutMs: 600_000,
  onError: 'abort',
  undoScope: 'chain',
  preview: { verb: 'update', target: id },
  ...draft,
});

export const undoBySet = (id: string, resource: string): ActionStep['undo'] => ({
  uses: 'syn.set@1',
  with: { resource, value: { $ref: `steps.${id}.captured.value` } },
});

export const undoByRestore = (id: string, resource: string): ActionStep['undo'] => ({
  uses: 'syn.restore@1',
  with: { resource, value: { $ref: `steps.${id}.captured.value` } },
});

interface PlanDraft {
  readonly runId: string;
  readonly steps: readonly Step[];
  readonly finally?: readonly Step[];
  readonly locks?: readonly Scope[];
  readonly maxParallel?: number;
  readonly maxDurationMs?: number;
  readonly now?: number;
}

export const planOf = (draft: PlanDraft): Plan => {
  const now = draft.now ?? 0;
  return sealPlan({
    runId: draft.runId,
    operation: 'test.synthetic@1',
    createdAt: new Date(now).toISOString(),
    target: { account: '123456789012', region: 'eu-west-1', environment: 'staging', project: 'shop' },
    locks: draft.locks ?? [{ kind: 'environment' }],
    danger: 'none',
    inputs: {},
    steps: draft.steps,
    finally: draft.finally ?? [],
    limits: {
      maxParallel: draft.maxParallel ?? 4,
      maxDurationMs: draft.maxDurationMs ?? 86_400_000,
      expiresAt: new Date(now + 86_400_000).toISOString(),
    },
  });
};

/** Read, write with a token, change without one and a message, beside a branch that is throttled at first; then a tag. */
export const broadPlan = (
  runId: string,
  variant: {
    readonly b: string;
    readonly onError?: ActionStep['onError'];
    readonly undoScope?: ActionStep['undoScope'];
  } = { b: 'b2' },
): Plan => {
  const step = (id: string, draft: StepDraft): ActionStep =>
    actionStep(runId, id, { onError: variant.onError ?? 'abort', undoScope: variant.undoScope ?? 'chain', ...draft });
  return planOf({
    runId,
    steps: [
      step('look', { chain: 'a', uses: 'syn.look@1', with: { resource: 'a' } }),
      step('config', {
        chain: 'a',
        needs: ['look'],
        uses: 'syn.set@1',
        with: { resource: 'config', value: 'c2' },
        expects: 'c1',
        undo: undoBySet('config', 'config'),
      }),
      step('update[a]', {
        chain: 'a',
        needs: ['config'],
        uses: 'syn.deploy@1',
        with: { resource: 'a', value: 'a2' },
        expects: 'a1',
        undo: undoByRestore('update[a]', 'a'),
      }),
      step('tell', {
        chain: 'a',
        needs: ['update[a]'],
        uses: 'syn.notify@1',
        with: { text: { $ref: 'steps.update[a].outputs.value' } },
      }),
      step('weight', {
        chain: 'b',
        uses: 'syn.set@1',
        with: { resource: 'weight', value: '50' },
        undo: undoBySet('weight', 'weight'),
      }),
      step('update[b]', {
        chain: 'b',
        needs: ['weight'],
        uses: 'syn.deploy@1',
        with: { resource: 'b', value: variant.b },
        undo: undoByRestore('update[b]', 'b'),
      }),
    ],
    finally: [
      actionStep(runId, 'tag', {
        chain: 'last',
        uses: 'syn.set@1',
        with: { resource: 'tag', value: { $ref: 'chains.b.outcome' } },
      }),
    ],
  });
};

export const broadStart = (): SyntheticState =>
  newState({ a: 'a1', b: 'b1', config: 'c1', weight: '100', tag: 'none' }, { weight: 2 });
