/** What was seen around a failed deployment: redacted, bounded, journaled as step.observed. Pure rules turn it into a card. */

export interface StoppedTaskEvidence {
  readonly taskId: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  /** AWS time, ISO 8601. */
  readonly stoppedAt?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode?: number;
    readonly reason?: string;
    readonly image?: string;
  }[];
}

export interface LogEvidence {
  readonly group: string;
  readonly stream: string;
  readonly container: string;
  /** Last lines, oldest first; ≤ 50 lines and ≤ 8 KiB per container, redacted. */
  readonly lines: readonly { readonly at: string; readonly text: string }[];
  /** `no lines arrived` is said when nothing came within 15 s of AWS time. */
  readonly note?: string;
}

export interface DeploymentEvidence {
  readonly service: string;
  readonly deployment?: {
    readonly arn?: string;
    readonly status?: string;
    readonly statusReason?: string;
    readonly rollbackReason?: string;
    readonly failureCount?: number;
    readonly threshold?: number;
    readonly breaker?: string;
  };
  readonly events: readonly { readonly at: string; readonly message: string }[];
  readonly stoppedTasks: readonly StoppedTaskEvidence[];
  readonly logs: readonly LogEvidence[];
  readonly targets: readonly {
    readonly id: string;
    readonly state: string;
    readonly reason?: string;
    readonly description?: string;
  }[];
  readonly smoke?: { readonly what: string; readonly attempts: number; readonly lastResult: string };
  /** Missing references found by look-up: parameters, secrets, log groups, images. */
  readonly missing: readonly { readonly kind: 'parameter' | 'secret' | 'log-group' | 'image'; readonly name: string }[];
  /** Set when our own deadline passed without a healthy task. */
  readonly deadline?: { readonly limitMs: number; readonly healthy: number; readonly desired: number };
}

export type Cause =
  | 'exit-code'
  | 'out-of-memory'
  | 'image-not-found'
  | 'unhealthy'
  | 'secret-missing'
  | 'log-group-missing'
  | 'smoke-failed'
  | 'not-ready-in-time'
  | 'other';

export interface FailureCard {
  readonly service: string;
  readonly cause: Cause;
  /** One sentence for people. */
  readonly summary: string;
  readonly evidence: readonly {
    readonly source: 'event' | 'task' | 'container' | 'log' | 'target' | 'smoke' | 'deployment' | 'lookup';
    readonly at?: string;
    readonly text: string;
  }[];
  readonly fix: string;
  readonly next: readonly { readonly command: string; readonly why: string }[];
}
