/** The JSON envelope, a contract (docs/json.md): exactly one per command on stdout under --json. Pure. */
import { type ErrorCode, type ExitCode, exitCodes } from '../errors/codes.js';
import { codeForExit } from './present-error.js';
import type { NextStep, Report, Warning } from './report.js';

export interface EnvelopeTarget {
  readonly place: 'aws' | 'sandbox';
  readonly account?: string;
  readonly region?: string;
  readonly project?: string;
  readonly environment?: string;
  readonly sandbox?: string;
}

export interface EnvelopeError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hints: readonly string[];
  readonly details?: unknown;
}

export interface Envelope {
  readonly schema: string;
  readonly ok: boolean;
  readonly command: string;
  readonly exitCode: ExitCode;
  readonly runId?: string;
  readonly target?: EnvelopeTarget;
  readonly result?: unknown;
  readonly error?: EnvelopeError;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextStep[];
}

export interface EnvelopeFacts {
  /** Command words: `runs list`; empty when no command was found. */
  readonly command: string;
  readonly target?: EnvelopeTarget | undefined;
  readonly warnings: readonly Warning[];
}

/** `runs list` → `platform.runs.list/1`. The major grows when a key changes its meaning or goes away. */
export const schemaOf = (command: string): string =>
  command === '' ? 'platform/1' : `platform.${command.replaceAll(' ', '.')}/1`;

/** ok ⇔ exit 0 or 11 (changes present is an answer, not a failure). */
export const isOk = (exit: ExitCode): boolean => exit === 0 || exit === 11;

export const reportEnvelope = (report: Report<unknown>, facts: EnvelopeFacts): Envelope => {
  const exitCode = report.exitCode ?? 0;
  const error = report.error ?? { code: codeForExit(exitCode), message: exitCodes[exitCode] };
  return {
    schema: schemaOf(facts.command),
    ok: isOk(exitCode),
    command: facts.command,
    exitCode,
    ...(report.runId === undefined ? {} : { runId: report.runId }),
    ...(facts.target === undefined ? {} : { target: facts.target }),
    result: report.result,
    ...(isOk(exitCode) ? {} : { error: { hints: [], ...error } }),
    warnings: [...facts.warnings, ...(report.warnings ?? [])],
    next: report.next ?? [],
  };
};

export const errorEnvelope = (
  error: EnvelopeError & { readonly exitCode: ExitCode },
  facts: EnvelopeFacts,
): Envelope => {
  const { exitCode, ...rest } = error;
  return {
    schema: schemaOf(facts.command),
    ok: false,
    command: facts.command,
    exitCode,
    ...(facts.target === undefined ? {} : { target: facts.target }),
    error: rest,
    warnings: facts.warnings,
    next: [],
  };
};
