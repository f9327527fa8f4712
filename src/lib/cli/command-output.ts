/**
 * Everything that one command says: where we are, warnings, events, and at the end exactly one report or error, as text,
 * as one JSON document, or as the last line of NDJSON.
 */
import type { Place } from '../context/context.js';
import type { Json } from '../plan/json.js';
import type { Target } from '../plan/plan.js';
import type { CommandPorts } from './command-ports.js';
import { type EnvelopeFacts, type EnvelopeTarget, errorEnvelope, reportEnvelope } from './envelope.js';
import { jsonText } from './foreign-text.js';
import { writeStepSummary } from './github.js';
import type { PresentedError } from './present-error.js';
import { noteLines, type Printer, printError, printerFor, printReport, printWarnings } from './print-report.js';
import { exitOf, type Report, type Warning } from './report.js';
import { wantsColor } from './terminal.js';
import { whereLine } from './where-line.js';

export type OutputMode = 'human' | 'json' | 'ndjson';

/** Read from argv, because a wrong flag must be reported as JSON too, before anything is parsed. */
export const outputMode = (argv: readonly string[]): OutputMode => {
  const own = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);
  const at = own.indexOf('--output');
  if (own.includes('--output=ndjson') || (at >= 0 && own[at + 1] === 'ndjson')) return 'ndjson';
  return own.includes('--json') ? 'json' : 'human';
};

export interface CommandOutputOptions {
  readonly ports: Pick<CommandPorts, 'terminal' | 'env' | 'setExitCode'>;
  readonly argv: readonly string[];
  /** Command words: `runs list`. */
  readonly command: string;
}

export class CommandOutput {
  readonly mode: OutputMode;
  readonly printer: Printer;
  readonly #warnings: Warning[] = [];
  #target: EnvelopeTarget | undefined;

  constructor(private readonly options: CommandOutputOptions) {
    const { terminal, env } = options.ports;
    const isOff = options.argv.includes('--no-color');
    this.mode = outputMode(options.argv);
    this.printer = printerFor(terminal, {
      out: !isOff && wantsColor(env, terminal.isStdoutTty),
      err: !isOff && wantsColor(env, terminal.isStderrTty),
    });
  }

  at(place: Place, target: Target): void {
    this.#target = { place: place.kind, ...target };
    noteLines(this.printer, [whereLine(place, target)]);
  }

  warn(warning: Warning): void {
    this.#warnings.push(warning);
  }

  event(event: Json, text: string): void {
    if (this.mode === 'ndjson') this.#write(jsonText(event));
    else if (this.mode === 'human') this.#write(this.printer.out(text));
  }

  finish(report: Report<unknown>): void {
    const { ports, command } = this.options;
    ports.setExitCode(exitOf(report));
    writeStepSummary(ports.env, { command, report });
    if (this.mode === 'human') {
      printWarnings(this.printer, this.#warnings);
      printReport(this.printer, report);
    } else this.#document(reportEnvelope(report, this.#facts()));
  }

  fail(error: PresentedError, notes: readonly string[]): void {
    this.options.ports.setExitCode(error.exitCode);
    if (this.mode === 'human') {
      printWarnings(this.printer, this.#warnings);
      printError(this.printer, error);
      noteLines(this.printer, notes);
    } else this.#document(errorEnvelope(error, this.#facts()));
  }

  #facts(): EnvelopeFacts {
    return { command: this.options.command, target: this.#target, warnings: this.#warnings };
  }

  #document(envelope: object): void {
    this.#write(this.mode === 'ndjson' ? jsonText(envelope) : jsonText(envelope, 2));
  }

  #write(text: string): void {
    this.options.ports.terminal.out(`${text}\n`);
  }
}
