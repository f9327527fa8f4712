/** What a command returns: data. lib/cli/output renders it for people or as the JSON envelope. */
import type { ErrorCode, ExitCode } from '../errors/codes.js';

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface NextStep {
  readonly command: string;
  readonly why: string;
}

/** A line for people, in parts that the renderer colours. A plain string is a line without emphasis. */
export type Line = string | readonly Span[];
export interface Span {
  readonly text: string;
  readonly tone?: 'strong' | 'dim' | 'good' | 'bad' | 'warn' | 'accent';
  /** Address in the AWS console; drawn where the terminal has links, and nothing else is. */
  readonly link?: string | undefined;
}

export interface Report<R> {
  readonly result: R;
  /** Human text for stdout, without colour codes. */
  readonly lines: readonly Line[];
  readonly warnings?: readonly Warning[];
  readonly next?: readonly NextStep[];
  readonly runId?: string;
  /** 0 unless the outcome says otherwise (engine/outcomes.ts). */
  readonly exitCode?: ExitCode;
  /** Exit code of the command that a person had us run in a container (`run`, `exec`): it becomes ours, and 0 alone is ok. */
  readonly passThrough?: number;
  /** Set with an exit code other than 0 and 11: becomes `error` in the envelope. */
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hints?: readonly string[];
    readonly details?: unknown;
  };
}

/** What the process ends with. */
export const exitOf = (report: Pick<Report<unknown>, 'exitCode' | 'passThrough'>): number =>
  report.passThrough ?? report.exitCode ?? 0;
