/**
 * The contract of a strategy: pure. `plan` turns a change into steps, `judge` turns what was seen into a verdict.
 * A strategy never acts: every effect is an action, so there is one control model, the engine's.
 * Imports: plan and engine types only. Start reading at rolling.ts.
 */
import type { Json } from '../plan/json.js';
import type { Outcome, Step } from '../plan/plan.js';

export type Smoke =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly loadBalancer?: { readonly name: string; readonly port: number };
      readonly expectStatus: number;
      readonly timeoutMs: number;
      readonly attempts: number;
    }
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly timeoutMs: number;
      readonly attempts: number;
    };

/** What goes live: a definition to register first, or a revision that exists already. */
export type Release =
  | {
      readonly kind: 'register';
      readonly family: string;
      readonly source: Source;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'existing'; readonly taskDefinition: string };

/** Our own rendered manifest travels in the plan; a definition that is live in AWS may hold plain values and never does. */
export type Source =
  | { readonly kind: 'rendered'; readonly definition: Json }
  | { readonly kind: 'based-on'; readonly taskDefinition: string; readonly container: string; readonly image: string };

/** One service's change, as data. */
export interface Change {
  readonly runId: string;
  readonly purpose: 'deploy' | 'rollback';
  /** Name in platform.yaml, also the chain. */
  readonly service: string;
  readonly cluster: string;
  readonly serviceName: string;
  readonly release: Release;
  readonly deadlineMs: number;
  readonly onTimeout: 'rollback' | 'leave';
  readonly smoke?: Smoke;
  /** Steps of other chains that must have ended well before this service changes. */
  readonly needs: readonly string[];
  readonly undoScope: 'chain' | 'run';
  /** Shown in the plan. */
  readonly shown: {
    readonly before: string;
    readonly after: string;
    readonly breaker: string;
  };
}

/** What the preflight saw. */
export interface Facts {
  readonly live: Picture;
  /** Task definition of the last deployment that completed; absent on a first deployment. */
  readonly completed?: string;
  readonly breaker: { readonly enabled: boolean; readonly rollback: boolean };
}

/** The plan-time picture of a service: compared again before the effect, on resume and on undo. */
export type Picture = {
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly desiredCount: number;
};

/** One look at a service and our deployment of it. Times are AWS milliseconds. */
export interface Observation {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly onTimeout: 'rollback' | 'leave';
  /** none: the service's first deployment; ECS has nothing to roll back to. */
  readonly earlier: 'completed' | 'none';
  readonly desired: number;
  /** Status of the service deployment that our UpdateService made; absent until ECS lists it. */
  readonly deployment?: {
    readonly status: DeploymentStatus;
    readonly reason?: string;
    readonly failures?: { readonly status?: string; readonly count: number; readonly threshold: number };
  };
  /** A deployment that somebody else began after ours. */
  readonly newer?: { readonly taskDefinition: string };
  readonly breaker: { readonly enabled: boolean; readonly rollback: boolean };
  readonly running: number;
  readonly pending: number;
  /** Tasks of the new release that run and that every health check likes. */
  readonly healthy: number;
  /** Tasks that left the new release by their own fault, by signature, most frequent first. */
  readonly failures: readonly { readonly signature: string; readonly count: number }[];
}

export type DeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED';

export type Verdict =
  | { readonly kind: 'going'; readonly phase: 'starting' | 'rolling-out' | 'rolling-back' }
  | { readonly kind: 'succeeded' }
  /** `outcome` says how the world was left; without one nothing has been restored yet and the step's undo must act. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly outcome?: Outcome };

export interface Strategy {
  readonly kind: 'rolling';
  plan(change: Change, facts: Facts): readonly Step[];
  judge(before: Verdict | undefined, seen: Observation): Verdict;
}
