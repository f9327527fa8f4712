import { type ErrorCode, type ExitCode, errorCodes } from './codes.js';

export interface PlatformErrorOptions {
  /** What to do next; commands can be pasted as they are. The table's default hint is used when there is none. */
  readonly hints?: readonly string[];
  /** Machine-readable facts for `--json`. Never a secret. */
  readonly details?: unknown;
  readonly cause?: unknown;
  /** Overrides the table's exit code (`details` must say why). */
  readonly exit?: ExitCode;
}

/**
 * The one error that people are meant to see: what happened, to what, and what to do next.
 * It carries both `exitCode` and `oclif.exit`, because oclif 4 reads one in text mode and the other under `--json`.
 */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly code: ErrorCode;
  readonly hints: readonly string[];
  readonly details?: unknown;
  readonly exitCode: ExitCode;
  readonly oclif: { readonly exit: ExitCode };

  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const kind: { exit: ExitCode; hint?: string } = errorCodes[code];
    this.code = code;
    this.hints = options.hints ?? (kind.hint === undefined ? [] : [kind.hint]);
    if (options.details !== undefined) this.details = options.details;
    this.exitCode = options.exit ?? kind.exit;
    this.oclif = { exit: this.exitCode };
  }
}

export const isPlatformError = (error: unknown): error is PlatformError =>
  error instanceof Error && error.name === 'PlatformError' && 'code' in error && 'exitCode' in error;
