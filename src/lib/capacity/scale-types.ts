/** What `platform scale` takes and gives. The result is a JSON contract. Types only. */
import type { FailureCard } from '../diagnosis/evidence.js';
import type { Outcome } from '../plan/plan.js';

export interface ScaleRequest {
  /** `api=4`, as typed. */
  readonly counts: readonly string[];
  readonly deadlineMs?: number;
  readonly onTimeout: 'undo' | 'leave';
  /** refuse: a count outside autoscaling's range ends the command; move: the range is moved with it. */
  readonly bounds: 'refuse' | 'move';
  /** Names of missing things (image, secret, parameter, log group) that are accepted. */
  readonly force: readonly string[];
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What Application Auto Scaling does with the service; null where nothing scales it or it could not be asked. */
export interface ScalingFacts extends Range {
  readonly policies: readonly string[];
  readonly suspended: readonly ('scale-in' | 'scale-out' | 'scheduled')[];
}

export interface ScaledService {
  readonly service: string;
  readonly outcome: Outcome | 'planned';
  readonly before: number;
  readonly asked: number;
  /** As last seen; null before anything was seen. */
  readonly desired: number | null;
  readonly running: number | null;
  readonly healthy: number | null;
  readonly targets: { readonly healthy: number; readonly total: number } | null;
  readonly autoscaling: (Range & { readonly movedFrom: Range | null }) | null;
  /** AWS seconds from the call to the verdict. */
  readonly seconds: number | null;
  readonly card?: FailureCard;
}

export interface ScaleResult {
  readonly services: readonly ScaledService[];
}

/** Per service in `plan.inputs.services`: what a report needs on any machine, without reading AWS again. */
export type PlannedCount = {
  readonly kind: 'change' | 'unchanged';
  readonly service: string;
  readonly serviceName: string;
  readonly cluster: string;
  readonly before: number;
  readonly asked: number;
  readonly range: { readonly min: number; readonly max: number } | null;
  readonly movedTo: { readonly min: number; readonly max: number } | null;
};
