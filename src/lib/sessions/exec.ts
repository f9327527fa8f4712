/**
 * `exec`: a command, or a shell, in a container that runs. Start reading at prepareExec, which only looks; runCommand and
 * runShell open the session. A command without a terminal ends with its own exit code; with a terminal nobody learns it,
 * because the plugin has the terminal and always exits 0.
 */

import { type ProgramEnd, runWithTerminal, startPiped } from '../child-process/session-program.js';
import type { Report, Warning } from '../cli/report.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { observeContainer, type SeenContainer } from './observe-container.js';
import { auditedCommand, type OpenSession, openSession, type SessionCtx } from './open-session.js';
import { assertPlugin } from './plugin.js';
import { pluginWords } from './plugin-words.js';
import { type CommandEnd, Sentinel } from './sentinel.js';
import { sessionWarnings } from './session-checks.js';
import { quoteWords, wrapCommand } from './wrap-command.js';

export interface ExecRequest {
  readonly service: string;
  readonly task?: string | undefined;
  readonly container?: string | undefined;
  /** None: a shell. */
  readonly words: readonly string[];
  /** missing: one is needed, and there is none. */
  readonly terminal: 'wanted' | 'none' | 'missing';
}

export interface ExecResult {
  readonly service: string;
  readonly task: string;
  readonly container: string;
  /** Null where nobody learns it: with a terminal. */
  readonly exitCode: number | null;
  /** With --json: the first megabyte of what the command printed. */
  readonly stdout?: string;
  readonly truncated?: boolean;
}

export interface PreparedExec {
  readonly request: ExecRequest;
  readonly at: ResolvedTarget;
  readonly seen: SeenContainer;
  /** For the question: `run a command in api`. */
  readonly what: string;
  readonly warnings: readonly Warning[];
}

export const prepareExec = async (
  ctx: SessionCtx,
  at: ResolvedTarget,
  request: ExecRequest,
  checkPlugin: typeof assertPlugin = assertPlugin,
): Promise<PreparedExec> => {
  const isShell = request.words.length === 0;
  if (request.terminal === 'missing')
    throw new PlatformError('E_USAGE', `${isShell ? 'a shell' : '--tty'} needs a terminal, and here is none`, {
      hints: [`platform exec ${request.service} -- ${isShell ? 'printenv' : quoteWords(request.words)}`],
    });
  const seen = await observeContainer(at, request);
  await checkPlugin(ctx);
  return {
    request,
    at,
    seen,
    what: `${isShell ? 'open a shell' : 'run a command'} in ${request.service}`,
    warnings: sessionWarnings(seen, { kind: isShell ? 'shell' : 'command' }),
  };
};

export interface ExecIo {
  readonly consent: string;
  readonly signal: AbortSignal;
  /** What the command prints, byte for byte; both of its streams, as a terminal mixes them. */
  readonly onOutput: (bytes: Buffer) => void;
}

const open = (ctx: SessionCtx, prepared: PreparedExec, of: { readonly consent: string; readonly command: string }) =>
  openSession(ctx, {
    at: prepared.at,
    seen: prepared.seen,
    consent: of.consent,
    what: { kind: 'exec', terminal: prepared.request.terminal === 'wanted', ...auditedCommand(prepared.request.words) },
    open: (sessions) =>
      sessions.executeCommand({
        cluster: prepared.seen.cluster,
        task: prepared.seen.task.arn,
        container: prepared.seen.container.name,
        command: of.command,
      }),
  });

const resultOf = ({ seen }: PreparedExec, exitCode: number | null): ExecResult => ({
  service: seen.service,
  task: seen.task.id,
  container: seen.container.name,
  exitCode,
});

/** The plugin gets the terminal: window size, Ctrl-C, everything. */
export const runShell = async (
  ctx: SessionCtx,
  prepared: PreparedExec,
  of: { readonly consent: string },
): Promise<Report<ExecResult>> => {
  const { words } = prepared.request;
  const session = await open(ctx, prepared, { ...of, command: words.length === 0 ? 'sh' : quoteWords(words) });
  const end = await runWithTerminal(session.program);
  // Whoever closed the window or killed the plugin has left a session behind.
  if (end.signal !== null) await session.terminate();
  await session.ended({ exitCode: null });
  assertStarted(end);
  return { result: resultOf(prepared, null), lines: [], warnings: prepared.warnings };
};

const assertStarted = (end: ProgramEnd): void => {
  if (end.failure !== undefined)
    throw new PlatformError('E_NOT_FOUND', `session-manager-plugin could not be started: ${end.failure}`);
};

/** Real time for AWS, the plugin and the container to begin; a plugin that reaches nobody waits for ever. */
const beginLimitMs = 60_000;

export const runCommand = async (ctx: SessionCtx, prepared: PreparedExec, io: ExecIo): Promise<Report<ExecResult>> => {
  const nonce = ctx.ids.nonce();
  const command = wrapCommand(prepared.request.words, nonce);
  const session = await open(ctx, prepared, { consent: io.consent, command });
  const kept = new KeptOutput();
  const onOutput = (bytes: Buffer): void => {
    kept.add(bytes);
    io.onOutput(bytes);
  };
  const end = await follow(ctx, session, { ...io, onOutput, nonce });
  await session.ended({ exitCode: end.kind === 'exited' ? end.exitCode : null, how: end.kind });
  if (end.kind === 'exited')
    return {
      result: { ...resultOf(prepared, end.exitCode), ...kept.result() },
      lines: [],
      warnings: prepared.warnings,
      passThrough: end.exitCode,
    };
  throw end.kind === 'cut' ? cutOff(prepared, io.signal) : notBegun(prepared, end.text);
};

const keptBytes = 1_000_000;

/** The beginning of what a command printed, for the JSON document. */
class KeptOutput {
  private readonly pieces: Buffer[] = [];
  private length = 0;
  private isWhole = true;

  add(bytes: Buffer): void {
    const fits = bytes.subarray(0, Math.max(0, keptBytes - this.length));
    this.isWhole &&= fits.length === bytes.length;
    this.length += fits.length;
    if (fits.length > 0) this.pieces.push(fits);
  }

  result(): Pick<ExecResult, 'stdout' | 'truncated'> {
    const stdout = Buffer.concat(this.pieces).toString('utf8');
    return this.isWhole ? { stdout } : { stdout, truncated: true };
  }
}

const follow = async (
  ctx: SessionCtx,
  session: OpenSession,
  io: ExecIo & { readonly nonce: string },
): Promise<CommandEnd> => {
  const begun = new AbortController();
  const sentinel = new Sentinel({ nonce: io.nonce, onBegin: () => begun.abort(), onOutput: io.onOutput });
  const program = startPiped(session.program, (bytes) => sentinel.push(bytes));
  const onSignal = (): void => {
    if (io.signal.reason === 'SIGINT') program.interrupt();
    else void session.terminate().finally(() => program.kill());
  };
  io.signal.addEventListener('abort', onSignal, { once: true });
  const limit = ctx.clocks.wall.sleep(beginLimitMs, begun.signal).then(
    async () => {
      await session.terminate();
      program.kill();
    },
    () => undefined,
  );
  const end = await program.end;
  begun.abort();
  io.signal.removeEventListener('abort', onSignal);
  await limit;
  assertStarted(end);
  return sentinel.finish();
};

const cutOff = ({ seen }: PreparedExec, signal: AbortSignal): PlatformError => {
  if (signal.aborted)
    return new PlatformError(
      signal.reason === 'SIGTERM' ? 'E_TERMINATED' : 'E_INTERRUPTED',
      'the session was ended before the command was',
      { hints: [] },
    );
  return new PlatformError(
    'E_UNREACHABLE',
    `the session was cut before the command ended; it may still run in task ${seen.task.id}`,
    { hints: ['platform status'], details: { task: seen.task.id, container: seen.container.name } },
  );
};

const notBegun = ({ seen, request }: PreparedExec, text: string): PlatformError => {
  const said = pluginWords(text);
  const where = `container ${seen.container.name} of task ${seen.task.id}`;
  const details = { task: seen.task.id, container: seen.container.name, plugin: said };
  if (/executable file not found|no such file or directory/i.test(said))
    return new PlatformError('E_FAILED', `${where} has no \`sh\`, which tells how a command ended: ${said}`, {
      hints: [`platform exec ${request.service} --tty -- ${quoteWords(request.words)}`],
      details,
    });
  return new PlatformError('E_UNREACHABLE', `the session in ${where} did not begin${said === '' ? '' : `: ${said}`}`, {
    hints: ['check the network: a proxy or firewall may keep web sockets to ssmmessages away', 'platform status'],
    details,
  });
};
