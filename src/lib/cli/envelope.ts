/** The JSON envelope, a contract (docs/json.md): exactly one per command on stdout under --json. Pure. */
import { type ErrorCode, type ExitCode, exitCodes } from '../errors/codes.js';
import { codeForExit } from './present-error.js';
import { exitOf, type NextStep, type Report, type Warning } from './report.js';

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
  /** One of the contract's, or the code of the command that was run in a container. */
  readonly exitCode: number;
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

/** A command in a container may end with 11 too, and that is no answer of ours. */
const isReportOk = (report: Report<unknown>): boolean =>
  report.passThrough === undefined ? isOk(report.exitCode ?? 0) : report.passThrough === 0;

const defaultError = (report: Report<unknown>): Pick<EnvelopeError, 'code' | 'message'> => {
  const exit = report.exitCode ?? 0;
  return report.passThrough === undefined
    ? { code: codeForExit(exit), message: exitCodes[exit] }
    : { code: 'E_COMMAND_FAILED', message: `the command ended with exit code ${report.passThrough}` };
};

/** The report's own error, or the one that its exit code stands for; none when it is ok. */
export const errorOf = (report: Report<unknown>): EnvelopeError | undefined =>
  isReportOk(report) ? undefined : { hints: [], ...(report.error ?? defaultError(report)) };

export const reportEnvelope = (report: Report<unknown>, facts: EnvelopeFacts): Envelope => {
  const error = errorOf(report);
  return {
    schema: schemaOf(facts.command),
    ok: error === undefined,
    command: facts.command,
    exitCode: exitOf(report),
    ...(report.runId === undefined ? {} : { runId: report.runId }),
    ...(facts.target === undefined ? {} : { target: facts.target }),
    result: report.result,
    ...(error === undefined ? {} : { error }),
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
