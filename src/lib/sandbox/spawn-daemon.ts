/** Starts the daemon in a session of its own and waits until it is in the registry, or has said why not. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonOptions } from './daemon-options.js';
import { processStart } from './daemon-process.js';
import { listEntries, type SandboxEntry, sandboxFolder } from './registry.js';

export class DaemonFailed extends Error {}

const startLimitMs = 15_000;
const pollMs = 15;

export const spawnDaemon = async (
  options: Omit<DaemonOptions, 'log'> & { readonly entry: string; readonly stamp: string },
): Promise<SandboxEntry> => {
  const { entry, stamp, ...daemon } = options;
  sandboxFolder(options.registryState, process.getuid?.());
  const logs = join(options.registryState, 'sandbox-logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = join(logs, `${stamp}.log`);
  const output = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [entry, JSON.stringify({ ...daemon, log })], {
    detached: true,
    stdio: ['ignore', output, output],
    // Nothing of the operator's AWS set-up reaches a process that plays AWS.
    env: withoutAws(process.env),
  });
  closeSync(output);
  let hasExited = false;
  child.once('exit', () => {
    hasExited = true;
  });
  child.once('error', () => {
    hasExited = true;
  });
  child.unref();
  const until = performance.now() + startLimitMs;
  while (!hasExited && performance.now() < until) {
    const found = listEntries(options.registryState, process.getuid?.()).find(({ pid }) => pid === child.pid);
    if (found) return found;
    await sleep(pollMs);
  }
  throw new DaemonFailed(lastLine(log) ?? 'the sandbox did not start');
};

const withoutAws = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_'))),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

const lastLine = (path: string): string | undefined => {
  try {
    const line = readFileSync(path, 'utf8').trimEnd().split('\n').at(-1);
    return line?.replace(/^\S+ failed: /, '') || undefined;
  } catch {
    return undefined;
  }
};

/** True when the process is gone within the limit. */
export const waitForEnd = async (
  process_: { readonly pid: number; readonly pidStart: string },
  limitMs: number,
): Promise<boolean> => {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (processStart(process_.pid) !== process_.pidStart) return true;
    await sleep(pollMs);
  }
  return false;
};

export const ownEntries = (registryState: string): readonly SandboxEntry[] =>
  listEntries(registryState, process.getuid?.());
