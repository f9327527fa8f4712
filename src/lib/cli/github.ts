/** GitHub's step summary: the report once more, as text, where a reader of the workflow finds it. */
import { appendFileSync } from 'node:fs';
import { painter } from './color.js';
import { exitOf, type Report } from './report.js';

type Env = Readonly<Record<string, string | undefined>>;

export const stepSummary = (command: string, report: Report<unknown>): string => {
  const plain = painter('plain');
  const exit = exitOf(report);
  // A fence longer than any run of back-ticks inside cannot be closed from inside.
  const text = [...report.lines.map(plain), ...(report.error ? [report.error.message] : [])].join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `### platform ${command}: ${exit === 0 ? 'done' : `exit ${exit}`}\n\n${fence}\n${text}\n${fence}\n\n`;
};

/** Best effort: a summary that cannot be written changes nothing about the command. */
export const writeStepSummary = (
  env: Env,
  at: { readonly command: string; readonly report: Report<unknown> },
): void => {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (env['GITHUB_ACTIONS'] !== 'true' || !file || at.report.lines.length === 0) return;
  try {
    appendFileSync(file, stepSummary(at.command, at.report));
  } catch {
    // Nothing to do: the text is in the log as well.
  }
};
