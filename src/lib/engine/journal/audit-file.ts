/**
 * What people did to an environment outside a run: entering a container, opening a tunnel. One file per environment beside
 * its journals, `audit.jsonl`, 0600, lines are only ever added, each durable before the thing itself happens. It is no
 * chain and no fence: AWS's own record of the call (CloudTrail) is the one that counts.
 */
import * as fs from 'node:fs';
import { constants } from 'node:fs';
import { promisify } from 'node:util';
import { PlatformError } from '../../errors/platform-error.js';
import type { Json } from '../../plan/json.js';
import type { Target } from '../../plan/plan.js';
import { nodeDisk } from './node-disk.js';
import { ensureFolder, join, targetComponents } from './state-folder.js';
import { storageError } from './storage-error.js';

const open = promisify(fs.open);
const write = promisify(fs.write);
const sync = promisify(fs.fsync);
const stat = promisify(fs.fstat);
const close = promisify(fs.close);

export const auditName = 'audit.jsonl';

/** Resolves when the line is on the disk; throws a PlatformError otherwise, and then the thing must not happen. */
export const appendAudit = async (
  at: { readonly root: string; readonly target: Target },
  entry: Readonly<Record<string, Json>>,
): Promise<void> => {
  try {
    const disk = nodeDisk();
    const folder = await ensureFolder(disk, at.root, targetComponents(at.target));
    await addLine(join(folder, auditName), `${JSON.stringify(entry)}\n`, disk.uid);
    await disk.syncFolder(folder);
  } catch (error) {
    throw storageError(error, 'write the audit file');
  }
};

const addLine = async (path: string, line: string, uid: number | undefined): Promise<void> => {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    const found = await stat(file);
    if (!found.isFile() || (uid !== undefined && found.uid !== uid))
      throw new PlatformError('E_JOURNAL', `${path} is not a file of ours`, { hints: ['remove it'] });
    // One write: lines of two processes do not mix.
    await write(file, line);
    await sync(file);
  } finally {
    await close(file);
  }
};
