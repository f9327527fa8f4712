/**
 * Short child processes: argv only (never a shell), no stdin, bounded time and output. What comes back is data; the
 * caller decides what a non-zero exit means. Output is redacted before anybody sees it. May import execa, errors and the
 * engine's redactor; long tools need a supervisor instead. child-env.ts makes the environment of a child that uses AWS.
 */
import { redactText } from '../engine/redact.js';
import { PlatformError } from '../errors/platform-error.js';

export interface ToolResult {
  /** Absent when the tool could not be started or was ended by a signal. */
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** `ENOENT` when there is no such tool. */
  readonly failure?: string;
}

export interface ToolRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The child's whole environment; the operator's is not inherited. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const keptBytes = 1_000_000;

export const runTool = async (request: ToolRequest): Promise<ToolResult> => {
  const { execa } = await import('execa');
  const [file = '', ...args] = request.argv;
  const result = await execa(file, args, {
    cwd: request.cwd,
    env: request.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: request.timeoutMs,
    maxBuffer: keptBytes,
    ...(request.signal ? { cancelSignal: request.signal } : {}),
  });
  return {
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    stdout: redactText(result.stdout),
    stderr: redactText(result.stderr),
    timedOut: result.timedOut,
    ...(result.code === undefined ? {} : { failure: result.code }),
  };
};

/** For tools that must be there: a missing one is an error that says so, every other ending is data as above. */
export const runRequiredTool = async (request: ToolRequest): Promise<ToolResult> => {
  const result = await runTool(request);
  if (result.failure !== 'ENOENT') return result;
  const [file = ''] = request.argv;
  throw new PlatformError('E_NOT_FOUND', `the program \`${file}\` is not installed, or not on PATH`, {
    hints: [`install ${file}, then try again`],
    details: { tool: file },
  });
};
