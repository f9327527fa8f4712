/**
 * Everything that one command says: where we are, warnings, events, and at the end exactly one report or error, as text,
 * as one JSON document, or as the last line of NDJSON.
 */
import type { Place } from '../context/context.js';
import type { Json } from '../plan/json.js';
import type { CommandPorts } from './command-ports.js';
import { type EnvelopeFacts, type EnvelopeTarget, errorEnvelope, reportEnvelope } from './envelope.js';
import { jsonText } from './foreign-text.js';
import { writeErrorSummary, writeStepOutputs, writeStepSummary } from './github.js';
import type { PresentedError } from './present-error.js';
import {
  type Abilities,
  noteLines,
  type Printer,
  printError,
  printerFor,
  printLines,
  printReport,
  printWarnings,
} from './print-report.js';
import { exitOf, type Report, type Warning } from './report.js';
import { wantsColor, wantsLinks } from './terminal.js';
import { whereLine } from './where-line.js';

export type OutputMode = 'human' | 'json' | 'ndjson';

/** What is ours: behind `--` stands the command that we are to run, with flags of its own. */
export const ownWords = (argv: readonly string[]): readonly string[] =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);

/** Read from argv, because a wrong flag must be reported as JSON too, before anything is parsed. */
export const outputMode = (argv: readonly string[]): OutputMode => {
  const own = ownWords(argv);
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
  /** Of stdout. */
  readonly colours: 'colour' | 'plain';
  readonly #warnings: Warning[] = [];
  /** Told already; still part of the envelope. */
  readonly #told: Warning[] = [];
  #target: EnvelopeTarget | undefined;
  #printer: Printer;
  readonly #abilities: Abilities;

  constructor(private readonly options: CommandOutputOptions) {
    const { terminal, env } = options.ports;
    const isOff = ownWords(options.argv).includes('--no-color');
    this.mode = outputMode(options.argv);
    const { isCi, isStdoutTty, isStderrTty } = terminal;
    this.#abilities = { out: !isOff && wantsColor(env, isStdoutTty), err: !isOff && wantsColor(env, isStderrTty) };
    this.colours = this.#abilities.out ? 'colour' : 'plain';
    this.#printer = printerFor(terminal, this.#abilities, {
      out: wantsLinks(env, { isTty: isStdoutTty, isCi }),
      err: wantsLinks(env, { isTty: isStderrTty, isCi }),
    });
  }

  get printer(): Printer {
    return this.#printer;
  }

  at(place: Place, target: Omit<EnvelopeTarget, 'place'>): void {
    this.#target = { place: place.kind, ...target };
    // What a sandbox holds is in no console: a link would lead to somebody else's account.
    if (place.kind === 'sandbox') this.#printer = printerFor(this.#printer.terminal, this.#abilities);
    noteLines(this.printer, [whereLine(place, target)]);
  }

  warn(warning: Warning): void {
    this.#warnings.push(warning);
  }

  /** At once, on stderr: a stream may never end. */
  tell(warning: Warning): void {
    this.#told.push(warning);
    printWarnings(this.printer, [warning]);
  }

  event(event: Json, text: string): void {
    if (this.mode === 'ndjson') this.#write(jsonText(event));
    else if (this.mode === 'human') printLines(this.printer, [text]);
  }

  /** What a program printed: part of the document under --json, so then it is left to the report. */
  pass(bytes: Uint8Array): void {
    if (this.mode === 'human') this.options.ports.terminal.out(bytes);
  }

  finish(report: Report<unknown>): void {
    const { ports, command } = this.options;
    ports.setExitCode(exitOf(report));
    writeStepSummary(ports.env, { command, report });
    writeStepOutputs(ports.env, report);
    if (this.mode === 'human') {
      printWarnings(this.printer, this.#warnings);
      printReport(this.printer, report);
    } else this.#document(reportEnvelope(report, this.#facts()));
  }

  fail(error: PresentedError, notes: readonly string[]): void {
    const { ports, command } = this.options;
    ports.setExitCode(error.exitCode);
    writeErrorSummary(ports.env, { command, error });
    if (this.mode === 'human') {
      printWarnings(this.printer, this.#warnings);
      printError(this.printer, error);
      noteLines(this.printer, notes);
    } else this.#document(errorEnvelope(error, this.#facts()));
  }

  #facts(): EnvelopeFacts {
    return { command: this.options.command, target: this.#target, warnings: [...this.#told, ...this.#warnings] };
  }

  #document(envelope: object): void {
    this.#write(this.mode === 'ndjson' ? jsonText(envelope) : jsonText(envelope, 2));
  }

  #write(text: string): void {
    this.options.ports.terminal.out(`${text}\n`);
  }
}
