/**
 * The program at this end of a session (session-manager-plugin): with the terminal itself, or with pipes. With pipes its
 * stdin stays open and silent, because the plugin takes the end of its input for the end of a command's session. A tunnel's
 * never looks there, so a few lines of shell watch over it: when we die, in whatever way, it is ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface SessionProgramRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The child's whole environment, secrets included: nothing secret is an argument. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly failure?: string;
}

export interface PipedProgram {
  readonly pid: number | undefined;
  readonly end: Promise<ProgramEnd>;
  /** SIGINT is what the plugin turns into Ctrl-C at the other end, or into the end of a tunnel. */
  interrupt(): void;
  kill(): void;
}

const start = (request: SessionProgramRequest, options: object): ChildProcess => {
  const [file = '', ...args] = request.argv;
  return spawn(file, args, { cwd: request.cwd, env: { ...request.env }, ...options });
};

const endOf = (child: ChildProcess): Promise<ProgramEnd> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, failure: error.message }));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });

const watchScript = `
read -r word
[ "$word" = done ] && exit 0
kill -s INT "$1" 2>/dev/null
sleep 2
kill -s KILL "$1" 2>/dev/null
`;

/** Returns the way to send the watcher home. Without a shell (Windows) nobody watches. */
const watchOver = (pid: number): (() => void) => {
  const watcher = spawn('/bin/sh', ['-c', watchScript, 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  watcher.once('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  return () => watcher.stdin.end('done\n');
};

/** Its own session, so that a Ctrl-C at the terminal does not reach it behind our back: `interrupt` says it once. */
export const startPiped = (request: SessionProgramRequest, onOutput: (bytes: Buffer) => void): PipedProgram => {
  const child = start(request, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.stdin?.on('error', () => undefined);
  child.stdout?.on('data', onOutput);
  child.stderr?.on('data', onOutput);
  const dismiss = child.pid === undefined ? () => undefined : watchOver(child.pid);
  child.once('exit', dismiss);
  return {
    pid: child.pid,
    end: endOf(child),
    interrupt: () => void child.kill('SIGINT'),
    kill: () => void child.kill('SIGKILL'),
  };
};

/**
 * The program has the terminal, Ctrl-C included. What reaches us too is ignored, but a request to end is handed on: the
 * session must not outlive us.
 */
export const runWithTerminal = async (request: SessionProgramRequest): Promise<ProgramEnd> => {
  const ignore = (): void => undefined;
  const child = start(request, { stdio: 'inherit' });
  const terminate = (): void => void child.kill('SIGTERM');
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) process.on(name, ignore);
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.on(name, terminate);
  try {
    return await endOf(child);
  } finally {
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) process.off(name, ignore);
    for (const name of ['SIGTERM', 'SIGHUP'] as const) process.off(name, terminate);
  }
};
