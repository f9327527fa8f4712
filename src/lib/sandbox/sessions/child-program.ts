/**
 * A session's command as a child process: in the container's folder, with the container's environment and nothing of the
 * operator's, in a process group of its own that ends with the session. Its output is one stream, as a terminal's is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ContainerHome } from '../task-runner.js';
import type { Program, ProgramEnds } from './program.js';

const graceMs = 2_000;

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isFound = (name: string, { env, cwd }: ContainerHome): boolean =>
  name.includes('/')
    ? isExecutable(join(name.startsWith('/') ? '/' : cwd, name))
    : (env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));

/** A shell without a script asks for a terminal, which it does not get here: it is told to behave as if. */
const asInteractive = (words: readonly string[]): readonly string[] =>
  words.length === 1 && /^(?:.*\/)?(?:ba|da|a)?sh$/.test(words[0] ?? '') ? [...words, '-i'] : words;

export const startChild = (
  home: ContainerHome,
  { words, ends }: { readonly words: readonly string[]; readonly ends: ProgramEnds },
): Program | undefined => {
  const [name = ''] = words;
  if (!isFound(name, home)) {
    ends.ended(`Failed to start pty: exec: "${name}": executable file not found in $PATH`);
    return undefined;
  }
  const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', ...asInteractive(words)], {
    cwd: home.cwd,
    env: { TERM: 'xterm-256color', LANG: 'C.UTF-8', ...home.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { pid } = child;
  if (pid !== undefined) home.guard.add(pid);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes: Buffer) => {
    ends.print(bytes);
    child.stdout.pause();
    void ends.room().then(() => child.stdout.resume());
  });
  let isOver = false;
  const over = (why?: string): void => {
    if (isOver) return;
    isOver = true;
    // What it left running in its group ends with it, as at the end of a terminal.
    signalGroup(child, 'SIGKILL');
    if (pid !== undefined) home.guard.drop(pid);
    ends.ended(why);
  };
  child.once('error', (error) => over(`Failed to start pty: ${error.message}`));
  // A child of the command may hold the output open; the command's own end is the session's.
  child.once('exit', () => {
    const last = setTimeout(() => over(), graceMs);
    child.once('close', () => {
      clearTimeout(last);
      over();
    });
  });
  return {
    write: (bytes) => void child.stdin.write(bytes),
    signal: (signalName) => signalGroup(child, signalName),
    endOfInput: () => child.stdin.end(),
    hangUp: () => {
      if (isOver) return;
      child.stdout.resume();
      signalGroup(child, 'SIGHUP');
      setTimeout(() => {
        if (!isOver) signalGroup(child, 'SIGKILL');
      }, graceMs).unref();
    },
  };
};

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
};
