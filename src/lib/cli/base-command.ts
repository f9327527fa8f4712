/**
 * The base of every command: parses flags, builds the context, calls `execute`, prints the report and decides the exit
 * code. Imports oclif and the rest of lib/cli, never AWS. A command is parse → plan → consent → run → report: see
 * commands/help/exit-codes.ts for the smallest. Start reading at `run`; command-output.ts prints, operate.ts runs plans.
 */
import { Command, type Interfaces } from '@oclif/core';
import type { Ctx } from '../context/context.js';
import type { CreatedContext } from '../context/create-context.js';
import type { AccountOptions, ResolvedAccount } from '../context/resolve-account.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import type { ExitCode } from '../errors/codes.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Json } from '../plan/json.js';
import type { Target } from '../plan/plan.js';
import { CommandOutput, ownWords } from './command-output.js';
import { type CommandPorts, processPorts } from './command-ports.js';
import type { ConsentRequest } from './consent.js';
import { globalFlags } from './flags.js';
import type { ExistingRun, OperateSettings } from './operate.js';
import type { Operation } from './operation.js';
import { type OutputStream, outputStream } from './output-stream.js';
import { presentError } from './present-error.js';
import type { Screen } from './render/screen.js';
import type { Report, Warning } from './report.js';
import type { Interrupt, SignalName } from './signals.js';
import { canHandOver, canPrompt } from './terminal.js';

export type FlagsOf<C extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & C['flags']
>;
export type ArgsOf<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

/** What a command changes: environment → through the engine; workspace → files here; run → an event in a run's journal. */
export type Mutates = 'environment' | 'workspace' | 'run' | 'none';

export abstract class BaseCommand<C extends typeof Command, R> extends Command {
  static override baseFlags = globalFlags;
  static mutates: Mutates = 'none';
  /** `nothing`: the command never speaks to AWS or a sandbox, so none is looked for. */
  static reaches: 'aws' | 'nothing' = 'aws';
  /** The zod schema of `result`, loaded lazily; the build writes docs/schemas/ from it. */
  static resultSchema?: () => Promise<unknown>;

  protected flags!: FlagsOf<C>;
  protected args!: ArgsOf<C>;
  /** Positional words as typed, for commands that are not strict (`exec api -- sh`). */
  protected words: readonly string[] = [];

  #ports: CommandPorts = processPorts;
  #output: CommandOutput | undefined;
  #interrupt: Interrupt | undefined;
  /** exit: a signal ends the command at once; hand-over: whoever holds `interrupted` ends it in an orderly way. */
  #onSignal: 'exit' | 'hand-over' = 'exit';
  #created: CreatedContext | undefined;
  #isStreaming = false;

  /** The work: no try/catch, no output, no `if` about AWS. Returns a report. */
  protected abstract execute(ctx: Ctx): Promise<Report<R>>;

  /** Tests run a command class in process with their own terminal, environment and context. */
  using(ports: Partial<CommandPorts>): this {
    this.#ports = { ...this.#ports, ...ports };
    return this;
  }

  /** Never throws. Every ending has said one thing and set the exit code. */
  override async run(): Promise<void> {
    this.#interrupt = this.#ports.listenForSignals((name) => this.#receive(name));
    try {
      await this.#parse();
      this.#created = await this.#ports.createContext(this.#contextOptions());
      this.#out().finish(await this.execute(this.#created.ctx));
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#created?.dispose();
      this.#interrupt.dispose();
      if (this.#isStreaming && this.#interrupt.signal.aborted) this.#ports.terminal.abandonOut?.();
    }
  }

  /** Resolves environment, region and account, and says on stderr where we are. */
  protected async target(ctx: Ctx): Promise<ResolvedTarget> {
    const { resolveTarget } = await import('../context/resolve-target.js');
    const { env: environment, config } = this.flags;
    const resolved = await resolveTarget(ctx, {
      ...(environment === undefined ? {} : { environment }),
      ...(config === undefined ? {} : { config }),
      ...(this.#canAsk() ? { choose: (names) => this.#prompts().select('Which environment?', names) } : {}),
    });
    this.at(ctx, resolved.target);
    return resolved;
  }

  /** For commands that have no project yet: region and account by flags and credentials, said on stderr. */
  protected async account(ctx: Ctx, options: AccountOptions): Promise<ResolvedAccount> {
    const { resolveAccount } = await import('../context/resolve-account.js');
    const resolved = await resolveAccount(ctx, options);
    this.#out().at(ctx.place, resolved.where);
    return resolved;
  }

  /** Asks a person to choose; undefined where nobody can be asked. */
  protected chooser(question: string): ((choices: readonly string[]) => Promise<string>) | undefined {
    return this.#canAsk() ? (choices) => this.#prompts().select(question, choices) : undefined;
  }

  /** For commands that know their target otherwise (a run's plan): says where we are. */
  protected at(ctx: Ctx, target: Target): void {
    this.#out().at(ctx.place, target);
  }

  /** Nothing to do, --dry-run, or consent → engine → report. */
  protected async operate(operation: Operation<R>, ctx: Ctx): Promise<Report<R>> {
    const { operate } = await import('./operate.js');
    return operate(operation, this.#operateSettings(ctx));
  }

  /** Goes on with a run that was interrupted, paused or killed. A finished one is reported again, nothing is done. */
  protected async operateResume(run: ExistingRun<R>, ctx: Ctx): Promise<Report<R>> {
    const { operateResume } = await import('./operate.js');
    return operateResume(run, this.#operateSettings(ctx));
  }

  /** Takes back what a run did, newest step first. */
  protected async operateUndo(run: ExistingRun<R>, ctx: Ctx): Promise<Report<R>> {
    const { operateUndo } = await import('./operate.js');
    return operateUndo(run, this.#operateSettings(ctx));
  }

  /** Consent for what does not go through `operate` (`lock break`). Resolves with how it was given. */
  protected async consent(request: Omit<ConsentRequest, 'flags'>): Promise<string> {
    const { obtainConsent } = await import('./consent.js');
    return obtainConsent(
      { ...request, flags: this.#consentFlags() },
      { canAsk: this.#canAsk(), prompts: this.#prompts() },
    );
  }

  /** A wizard's question; the fallback for an empty answer, and where nobody can be asked. */
  protected async ask(question: string, fallback: string): Promise<string> {
    if (!this.#canAsk()) return fallback;
    const answer = (await this.#prompts().input(`${question} (${fallback})`)).trim();
    return answer === '' ? fallback : answer;
  }

  /** Opens an address in the person's browser, where there is a person. Never throws. */
  protected async browse(url: string): Promise<'opened' | 'not-here' | 'failed'> {
    if (!this.#canAsk()) return 'not-here';
    const { openInBrowser } = await import('./browser.js');
    return openInBrowser(url, this.#ports.env);
  }

  /** One event of a stream: a line of JSON with --output ndjson, else the text. */
  protected emit(event: Json, text: string): void {
    this.#out().event(event, text);
  }

  /** Columns for what goes to stdout; wide enough for everything where it is no terminal. */
  protected columns(): number {
    return this.#ports.terminal.outColumns();
  }

  /** What a program reads: NDJSON instead of text. */
  protected streams(): boolean {
    return this.#out().mode === 'ndjson';
  }

  /** A screen that is redrawn in place; undefined where stdout is no terminal for people: then `emit` what changes. */
  protected async screen(): Promise<Screen | undefined> {
    const { terminal, env } = this.#ports;
    const { mode, printer } = this.#out();
    if (mode !== 'human' || !terminal.isStdoutTty || terminal.isCi || env['TERM'] === 'dumb') return undefined;
    const { openScreen } = await import('./render/screen.js');
    return openScreen(terminal, printer.out);
  }

  /** Lines without end, at the pace of whoever reads them; see render/log-sink.ts for one that uses it. */
  protected stream(): OutputStream {
    this.#isStreaming = true;
    return outputStream({ output: this.#out(), terminal: this.#ports.terminal, signal: this.interrupted() });
  }

  /** A warning that cannot wait for the end. */
  protected tell(warning: Warning): void {
    this.#out().tell(warning);
  }

  /** For commands that wait or stream: from now on Ctrl-C aborts this signal instead of ending the process. */
  protected interrupted(): AbortSignal {
    this.#onSignal = 'hand-over';
    return this.#interrupt?.signal ?? AbortSignal.abort('SIGINT');
  }

  /** Output of a program that a person had us run: byte for byte. */
  protected pass(bytes: Uint8Array): void {
    this.#out().pass(bytes);
  }

  /** Whether a program can have the terminal to itself. */
  protected hasTerminal(): boolean {
    return canHandOver(this.#ports.terminal) && this.#out().mode === 'human';
  }

  /** From now on a program has the terminal, Ctrl-C included: no signal ends us or aborts anything. */
  protected leaveSignals(): void {
    this.#onSignal = 'hand-over';
    this.#interrupt?.dispose();
  }

  protected addWarning(warning: Warning): void {
    this.#out().warn(warning);
  }

  async #parse(): Promise<void> {
    const { flags: own, args, strict } = this.ctor;
    const parsed = await this.parse({ flags: own, baseFlags: BaseCommand.baseFlags, args, strict });
    this.flags = parsed.flags as FlagsOf<C>;
    this.args = parsed.args as ArgsOf<C>;
    this.words = (parsed.argv ?? []) as string[];
  }

  #contextOptions(): Parameters<CommandPorts['createContext']>[0] {
    const { root, version } = this.config;
    const { reaches } = this.ctor as unknown as typeof BaseCommand;
    return { root, version, sandbox: this.flags.sandbox, reaches };
  }

  #operateSettings(ctx: Ctx): OperateSettings {
    const flags: Readonly<Record<string, unknown>> = this.flags;
    const output = this.#out();
    const { config } = this.flags;
    return {
      ctx,
      printer: output.printer,
      interrupt: this.interrupted(),
      prompts: this.#prompts(),
      canAsk: this.#canAsk(),
      dryRun: flags['dry-run'] === true,
      consent: this.#consentFlags(),
      lockWaitMs: (flags['lock-wait'] as number | undefined) ?? (this.#ports.terminal.isCi ? 180_000 : 0),
      acceptsLocalJournal: flags['journal'] === 'local',
      streams: output.mode === 'human' ? 'stdout' : 'nowhere',
      ...(output.mode === 'ndjson' ? { onEvent: (event: Json) => this.emit(event, '') } : {}),
      loadEngine: this.#ports.loadEngine,
      notify: (ended) => this.#ports.notify(ctx, ended, config === undefined ? {} : { config }),
    };
  }

  #consentFlags(): ConsentRequest['flags'] {
    const flags: Readonly<Record<string, unknown>> = this.flags;
    return { yes: flags['yes'] === true, confirm: flags['confirm'] as string | undefined };
  }

  #prompts() {
    return this.#ports.prompts(this.#interrupt?.signal ?? new AbortController().signal);
  }

  #canAsk(): boolean {
    return canPrompt(this.#ports.terminal) && this.#out().mode === 'human';
  }

  #out(): CommandOutput {
    const command = (this.id ?? '').replaceAll(':', ' ');
    this.#output ??= new CommandOutput({ ports: this.#ports, argv: this.argv, command });
    return this.#output;
  }

  async #fail(error: unknown): Promise<void> {
    const command = (this.id ?? '').replaceAll(':', ' ');
    const presented = await presentError(error, { command, signal: this.#interrupt?.signal.reason });
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    this.#created?.ctx.log.debug('failed', { command, code: presented.code, message: presented.message, stack });
    const isVerbose = ownWords(this.argv).includes('--verbose');
    const file = isVerbose || presented.code === 'E_BUG' ? this.#created?.logFile() : undefined;
    const notes = [...(isVerbose ? stack.split('\n') : []), ...(file === undefined ? [] : [`Debug log: ${file}`])];
    this.#out().fail(presented, notes);
  }

  #receive(name: SignalName): void {
    if (this.#onSignal === 'hand-over') return;
    const exit: ExitCode = name === 'SIGINT' ? 130 : 143;
    const error = new PlatformError(name === 'SIGINT' ? 'E_INTERRUPTED' : 'E_TERMINATED', 'interrupted', { hints: [] });
    void this.#fail(error).finally(() => this.#ports.exit(exit));
  }
}
