/**
 * A plan is data: a JSON document with inputs, resolved targets, static steps and a digest. It can be shown, hashed,
 * stored and resumed by another version on another machine. Start reading here, then engine/decide.ts, which
 * interprets it. Imports: errors and ./json only.
 */
import { PlatformError } from '../errors/platform-error.js';
import { digestOf, type Json } from './json.js';

/** `name@major`, the registered action that a step runs, for example `ecs.update-service@1`. */
export type Uses = `${string}@${number}`;

/** Wall-clock instant, ISO 8601 with milliseconds in UTC. */
export type Instant = string;

/**
 * A JSON value with references. `{$ref: "steps.<step id>.outputs.<path>"}`, `{$ref: "steps.<step id>.captured.<path>"}`,
 * `{$ref: "steps.<step id>.state"}` (also `.handle` and `.outcome`), `{$ref: "chains.<chain>.outcome"}` and `{$ref: "run.id"}` are resolved by the
 * executor when the step starts and journaled as the step's inputs (a part that does not exist resolves to null).
 * `{$secret: "ssm:/path"}` is never resolved by the engine; actions resolve it at the last moment.
 * Step ids may hold dots only inside brackets: `register[api]`.
 */
export type Value =
  | Json
  | { readonly $ref: string }
  | { readonly $secret: string }
  | readonly Value[]
  | { readonly [key: string]: Value };

/** The executor evaluates it when the step becomes ready; the result is journaled (`step.skipped` when false). */
export type Expr =
  | { readonly $ref: string; readonly equals: Json }
  | { readonly $ref: string; readonly in: readonly Json[] };

export type Effect = 'read' | 'idempotent' | 'probed' | 'manual';

export type Scope =
  | { readonly kind: 'environment' }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'database'; readonly database: string }
  /** A run that changes nothing others change (a one-off task): it excludes only what takes the whole environment. */
  | { readonly kind: 'run'; readonly run: string };

/** How a chain of steps (one service) or a whole run ended. One table maps it to an exit code: engine/outcomes.ts. */
export type Outcome =
  | 'succeeded'
  | 'unchanged'
  | 'failed'
  | 'stopped'
  | 'rolled-back'
  | 'rollback-failed'
  | 'superseded'
  | 'timed-out'
  | 'paused'
  | 'skipped';

export interface Retry {
  /** Attempts in all, the first included. A new attempt starts only after a journaled definite failure of a retryable class. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly on: readonly ErrorClass[];
}

export type ErrorClass =
  | 'throttle'
  | 'network'
  | 'timeout'
  | 'conflict'
  | 'server'
  | 'auth'
  | 'quota'
  | 'input'
  | 'denied'
  | 'not-found'
  | 'assert'
  | 'bug';

/** What `--dry-run` prints for a step. `after` may hold `known after <step id>`. */
export interface Preview {
  readonly verb: 'create' | 'update' | 'delete' | 'read' | 'wait' | 'tag' | 'run' | 'check';
  readonly target: string;
  readonly changes?: readonly { readonly field: string; readonly before?: string; readonly after: string }[];
  readonly note?: string;
}

export type Undo = { readonly uses: Uses; readonly with: Value } | { readonly none: string };

interface StepBase {
  /** Unique in the plan: `update[api]`. */
  readonly id: string;
  readonly title: string;
  /** Steps that must have ended well (succeeded, found, skipped by `when`) before this one starts. */
  readonly needs: readonly string[];
  /** The group that fails and is undone together, one service as a rule. Steps of a failed chain that have not started are skipped; so are chains that need it. */
  readonly chain: string;
  readonly when?: Expr;
}

export interface ActionStep extends StepBase {
  readonly kind: 'action';
  readonly uses: Uses;
  readonly with: Value;
  readonly effect: Effect;
  /** Stable identity of the effect: `<run id>/<step id>`; the executor appends `/<attempt>`. */
  readonly key: string;
  /** The plan-time picture that must still be live when the step captures; different → exit 9, plan is stale. */
  readonly expects?: Json;
  readonly undo: Undo;
  readonly retry: Retry;
  /** In service time (AWS seconds × 1000); counted from step.started. A time-out is in doubt, not a failure. */
  readonly timeoutMs: number;
  readonly onError: 'abort' | 'continue' | 'pause' | 'undo';
  /** chain: this chain's own steps are undone; run: every step of the run (`--atomic`). */
  readonly undoScope: 'chain' | 'run';
  readonly preview: Preview;
}

export interface GateStep extends StepBase {
  readonly kind: 'gate';
  readonly message: string;
  readonly approvals: number;
  readonly expiresMs?: number;
}

export interface ManualStep extends StepBase {
  readonly kind: 'manual';
  readonly text: string;
  readonly undo: { readonly none: string };
}

export type Step = ActionStep | GateStep | ManualStep;

export interface Target {
  readonly account: string;
  readonly region: string;
  readonly environment: string;
  readonly project: string;
  /** Id of the sandbox that the run is bound to; absent against AWS. */
  readonly sandbox?: string;
}

export interface Plan {
  readonly schema: 'platform.plan/1';
  /** Lower-case ULID. */
  readonly runId: string;
  /** sha256 of the canonical plan without `digest`. */
  readonly digest: string;
  readonly operation: Uses;
  readonly createdAt: Instant;
  readonly target: Target;
  readonly locks: readonly Scope[];
  readonly danger: 'none' | 'confirm' | 'type-name';
  readonly inputs: { readonly [name: string]: Value };
  readonly steps: readonly Step[];
  /** Run in every ending, after steps and undo; their failure never changes the run's outcome. */
  readonly finally: readonly Step[];
  readonly limits: { readonly maxParallel: number; readonly maxDurationMs: number; readonly expiresAt: Instant };
}

export const sealPlan = (draft: Omit<Plan, 'digest' | 'schema'>): Plan => {
  const plan = { schema: 'platform.plan/1' as const, ...draft };
  assertSound(plan);
  return { ...plan, digest: digestOf(plan) };
};

export const isIntact = (plan: Plan): boolean => {
  const { digest, ...rest } = plan;
  return digestOf(rest) === digest;
};

/** Ids are unique, every need exists, and there is no cycle. A plan that breaks this is our bug, never the user's. */
const assertSound = (plan: Omit<Plan, 'digest'>): void => {
  const all = [...plan.steps, ...plan.finally];
  const byId = new Map(all.map((step) => [step.id, step]));
  if (byId.size !== all.length) throw new PlatformError('E_BUG', 'the plan has two steps with one id');
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'open') throw new PlatformError('E_BUG', `the plan has a cycle through ${id}`);
    const step = byId.get(id);
    if (!step) throw new PlatformError('E_BUG', `the plan needs a step that it does not have: ${id}`);
    state.set(id, 'open');
    for (const need of step.needs) visit(need);
    state.set(id, 'done');
  };
  for (const step of all) visit(step.id);
};

export const isUndoable = (step: Step): step is ActionStep & { undo: { uses: Uses; with: Value } } =>
  step.kind === 'action' && 'uses' in step.undo;
