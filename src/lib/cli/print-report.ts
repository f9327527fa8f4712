/** A report or an error, for people: result on stdout; warnings, errors and next steps on stderr. */
import { type Paint, painter } from './color.js';
import { type EnvelopeError, errorOf } from './envelope.js';
import { fittedLines } from './fit-line.js';
import { notAWorkflowCommand } from './foreign-text.js';
import { errorAnnotations, groupEnd, groupStart, type Surroundings, warningAnnotation } from './github.js';
import { logText } from './log-text.js';
import type { Line, NextStep, Report, Warning } from './report.js';
import type { Terminal } from './terminal.js';

export interface Printer {
  readonly terminal: Terminal;
  readonly out: Paint;
  readonly err: Paint;
}

/** What a stream can show beyond text. */
export interface Abilities {
  readonly out: boolean;
  readonly err: boolean;
}

const noLinks: Abilities = { out: false, err: false };

export const printerFor = (terminal: Terminal, colours: Abilities, links: Abilities = noLinks): Printer => ({
  terminal,
  out: painter(colours.out ? 'colour' : 'plain', links.out ? 'links' : 'no-links'),
  err: painter(colours.err ? 'colour' : 'plain', links.err ? 'links' : 'no-links'),
});

const guarded = (printer: Printer, text: string): string =>
  `${printer.terminal.isGithub ? notAWorkflowCommand(text) : text}\n`;

/** Only a terminal has a width: what goes into a pipe or a file stays one line. */
const fitting = (printer: Printer, stream: 'isStdoutTty' | 'isStderrTty', lines: readonly Line[]): readonly Line[] => {
  const { terminal } = printer;
  return terminal[stream] && !terminal.isCi ? lines.flatMap((line) => fittedLines(line, terminal.columns())) : lines;
};

export const printLines = (printer: Printer, lines: readonly Line[]): void => {
  for (const line of fitting(printer, 'isStdoutTty', lines)) printer.terminal.out(guarded(printer, printer.out(line)));
};

/** A line of what runs in AWS, on stdout, with its own colours where a person sees it. */
export const printLog = (printer: Printer, text: string): void => {
  const colours = printer.terminal.isStdoutTty && printer.out.kind === 'colour' ? 'keep' : 'drop';
  printer.terminal.out(guarded(printer, logText(text, colours)));
};

export const noteLines = (printer: Printer, lines: readonly Line[]): void => {
  for (const line of fitting(printer, 'isStderrTty', lines)) printer.terminal.err(guarded(printer, printer.err(line)));
};

/** Several lines in a message (what an overwritten file loses) stay several lines. */
export const printWarnings = (printer: Printer, warnings: readonly Warning[]): void => {
  noteLines(
    printer,
    warnings.flatMap(({ message }): readonly Line[] => {
      const [first = '', ...rest] = message.split('\n');
      return [[{ text: 'Warning: ', tone: 'warn' }, { text: first }], ...rest];
    }),
  );
  if (!printer.terminal.isGithub) return;
  for (const warning of warnings) printer.terminal.err(`${warningAnnotation(warning)}\n`);
};

/** On GitHub folded under a title; elsewhere the lines as they are. */
export const noteGroup = (
  printer: Printer,
  group: { readonly title: string; readonly lines: readonly Line[] },
): void => {
  const { terminal } = printer;
  if (terminal.isGithub && group.lines.length > 0) terminal.err(`${groupStart(group.title)}\n`);
  noteLines(printer, group.lines);
  if (terminal.isGithub && group.lines.length > 0) terminal.err(`${groupEnd}\n`);
};

const nextLines = (next: readonly NextStep[]): readonly Line[] => {
  const width = Math.max(0, ...next.map((step) => step.command.length));
  return next.map((step) => [
    { text: 'Next: ', tone: 'dim' },
    { text: step.command.padEnd(width), tone: 'accent' },
    { text: `  ${step.why}`, tone: 'dim' },
  ]);
};

export const printReport = (printer: Printer, report: Report<unknown>): void => {
  printLines(printer, report.lines);
  printWarnings(printer, report.warnings ?? []);
  const error = errorOf(report);
  if (report.error && error) printError(printer, error);
  noteLines(printer, nextLines(report.next ?? []));
};

const ourselves = (): Surroundings => ({ cwd: process.cwd(), env: process.env, argv: process.argv.slice(2) });

/** What happened, then what to type next. Several lines in a message (configuration errors) stay several lines. */
export const printError = (printer: Printer, error: EnvelopeError): void => {
  const [first = '', ...rest] = error.message.split('\n');
  noteLines(printer, [
    [{ text: 'Error: ', tone: 'bad' }, { text: first }],
    ...rest.map((text): Line => [{ text }]),
    ...error.hints.map(
      (hint): Line => [
        { text: 'Try: ', tone: 'dim' },
        { text: hint, tone: 'accent' },
      ],
    ),
  ]);
  if (!printer.terminal.isGithub) return;
  for (const line of errorAnnotations(error, ourselves())) printer.terminal.err(`${line}\n`);
};
