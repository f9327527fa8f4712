/** Anything thrown → what people and scripts are told. One place decides the exit code, in text and under --json alike. */
import { nearest } from '../config/diagnostics.js';
import type { ErrorCode, ExitCode } from '../errors/codes.js';
import { isPlatformError } from '../errors/platform-error.js';

export interface PresentedError {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly hints: readonly string[];
  readonly details?: unknown;
}

/** An oclif parser error carries `parse`, or begins so where a flag's own parser refused (a number out of range). */
const ofFlagParser = /^Parsing (--[\w-]+)\s+/;
const isParserError = (error: Error): boolean =>
  'oclif' in error && ('parse' in error || ofFlagParser.test(error.message));

const isPromptClosed = (error: Error): boolean => error.name === 'ExitPromptError' || error.name === 'AbortPromptError';

interface UnknownFlags {
  readonly flags?: unknown;
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, { readonly hidden?: boolean }>> } };
}

/** oclif says which flags it does not know, and carries the ones that it does. */
const nearFlags = (error: Error): readonly string[] => {
  const { flags, parse } = error as UnknownFlags;
  if (!Array.isArray(flags)) return [];
  const known = Object.entries(parse?.input?.flags ?? {}).flatMap(([name, flag]) => (flag.hidden ? [] : [name]));
  return flags.flatMap((flag) => {
    const near = nearest(String(flag).replace(/^--?/, '').replace(/=.*$/s, ''), known);
    return near === undefined ? [] : [`did you mean --${near}?`];
  });
};

const fromParser = (error: Error, command: string): PresentedError => ({
  code: 'E_USAGE',
  exitCode: 2,
  // Its text ends with an invitation that we word ourselves.
  message: error.message
    .replace(ofFlagParser, '$1: ')
    .replace(/\s*See more help with --help\s*$/, '')
    .trim(),
  hints: [...nearFlags(error), `platform ${command} --help`],
});

const interrupted = (signal: unknown): PresentedError =>
  signal === 'SIGTERM'
    ? { code: 'E_TERMINATED', exitCode: 143, message: 'terminated', hints: [] }
    : { code: 'E_INTERRUPTED', exitCode: 130, message: 'interrupted', hints: [] };

export interface ErrorSurroundings {
  readonly command: string;
  /** 'SIGINT' or 'SIGTERM' once one has come. */
  readonly signal?: unknown;
}

export const presentError = async (error: unknown, around: ErrorSurroundings): Promise<PresentedError> => {
  if (isPlatformError(error)) {
    const { code, exitCode, message, hints } = error;
    return { code, exitCode, message, hints, ...(error.details === undefined ? {} : { details: error.details }) };
  }
  // Whoever slept or waited for AWS ends with the signal's own reason.
  if (around.signal !== undefined && error === around.signal) return interrupted(around.signal);
  if (!(error instanceof Error)) return bug(String(error));
  if (isPromptClosed(error)) return interrupted('SIGINT');
  if (around.signal !== undefined && (error.name === 'AbortError' || error.cause === around.signal)) {
    return interrupted(around.signal);
  }
  if (isParserError(error)) return fromParser(error, around.command);
  if ('$metadata' in error || '$fault' in error) {
    const { toPlatformError } = await import('../aws/errors.js');
    return presentError(toPlatformError(error), around);
  }
  return bug(error.message);
};

const bug = (message: string): PresentedError => ({
  code: 'E_BUG',
  exitCode: 1,
  message: `unexpected: ${message}`,
  hints: ['run again with --verbose; the debug log says where'],
});

const exitCodeNames: Readonly<Partial<Record<ExitCode, ErrorCode>>> = {
  1: 'E_BUG',
  2: 'E_USAGE',
  3: 'E_CONFIG',
  4: 'E_CREDENTIALS',
  5: 'E_NOT_FOUND',
  6: 'E_FAILED',
  7: 'E_ROLLED_BACK',
  8: 'E_ROLLBACK_FAILED',
  9: 'E_CONFLICT',
  10: 'E_TIMEOUT',
  12: 'E_PAUSED',
  13: 'E_UNREACHABLE',
  127: 'E_UNKNOWN_COMMAND',
  130: 'E_INTERRUPTED',
  143: 'E_TERMINATED',
};

/** The code that stands for an exit code, for reports that give only the latter. */
export const codeForExit = (exit: ExitCode): ErrorCode => exitCodeNames[exit] ?? 'E_FAILED';
