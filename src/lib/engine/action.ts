/**
 * The contract of an action, the only thing that touches the world. The engine knows no AWS: it is generic over `P`,
 * the ports that a runtime gives its actions (gateways, clocks). Imports: plan only.
 */
import type { Json } from '../plan/json.js';
import type { Effect, ErrorClass, Outcome, Uses } from '../plan/plan.js';

/** A failure as data: journaled, so never with a secret in it. */
export interface StepError {
  readonly class: ErrorClass;
  /** Stable machine word, for example `image-not-found` or AWS's error code. */
  readonly code: string;
  readonly message: string;
  readonly hints?: readonly string[];
  readonly details?: Json;
}

/** Thrown by an action for a definite failure: proven not applied, so a retry by the step's policy is safe. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  constructor(
    readonly error: StepError,
    readonly outcome?: Outcome,
    options?: { cause?: unknown },
  ) {
    super(error.message, options);
  }
}

/** Thrown (or any other non-ActionError) when the answer was lost, 5xx came or time ran out: the step is in doubt and will be probed. */
export class InDoubtError extends Error {
  override readonly name = 'InDoubtError';
  constructor(
    readonly error: StepError,
    options?: { cause?: unknown },
  ) {
    super(error.message, options);
  }
}

/** What an action gets. `ports` is the runtime's; `observe` appends `step.observed` (redacted, ≤ 8 KB, ignored by decide). */
export interface ActionIo<P> {
  readonly ports: P;
  readonly signal: AbortSignal;
  /** `<run>/<step>/<attempt>`: the idempotency key of this attempt. */
  readonly key: string;
  readonly runId: string;
  readonly stepId: string;
  /** Service-time milliseconds since epoch (AWS time; sandbox time in the sandbox). */
  now(): number;
  /** Service-time instant at which this attempt was started (journaled). */
  readonly startedAt: number;
  /** Save evidence with the run. It survives a kill. */
  observe(evidence: Json): Promise<void>;
}

export type Accepted<H, O> =
  | { readonly kind: 'handle'; readonly handle: H }
  | { readonly kind: 'done'; readonly outputs: O; readonly post: Json };

export type Polled<O> =
  | {
      readonly kind: 'pending';
      readonly progress: Json /** ask again after this much service time */;
      readonly afterMs?: number;
    }
  | { readonly kind: 'done'; readonly outputs: O; readonly post: Json; readonly outcome?: Outcome }
  | { readonly kind: 'failed'; readonly error: StepError; readonly outcome?: Outcome; readonly post?: Json };

export type Probed<H, O> =
  | { readonly kind: 'applied'; readonly as: Accepted<H, O> }
  | { readonly kind: 'absent' | 'partial' | 'unknown'; readonly evidence: Json };

export interface Action<P, I extends Json = Json, C extends Json = Json, H extends Json = Json, O extends Json = Json> {
  readonly uses: Uses;
  readonly effect: Effect;
  /** Inside this much service time after step.started a probe that finds nothing must answer `unknown` (AWS reads lag writes). */
  readonly settleMs: number;
  /** Throws an ActionError of class `input` for inputs that do not fit. */
  parse(input: Json): I;
  /** Read-only; allow-listed fields; journaled write-once before the effect. */
  capture?(io: ActionIo<P>, input: I): Promise<C>;
  /** Exactly one mutating call, or none when it finds its work done. */
  start(io: ActionIo<P>, input: I, captured: C): Promise<Accepted<H, O>>;
  /** Read-only picture compared with `expects` before the effect, and with `post` on resume and undo. */
  current?(io: ActionIo<P>, input: I): Promise<Json>;
  /**
   * Names what `current` is a picture of, for example `service:shop/api`. Steps of one subject change one picture, so only
   * the newest one's post-image is compared with the world. Default: `uses` and the inputs, a picture of its own.
   */
  subject?(input: I): string;
  /** Only reads. Attach after a crash is poll. */
  poll?(io: ActionIo<P>, input: I, handle: H): Promise<Polled<O>>;
  /** Only reads. Required when effect is `probed`. */
  probe?(io: ActionIo<P>, input: I, captured: C): Promise<Probed<H, O>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actions of every shape; parse() is the gate.
export type AnyAction<P> = Action<P, any, any, any, any>;

export type ActionRegistry<P> = ReadonlyMap<Uses, AnyAction<P>>;

export const registryOf = <P>(actions: readonly AnyAction<P>[]): ActionRegistry<P> =>
  new Map(actions.map((action) => [action.uses, action]));
