/** The real Disk. O_NOFOLLOW and O_EXCL everywhere: a planted symlink is refused, never followed. */
import * as fs from 'node:fs';
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Disk, DiskFile, DiskStat } from './disk.js';

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && codes.includes(String((error as NodeJS.ErrnoException).code));

const unlessAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
};

/**
 * Plain descriptors: a FileHandle that a dying run forgets to close prints warnings into people's terminals when it is
 * collected, and a descriptor ends with its process anyway.
 */
const onDescriptor = {
  open: promisify(fs.open),
  write: promisify(fs.write),
  sync: promisify(fs.fsync),
  truncate: promisify(fs.ftruncate),
  stat: promisify(fs.fstat),
  close: promisify(fs.close),
};

class NodeDiskFile implements DiskFile {
  private isOpen = true;

  constructor(private readonly descriptor: number) {}

  async append(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesWritten } = await onDescriptor.write(this.descriptor, bytes, offset, bytes.length - offset);
      offset += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return onDescriptor.sync(this.descriptor);
  }

  truncate(size: number): Promise<void> {
    return onDescriptor.truncate(this.descriptor, size);
  }

  async size(): Promise<number> {
    return (await onDescriptor.stat(this.descriptor)).size;
  }

  async close(): Promise<void> {
    // Closing a number twice could close somebody else's file.
    if (!this.isOpen) return;
    this.isOpen = false;
    await onDescriptor.close(this.descriptor);
  }
}

const syncPath = async (path: string, flags: number): Promise<void> => {
  const handle = await open(path, constants.O_RDONLY | flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Some systems cannot sync a folder at all (Windows; a few network mounts); there is nothing better to do there. */
const syncFolder = async (path: string): Promise<void> => {
  try {
    await syncPath(path, constants.O_DIRECTORY);
  } catch (error) {
    if (!isCode(error, 'EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP')) throw error;
  }
};

const kindOf = (stat: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): DiskStat['kind'] => {
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isDirectory()) return 'folder';
  return stat.isFile() ? 'file' : 'other';
};

const readWhole = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
};

const createExclusive = async (path: string): Promise<DiskFile | undefined> => {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND;
  try {
    return new NodeDiskFile(await onDescriptor.open(path, flags, 0o600));
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined;
    throw error;
  }
};

export const nodeDisk = (): Disk => ({
  uid: process.getuid?.(),
  lstat: async (path) => {
    const stat = await unlessAbsent(lstat(path));
    if (!stat) return undefined;
    const uid = process.getuid ? stat.uid : undefined;
    return { kind: kindOf(stat), size: stat.size, mode: stat.mode & 0o7777, uid, modifiedAt: stat.mtimeMs };
  },
  makeFolder: async (path) => {
    try {
      await mkdir(path, { mode: 0o700 });
      return 'made';
    } catch (error) {
      if (isCode(error, 'EEXIST')) return 'there';
      throw error;
    }
  },
  chmod,
  createExclusive,
  read: (path) => unlessAbsent(readWhole(path)),
  names: (path) => unlessAbsent(readdir(path)),
  link: async (from, to) => {
    try {
      await link(from, to);
      return 'linked';
    } catch (error) {
      if (isCode(error, 'EEXIST')) return 'taken';
      if (isCode(error, 'ENOENT')) return 'gone';
      throw error;
    }
  },
  remove: async (path) => {
    await unlessAbsent(unlink(path));
  },
  syncFile: (path) => syncPath(path, constants.O_NOFOLLOW),
  syncFolder,
});
