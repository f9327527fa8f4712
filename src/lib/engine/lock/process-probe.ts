/** Is the process that took a lock still there? A pid alone proves nothing: it is paired with boot and start time. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LockHolder } from '../ports.js';

export type ProcessState =
  | { readonly kind: 'running' /** Compared for equality only. */; readonly startedAt: string }
  | { readonly kind: 'absent' }
  /** The system does not say. */
  | { readonly kind: 'unknown' };

/** Synchronous: it reads two small files of the kernel, or asks `ps`. */
export interface ProcessProbe {
  readonly host: string;
  /** Names one boot of one process table; `''` when the system does not say, and then nobody counts as local. */
  boot(): string;
  process(pid: number): ProcessState;
}

export type Liveness = 'gone' | 'live' | 'remote';

/** gone and live only for a holder of this host, this boot and this process table; any other's lease must run out. */
export const livenessOf = (holder: LockHolder, probe: ProcessProbe): Liveness => {
  const boot = probe.boot();
  if (boot === '' || holder.boot !== boot || holder.writer.host !== probe.host) return 'remote';
  const state = probe.process(holder.writer.pid);
  switch (state.kind) {
    case 'absent':
      return 'gone';
    case 'running':
      return state.startedAt === holder.pidStartedAt ? 'live' : 'gone';
    case 'unknown':
      return 'remote';
  }
};

/** Runs a program and gives its trimmed output; undefined when it failed. */
export type Ask = (program: string, args: readonly string[]) => string | undefined;

const ask: Ask = (program, args) => {
  try {
    const env = { PATH: '/usr/sbin:/sbin:/usr/bin:/bin', LC_ALL: 'C' };
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return execFileSync(program, args, { encoding: 'utf8', timeout: 5000, stdio: [...stdio], env }).trim();
  } catch {
    return undefined;
  }
};

/** Asked once: neither answer changes while this process lives. */
const once = (read: () => string): (() => string) => {
  let known: string | undefined;
  return () => {
    known ??= read();
    return known;
  };
};

const linuxProbe = (host: string): ProcessProbe => ({
  host,
  boot: once(linuxBoot),
  process: (pid) => {
    try {
      return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === 'ENOENT' || code === 'ESRCH' ? { kind: 'absent' } : { kind: 'unknown' };
    }
  },
});

/** Two containers of one machine share the boot id but not the pids, so the pid namespace is part of the name. */
const linuxBoot = (): string => {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
};

/** The name in field 2 may hold blanks and parentheses, so fields are counted behind its last one. */
export const parseProcStat = (stat: string): ProcessState => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  // Field 22; field 3 is the first here.
  const startedAt = fields[19];
  if (state === undefined || startedAt === undefined) return { kind: 'unknown' };
  // Killed and not yet collected by its parent: it does nothing any more.
  return state === 'Z' || state === 'X' ? { kind: 'absent' } : { kind: 'running', startedAt };
};

/** macOS and the BSDs. `kern.boottime` moves when the clock is set, so the session id is preferred where it exists. */
export const bsdProbe = (host: string, run: Ask = ask): ProcessProbe => ({
  host,
  boot: once(() => run('sysctl', ['-n', 'kern.bootsessionuuid']) ?? run('sysctl', ['-n', 'kern.boottime']) ?? ''),
  process: (pid) => {
    const startedAt = run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    if (startedAt) return { kind: 'running', startedAt };
    // ps fails for an absent pid and when it cannot run; it must know our own to be believed.
    return run('ps', ['-o', 'lstart=', '-p', String(process.pid)]) ? { kind: 'absent' } : { kind: 'unknown' };
  },
});

const unknowingProbe = (host: string): ProcessProbe => ({
  host,
  boot: () => '',
  process: () => ({ kind: 'unknown' }),
});

export const systemProbe = (): ProcessProbe => {
  const host = hostname();
  switch (process.platform) {
    case 'linux':
      return linuxProbe(host);
    case 'darwin':
    case 'freebsd':
    case 'openbsd':
      return bsdProbe(host);
    default:
      return unknowingProbe(host);
  }
};
