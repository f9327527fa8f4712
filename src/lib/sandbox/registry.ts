/**
 * The sandboxes that this user runs: one file each in `<state>/sandboxes/`, 0600 in a 0700 folder (it holds the control
 * token), found from any folder. A file whose process is gone is stale and removed. Written by the daemon.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isSameProcess } from './daemon-process.js';

export interface SandboxEntry {
  readonly id: string;
  readonly endpoint: string;
  readonly pid: number;
  /** Start time of the process, as the system tells it. */
  readonly pidStart: string;
  readonly token: string;
  readonly speed: number;
  readonly region: string;
  readonly account: string;
  readonly exec: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly createdAt: string;
  readonly stateFolder?: string;
  readonly log: string;
}

export class UnsafeFolder extends Error {}

const folderOf = (state: string): string => join(state, 'sandboxes');

/** Makes the folder, and refuses one that somebody else could have put there. */
export const sandboxFolder = (state: string, uid: number | undefined): string => {
  const folder = folderOf(state);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || (uid !== undefined && stat.uid !== uid))
    throw new UnsafeFolder(`${folder} is a link or belongs to another user`);
  return folder;
};

export const writeEntry = (folder: string, entry: SandboxEntry): void => {
  const path = join(folder, `${entry.id}.json`);
  writeFileSync(`${path}.new`, `${JSON.stringify(entry, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

export const removeEntry = (folder: string, id: string): void => rmSync(join(folder, `${id}.json`), { force: true });

export const hasEntry = (folder: string, id: string): boolean => existsSync(join(folder, `${id}.json`));

const isEntry = (value: unknown): value is SandboxEntry => {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  return (
    typeof entry['pid'] === 'number' &&
    ['id', 'endpoint', 'pidStart', 'token', 'accessKeyId', 'secretAccessKey'].every(
      (name) => typeof entry[name] === 'string',
    )
  );
};

const readEntry = (path: string, uid: number | undefined): SandboxEntry | undefined => {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || (uid !== undefined && stat.uid !== uid)) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Running sandboxes, oldest first; removes the files of those that are gone. */
export const listEntries = (state: string, uid: number | undefined): readonly SandboxEntry[] => {
  const folder = folderOf(state);
  const names = namesIn(folder);
  const entries = names.flatMap((name) => {
    const entry = readEntry(join(folder, name), uid);
    if (!entry) return [];
    if (isSameProcess(entry.pid, entry.pidStart)) return [entry];
    rmSync(join(folder, name), { force: true });
    return [];
  });
  return entries.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).filter((name) => /^[a-z0-9][a-z0-9-]{0,62}\.json$/.test(name));
  } catch {
    return [];
  }
};
