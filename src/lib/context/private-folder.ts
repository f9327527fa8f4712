/** A folder that is ours alone: 0700, no link, not another user's; made when it is missing. Throws otherwise. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';

export const privateFolder = (folder: string): string => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  const isOurs = process.getuid === undefined || stat.uid === process.getuid();
  if (!stat.isDirectory() || !isOurs) throw new Error(`${folder} is not a folder of ours`);
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
};
