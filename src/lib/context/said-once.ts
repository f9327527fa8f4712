/** Remembers in the state folder that something was said, for notes that are worth reading once. Best effort. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from './context.js';
import { privateFolder } from './private-folder.js';

export const isFirstTime = (paths: Pick<Paths, 'state'>, topic: string): boolean => {
  try {
    privateFolder(paths.state);
    const folder = privateFolder(join(paths.state, 'said'));
    writeFileSync(join(folder, topic), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
};
