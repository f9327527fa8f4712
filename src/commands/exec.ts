import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { ExecResult, PreparedExec } from '../lib/sessions/exec.js';

export default class Exec extends BaseCommand<typeof Exec, ExecResult> {
  static override summary = 'Run a command, or a shell, in a container that runs.';
  static override description =
    'A command gets no input and ends with its own exit code. A shell, and --tty, get the terminal; then nobody learns the exit code. Needs ECS Exec and session-manager-plugin: see docs/exec-and-tunnel.md.';
  static override examples = [
    '<%= config.bin %> exec api -- printenv LOG_LEVEL',
    "<%= config.bin %> exec api -- sh -c 'node --version && ls'",
    '<%= config.bin %> exec workers --task 3f9a --json -- date',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Service whose container it is.', required: true }) };
  static override mutates = 'run' as const;
  static override resultSchema = async () => (await import('../lib/sessions/result-schemas.js')).execSchema;
  static override flags = {
    task: Flags.string({ summary: 'Task, by id or its beginning; the newest that runs.', helpValue: 'ID' }),
    container: Flags.string({ summary: "Container; the service's own.", helpValue: 'NAME' }),
    tty: Flags.boolean({ char: 't', summary: 'Give the command the terminal.' }),
    yes: Flags.boolean({ char: 'y', summary: 'Consent without being asked (not enough for a protected environment).' }),
    confirm: Flags.string({ summary: 'Consent for a protected environment: its name.', helpValue: 'NAME' }),
  };

  protected async execute(ctx: Ctx): Promise<Report<ExecResult>> {
    const { prepareExec, runShell } = await import('../lib/sessions/exec.js');
    const { task, container, tty } = this.flags;
    const [service = '', ...words] = this.words;
    const wantsTerminal = tty || words.length === 0;
    const at = await this.target(ctx);
    const prepared = await prepareExec(ctx, at, {
      service,
      task,
      container,
      words,
      terminal: wantsTerminal ? (this.hasTerminal() ? 'wanted' : 'missing') : 'none',
    });
    const { isProtected, name: environment } = at.environment;
    const consent = await this.consent({ danger: 'none', isProtected, environment, what: prepared.what });
    if (!wantsTerminal) return this.#run(ctx, prepared, consent);
    this.leaveSignals();
    return runShell(ctx, prepared, { consent });
  }

  async #run(ctx: Ctx, prepared: PreparedExec, consent: string): Promise<Report<ExecResult>> {
    const { runCommand } = await import('../lib/sessions/exec.js');
    const onOutput = (bytes: Uint8Array): void => this.pass(bytes);
    return runCommand(ctx, prepared, { consent, signal: this.interrupted(), onOutput });
  }
}
