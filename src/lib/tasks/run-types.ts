/** What `platform run` takes and gives. The result is a JSON contract. Types only. */
import type { FailureCard } from '../diagnosis/evidence.js';
import type { Outcome } from '../plan/plan.js';

export interface RunRequest {
  /** Name in platform.yaml, and the command, as typed. */
  readonly words: readonly string[];
  readonly taskDefinition: 'live' | 'latest';
  readonly container?: string;
  /** `NAME=VALUE`, as typed. */
  readonly variables: readonly string[];
  /** CPU units and MiB of the task. */
  readonly cpu?: number;
  readonly memory?: number;
  readonly deadlineMs: number;
  /** detach: leave as soon as the task has been accepted. */
  readonly wait: 'to-the-end' | 'detach';
}

export interface TaskLogLine {
  /** AWS time, ISO 8601. */
  readonly timestamp: string;
  readonly message: string;
}

export interface RunTaskResult {
  readonly service: string;
  readonly container: string;
  readonly taskDefinition: string;
  /** ARN; null before there is one. */
  readonly task: string | null;
  readonly outcome: Outcome | 'planned';
  /** Of the command; null while it runs, or when it never did. */
  readonly exitCode: number | null;
  readonly stopCode: string | null;
  readonly reason: string | null;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode: number | null;
    readonly reason: string | null;
  }[];
  /** AWS seconds from the container's start to the task's end. */
  readonly seconds: number | null;
  /** The last 50 lines, redacted. */
  readonly logs: readonly TaskLogLine[];
  readonly card?: FailureCard;
}

/** In `plan.inputs.services`: what a report needs on any machine, without reading AWS again. */
export type PlannedTask = {
  readonly service: string;
  readonly cluster: string;
  readonly container: string;
  readonly taskDefinition: string;
  readonly command: readonly string[];
  readonly detach: boolean;
};
