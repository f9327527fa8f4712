/** The exit codes as a table: for `platform help exit-codes` and docs/exit-codes.md. */
import { type ExitCode, errorCodes, exitCodes } from '../errors/codes.js';
import type { Line } from './report.js';

export interface ExitCodeRow {
  readonly code: number;
  readonly meaning: string;
  /** The error codes (`error.code` under --json) that end with it. */
  readonly errors: readonly string[];
}

export const exitCodeRows = (): readonly ExitCodeRow[] =>
  Object.entries(exitCodes).map(([code, meaning]) => ({
    code: Number(code),
    meaning,
    errors: Object.entries(errorCodes).flatMap(([name, kind]) =>
      (kind.exit as ExitCode) === Number(code) ? [name] : [],
    ),
  }));

export const exitCodeLines = (): readonly Line[] =>
  exitCodeRows().map(({ code, meaning }) => [
    { text: String(code).padStart(4), tone: 'strong' },
    { text: `  ${meaning}` },
  ]);

export const exitCodeMarkdown = (): string => {
  const rows = exitCodeRows().map(({ code, meaning, errors }) => `| ${code} | ${meaning} | ${errors.join(', ')} |`);
  return ['| code | meaning | `error.code` |', '|---|---|---|', ...rows].join('\n');
};
