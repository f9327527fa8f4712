/** `--state DIR`: the world in a file, so that a sandbox goes on after a restart where it was. */
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from './world.js';

const fileName = 'sandbox-state.json';

export class UnusableState extends Error {}

/** The saved state as text, or undefined when there is none yet. Throws UnusableState when it is not one of ours. */
export const readState = (folder: string): string | undefined => {
  const path = join(folder, fileName);
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as { version?: unknown; sandboxId?: unknown; regions?: unknown };
    if (state.version === 1 && typeof state.sandboxId === 'string' && typeof state.regions === 'object') return text;
  } catch {
    // Falls through: a broken file is refused like a foreign one.
  }
  throw new UnusableState(`${path} is not the state of a sandbox`);
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UnusableState(`${path} cannot be read: ${(error as Error).message}`);
  }
};

export interface StateWriter {
  /** Writes when something has changed since the last time. */
  save(): void;
}

export const stateWriter = (world: World, folder: string): StateWriter => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!lstatSync(folder).isDirectory()) throw new UnusableState(`${folder} is not a folder`);
  const path = join(folder, fileName);
  let saved = '';
  return {
    save: () => {
      // The time alone is no change: an idle sandbox does not write.
      const mark = `${world.state.sandboxId}/${world.state.nextSeq}/${world.state.nextTimer}`;
      if (mark === saved) return;
      writeFileSync(`${path}.new`, world.snapshot(), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      saved = mark;
    },
  };
};
