/** What deploy, rollback and restart take and give. The result is the JSON contract of `result.services[]`. Types only. */
import type { FailureCard } from '../diagnosis/evidence.js';
import type { Outcome } from '../plan/plan.js';

export interface DeployRequest {
  /** Names in platform.yaml; empty means all. */
  readonly services: readonly string[];
  readonly tag?: string;
  /** `service=REFERENCE`. */
  readonly images: readonly string[];
  /** Ship the digests that are proven in this environment. */
  readonly from?: string;
  /** `keep`: the live image stays (--config-only). */
  readonly image: 'choose' | 'keep';
  readonly taskDefinition: 'file' | 'latest' | 'live';
  readonly deadlineMs?: number;
  readonly onTimeout: 'rollback' | 'leave';
  /** run: --atomic, a failure takes every service back. */
  readonly undoScope: 'chain' | 'run';
  /** What to do about somebody else's deployment in progress. */
  readonly meeting: 'refuse' | 'attach' | 'supersede';
}

export interface EvidenceBlock {
  /** ARN of the service deployment. */
  readonly deployment: string | null;
  readonly status: string;
  readonly digests: readonly { readonly container: string; readonly digest: string; readonly tasks: number }[];
  readonly targets: { readonly healthy: number; readonly total: number } | null;
  readonly smoke: { readonly what: string; readonly attempts: number; readonly lastResult: string } | null;
  readonly approvedBy: string | null;
}

export interface ServiceResult {
  readonly service: string;
  readonly outcome: Outcome | 'planned';
  /** The task definition's revision; null when nothing was registered. */
  readonly release: number | null;
  readonly image: string;
  /** The release that ran before. */
  readonly previous: number | null;
  readonly strategy: 'rolling';
  readonly deploymentId: string | null;
  /** AWS seconds of the deployment. */
  readonly seconds: number | null;
  readonly evidence: EvidenceBlock | null;
  readonly card?: FailureCard;
}

export interface DeployResult {
  readonly services: readonly ServiceResult[];
}

/** Per service in `plan.inputs.services`: what a report needs on any machine, without reading AWS again. */
export type PlannedService = {
  readonly kind: 'change' | 'unchanged' | 'attach' | 'nothing-to-undo';
  readonly service: string;
  readonly serviceName: string;
  readonly cluster: string;
  readonly image: string;
  /** Null when the plan registers it. */
  readonly release: number | null;
  readonly previous: number;
  readonly previousImage: string;
};
