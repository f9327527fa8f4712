/**
 * The debug log: one file per command in the state folder, 0600, redacted, the last ten kept. It is made at the first
 * entry and is best effort: a log that cannot be written never fails a command.
 */
import { appendFileSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './context.js';
import { privateFolder } from './private-folder.js';

const kept = 10;

export interface DebugLog extends Log {
  /** Path of the file, once there is one. */
  file(): string | undefined;
}

export interface DebugLogOptions {
  readonly state: string;
  readonly now: () => number;
  readonly redact: (text: string) => string;
}

export const debugLog = (options: DebugLogOptions): DebugLog => {
  let file: string | undefined;
  let isOff = false;
  const open = (): string => {
    privateFolder(options.state);
    const folder = privateFolder(join(options.state, 'logs'));
    const name = `${new Date(options.now()).toISOString().replaceAll(':', '-')}-${process.pid}.log`;
    prune(folder);
    return join(folder, name);
  };
  return {
    file: () => file,
    debug: (message, fields = {}) => {
      if (isOff) return;
      try {
        file ??= open();
        const entry = { at: new Date(options.now()).toISOString(), message, ...fields };
        appendFileSync(file, `${options.redact(JSON.stringify(entry))}\n`, { mode: 0o600 });
      } catch {
        isOff = true;
        file = undefined;
      }
    },
  };
};

/** Leaves room for the one that is about to be made. */
const prune = (folder: string): void => {
  const logs = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
  for (const name of logs.slice(0, Math.max(0, logs.length - (kept - 1)))) unlinkSync(join(folder, name));
};
