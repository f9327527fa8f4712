/** Is that process still the one that was meant? A pid is used again; pid and start time together are not. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Something that is the same for the life of a process and differs for the next one with its pid; undefined when it is gone. */
export const processStart = (pid: number): string | undefined => {
  try {
    // Field 22 of /proc/PID/stat, counted after the command name, which may contain spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return isLinux() ? undefined : startFromPs(pid);
  }
};

const isLinux = (): boolean => process.platform === 'linux';

const startFromPs = (pid: number): string | undefined => {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
};

export const isSameProcess = (pid: number, start: string): boolean => processStart(pid) === start;

/** Ends it only when it is the one that was meant. */
export const endProcess = (
  process_: { readonly pid: number; readonly start: string },
  signal: NodeJS.Signals,
): boolean => {
  if (!isSameProcess(process_.pid, process_.start)) return false;
  try {
    process.kill(process_.pid, signal);
    return true;
  } catch {
    return false;
  }
};
