/** A report or an error, for people: result on stdout; warnings, errors and next steps on stderr. */
import { type Paint, painter } from './color.js';
import { type EnvelopeError, errorOf } from './envelope.js';
import { notAWorkflowCommand } from './foreign-text.js';
import { logText } from './log-text.js';
import type { Line, NextStep, Report, Warning } from './report.js';
import type { Terminal } from './terminal.js';

export interface Printer {
  readonly terminal: Terminal;
  readonly out: Paint;
  readonly err: Paint;
}

export const printerFor = (terminal: Terminal, colours: { out: boolean; err: boolean }): Printer => ({
  terminal,
  out: painter(colours.out ? 'colour' : 'plain'),
  err: painter(colours.err ? 'colour' : 'plain'),
});

const guarded = (printer: Printer, text: string): string =>
  `${printer.terminal.isGithub ? notAWorkflowCommand(text) : text}\n`;

export const printLines = (printer: Printer, lines: readonly Line[]): void => {
  for (const line of lines) printer.terminal.out(guarded(printer, printer.out(line)));
};

/** A line of what runs in AWS, on stdout, with its own colours where a person sees it. */
export const printLog = (printer: Printer, text: string): void => {
  const colours = printer.terminal.isStdoutTty && printer.out.kind === 'colour' ? 'keep' : 'drop';
  printer.terminal.out(guarded(printer, logText(text, colours)));
};

export const noteLines = (printer: Printer, lines: readonly Line[]): void => {
  for (const line of lines) printer.terminal.err(guarded(printer, printer.err(line)));
};

/** Several lines in a message (what an overwritten file loses) stay several lines. */
export const printWarnings = (printer: Printer, warnings: readonly Warning[]): void =>
  noteLines(
    printer,
    warnings.flatMap(({ message }): readonly Line[] => {
      const [first = '', ...rest] = message.split('\n');
      return [[{ text: 'Warning: ', tone: 'warn' }, { text: first }], ...rest];
    }),
  );

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

/** What happened, then what to type next. Several lines in a message (configuration errors) stay several lines. */
export const printError = (printer: Printer, error: EnvelopeError): void => {
  const [first = '', ...rest] = error.message.split('\n');
  noteLines(printer, [
    [{ text: 'Error: ', tone: 'bad' }, { text: first }],
    ...rest,
    ...error.hints.map(
      (hint): Line => [
        { text: 'Try: ', tone: 'dim' },
        { text: hint, tone: 'accent' },
      ],
    ),
  ]);
  const annotation = error.message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  if (printer.terminal.isGithub) printer.terminal.err(`::error title=platform ${error.code}::${annotation}\n`);
};
