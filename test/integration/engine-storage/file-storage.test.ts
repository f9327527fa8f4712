import { appendFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../../src/lib/engine/journal/disk.js';
import { epochFileName, lineOf } from '../../../src/lib/engine/journal/epoch-file.js';
import { fileJournalStore } from '../../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../../src/lib/engine/journal/node-disk.js';
import { fileLockStore } from '../../../src/lib/engine/lock/file-lock.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import {
  environmentFolder,
  note,
  TestClock,
  TestProcesses,
  target,
  writerNamed,
} from '../../helpers/storage-fixtures.js';
import { storageConformance } from './conformance.js';
import type { StorageDamage, StorageWorld } from './storage-world.js';

interface Files {
  readonly root: string;
  readonly tearEveryBytes: number;
  disk(): Disk;
  read(path: string): Promise<Buffer>;
  write(path: string, data: Buffer): Promise<void>;
  close(): Promise<void>;
}

let nonces = 0;

const worldOn = (files: Files): StorageWorld => {
  const clock = new TestClock();
  const processes = new TestProcesses();
  const elsewhere = new TestProcesses('there');
  const nonce = (): string => {
    nonces += 1;
    return `nonce-${nonces}`;
  };
  const { root } = files;
  return {
    clock,
    processes,
    journals: () => fileJournalStore({ disk: files.disk(), root, target, clock }),
    locks: (host = 'this') =>
      fileLockStore({ disk: files.disk(), root, target, clock, nonce, probe: host === 'this' ? processes : elsewhere }),
    damage: damageOf(files),
    close: () => files.close(),
  };
};

const damageOf = (files: Files): StorageDamage => {
  const pathOf = (runId: string, epoch: number): string =>
    `${files.root}/${environmentFolder}/runs/${runId}/${epochFileName(epoch)}`;
  const append = async (path: string, bytes: Uint8Array): Promise<void> =>
    files.write(path, Buffer.concat([await files.read(path), bytes]));
  return {
    tearEveryBytes: files.tearEveryBytes,
    tear: async (event, bytes) => {
      const line = lineOf(event);
      await append(pathOf(event.runId, event.epoch), line.subarray(0, bytes));
      return line.length;
    },
    appendLate: (event) => append(pathOf(event.runId, event.epoch), lineOf(event)),
    alter: async (runId, seq) => {
      for (const epoch of [1, 2]) {
        const path = pathOf(runId, epoch);
        const content = (await files.read(path)).toString('utf8');
        // The number stands in the event's own line only.
        const at = content.indexOf(`"seq":${seq},"step"`);
        if (at >= 0) return files.write(path, Buffer.from(`${content.slice(0, at + 6)}9${content.slice(at + 7)}`));
      }
      throw new Error(`no event ${seq}`);
    },
  };
};

const realFiles = async (): Promise<Files> => {
  const folder = await mkdtemp(join(tmpdir(), 'platform-storage-'));
  return {
    root: `${folder}/state/platform`,
    tearEveryBytes: 40,
    disk: nodeDisk,
    read: (path) => readFile(path),
    write: (path, data) => writeFile(path, data),
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

const memoryFiles = (): Files => {
  const memory = new MemoryDisk();
  return {
    root: '/state/platform',
    tearEveryBytes: 1,
    disk: () => memory.process().disk,
    read: async (path) => memory.content(path) ?? Buffer.alloc(0),
    write: async (path, data) => memory.put(path, data),
    close: async () => {},
  };
};

storageConformance({ name: 'files on this disk', open: async () => worldOn(await realFiles()) });
storageConformance({ name: 'files on the simulated disk', open: async () => worldOn(memoryFiles()) });

describe('the real disk', () => {
  const withFiles = async (work: (files: Files) => Promise<void>): Promise<void> => {
    const files = await realFiles();
    try {
      await work(files);
    } finally {
      await files.close();
    }
  };

  it('makes folders 0700 and files 0600, whatever the umask', () =>
    withFiles(async (files) => {
      const before = process.umask(0);
      try {
        const writer = await worldOn(files).journals().create('run-1', writerNamed('w'));
        await writer.close();
      } finally {
        process.umask(before);
      }
      const run = `${files.root}/${environmentFolder}/runs/run-1`;
      for (const folder of [files.root, `${files.root}/${environmentFolder}`, run]) {
        expect((await lstat(folder)).mode & 0o777).toBe(0o700);
      }
      expect((await lstat(`${run}/journal.1.jsonl`)).mode & 0o777).toBe(0o600);
    }));

  it('refuses a state folder that is a symbolic link, and one on the way', () =>
    withFiles(async (files) => {
      await mkdir(`${files.root}-real`, { recursive: true });
      await symlink(`${files.root}-real`, files.root);
      await expect(worldOn(files).journals().create('run-1', writerNamed('w'))).rejects.toMatchObject({
        code: 'E_POLICY',
      });
      await rm(files.root);
      await mkdir(files.root, { mode: 0o700 });
      await symlink(`${files.root}-real`, `${files.root}/123456789012`);
      await expect(worldOn(files).locks().read()).rejects.toMatchObject({ code: 'E_POLICY' });
      expect(await readdir(`${files.root}-real`)).toEqual([]);
    }));

  it('refuses a journal file that is a symbolic link', () =>
    withFiles(async (files) => {
      const { journals } = worldOn(files);
      await (await journals().create('run-1', writerNamed('w'))).append(note('one'));
      const path = `${files.root}/${environmentFolder}/runs/run-1/journal.1.jsonl`;
      await writeFile(`${files.root}/elsewhere`, await readFile(path));
      await rm(path);
      await symlink(`${files.root}/elsewhere`, path);
      await expect(journals().read('run-1')).rejects.toMatchObject({
        code: 'E_JOURNAL',
        details: { reason: 'unsafe-state-folder' },
      });
    }));

  it('reads a run in a folder that others may have added files to', () =>
    withFiles(async (files) => {
      const { journals } = worldOn(files);
      await (await journals().create('run-1', writerNamed('w'))).append(note('one'));
      const runs = `${files.root}/${environmentFolder}/runs`;
      await appendFile(`${runs}/.DS_Store`, 'x');
      await appendFile(`${runs}/run-1/journal.1.jsonl~`, 'x');
      await mkdir(`${runs}/run-0`);
      expect((await journals().list()).map((run) => run.runId)).toEqual(['run-1']);
      expect(await journals().read('run-1')).toHaveLength(1);
    }));
});
