import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { fileJournalStore, fileJournalsAt } from '../../../src/lib/engine/journal/file-journal.js';
import type { JournalWriter } from '../../../src/lib/engine/ports.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import { environmentFolder, journalOn, note, TestClock, target, writerNamed } from '../../helpers/storage-fixtures.js';

const folder = `/state/platform/${environmentFolder}/runs/run-1`;
const epochPath = (epoch: number): string => `${folder}/journal.${epoch}.jsonl`;
const textsOf = (events: readonly JournalEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'step.observed' ? (event.evidence as { text: string }).text : event.type));

/** `one`, `two` by a first writer; `three` by a second one. */
const twoEpochs = async (): Promise<MemoryDisk> => {
  const disk = new MemoryDisk();
  const store = journalOn(disk.process().disk);
  const first = await store.create('run-1', writerNamed('first'));
  await first.append(note('one'));
  await first.append(note('two'));
  const second = await store.takeOver('run-1', writerNamed('second'));
  await second.append(note('three'));
  return disk;
};

const outcomeOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work;
  } catch (error) {
    if (isPlatformError(error)) return { code: error.code, details: error.details };
    throw error;
  }
};

describe('a journal on files', () => {
  it('keeps a run below account, region, project and environment, closed to others', async () => {
    const disk = await twoEpochs();
    expect(disk.paths()).toContain(epochPath(1));
    expect(disk.mode('/state/platform')).toBe(0o700);
    expect(disk.mode(folder)).toBe(0o700);
    expect(disk.mode(epochPath(1))).toBe(0o600);
  });

  it('begins a later epoch with a seal line that names what counts of the one before', async () => {
    const disk = await twoEpochs();
    const [line] = String(disk.content(epochPath(2))).split('\n');
    const sealed = disk.content(epochPath(1));
    expect(JSON.parse(line ?? '')).toMatchObject({
      kind: 'epoch',
      epoch: 2,
      base: { epoch: 1, bytes: sealed?.length, seq: 2 },
    });
  });

  it('keeps a sandbox apart from every account, and refuses names that are no folder names', async () => {
    const options = { disk: new MemoryDisk().process().disk, root: '/state/platform', clock: new TestClock() };
    const sandboxed = fileJournalStore({ ...options, target: { ...target, sandbox: 'demo' } });
    expect(sandboxed.addressOf('run-1')).toBe('file:sandbox-demo/eu-west-1/shop/staging/runs/run-1');
    for (const part of [
      { account: 'sandbox-x' },
      { account: '..' },
      { region: '../x' },
      { project: '' },
      { environment: 'A' },
      { sandbox: 'a/b' },
    ]) {
      expect(() => fileJournalStore({ ...options, target: { ...target, ...part } })).toThrow(
        /folder name|twelve-digit/,
      );
    }
    await expect(sandboxed.create('../run', writerNamed('w'))).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('serves its own addresses only', () => {
    const store = journalOn(new MemoryDisk().process().disk);
    const at = fileJournalsAt(store);
    expect(at(store.addressOf('run-1'))).toBe(store);
    expect(at(store.addressOf('run-1').replace('staging', 'production'))).toBeUndefined();
    expect(at('dynamodb:table/run-1')).toBeUndefined();
  });
});

describe('state folders that are not safe', () => {
  it.each([
    ['a symbolic link', 'symlink', 1000],
    ["somebody else's folder", 'folder', 0],
  ] as const)('refuses %s', async (_what, kind, owner) => {
    for (const path of ['/state/platform', '/state/platform/123456789012']) {
      const disk = new MemoryDisk();
      if (path !== '/state/platform') disk.plant('/state/platform', 'folder');
      disk.plant(path, kind, owner);
      const store = journalOn(disk.process().disk);
      await expect(store.create('run-1', writerNamed('w'))).rejects.toMatchObject({ code: 'E_POLICY', exitCode: 3 });
      await expect(store.list()).rejects.toMatchObject({ code: 'E_POLICY' });
    }
  });

  it('closes one of our own that is open to others', async () => {
    const disk = new MemoryDisk();
    disk.plant('/state/platform', 'folder', 1000, 0o755);
    await journalOn(disk.process().disk).create('run-1', writerNamed('w'));
    expect(disk.mode('/state/platform')).toBe(0o700);
  });
});

describe('altered files', () => {
  it('finds a file that is gone or shorter than it was sealed', async () => {
    const disk = await twoEpochs();
    const shorter = disk.copy();
    shorter.put(epochPath(1), (disk.content(epochPath(1)) ?? Buffer.alloc(0)).subarray(0, -1));
    await expect(journalOn(shorter.process().disk).read('run-1')).rejects.toMatchObject({ exitCode: 9 });
    const gone = disk.copy();
    await gone.process().disk.remove(epochPath(1));
    await expect(journalOn(gone.process().disk).read('run-1')).rejects.toMatchObject({ code: 'E_JOURNAL' });
  });

  it('does not fence a living writer for a journal that cannot be read', async () => {
    const disk = await twoEpochs();
    disk.put(epochPath(1), Buffer.from('nonsense\n'));
    await expect(journalOn(disk.process().disk).takeOver('run-1', writerNamed('w'))).rejects.toMatchObject({
      code: 'E_JOURNAL',
    });
    expect(disk.paths()).not.toContain(epochPath(3));
  });
});

describe('a disk that refuses', () => {
  const opened = async (): Promise<{ disk: MemoryDisk; writer: JournalWriter }> => {
    const disk = new MemoryDisk();
    const writer = await journalOn(disk.process().disk).create('run-1', writerNamed('first'));
    await writer.append(note('one'));
    return { disk, writer };
  };

  it('says that it is full, leaves no half line behind, and goes on when there is room again', async () => {
    for (let room = 0; room < 300; room += 50) {
      const { disk, writer } = await opened();
      const before = disk.content(epochPath(1));
      disk.freeBytes = room;
      const error = await outcomeOf(writer.append(note('two')));
      expect(error).toMatchObject({ code: 'E_JOURNAL', details: { reason: 'no-space' } });
      expect(disk.content(epochPath(1))).toEqual(before);
      disk.freeBytes = Number.POSITIVE_INFINITY;
      await writer.append(note('three'));
      expect(textsOf(await journalOn(disk.process().disk).read('run-1'))).toEqual(['one', 'three']);
    }
  });

  it('writes nothing more after a sync that failed, for nobody knows what is on the disk', async () => {
    const { disk, writer } = await opened();
    disk.failNext('sync', 'EIO');
    expect(await outcomeOf(writer.append(note('two')))).toMatchObject({ details: { reason: 'io', system: 'EIO' } });
    expect(await outcomeOf(writer.append(note('three')))).toMatchObject({ details: { system: 'EIO' } });
    const taken = await journalOn(disk.process().disk).takeOver('run-1', writerNamed('second'));
    await taken.append(note('four'));
    expect(textsOf(await journalOn(disk.process().disk).read('run-1'))).toEqual(['one', 'two', 'four']);
  });

  it('writes nothing more when half a line can not be taken back, and the next writer begins behind the last whole one', async () => {
    const { disk, writer } = await opened();
    disk.freeBytes = 10;
    disk.failNext('truncate', 'EIO');
    expect(await outcomeOf(writer.append(note('two')))).toMatchObject({ details: { reason: 'no-space' } });
    disk.freeBytes = Number.POSITIVE_INFINITY;
    expect(await outcomeOf(writer.append(note('three')))).toMatchObject({ details: { reason: 'no-space' } });
    await (await journalOn(disk.process().disk).takeOver('run-1', writerNamed('second'))).append(note('four'));
    expect(textsOf(await journalOn(disk.process().disk).read('run-1'))).toEqual(['one', 'four']);
  });

  it('says that it is read-only, for a new run and for a take-over, and reads on', async () => {
    const { disk } = await opened();
    disk.readOnly = true;
    const store = journalOn(disk.process().disk);
    const refusal = { code: 'E_JOURNAL', details: { reason: 'read-only', system: 'EROFS' } };
    await expect(store.create('run-2', writerNamed('w'))).rejects.toMatchObject(refusal);
    await expect(store.takeOver('run-1', writerNamed('w'))).rejects.toMatchObject(refusal);
    expect(textsOf(await store.read('run-1'))).toEqual(['one']);
  });

  it.each([
    ['EACCES', 'denied', 'permission is denied'],
    ['EDQUOT', 'no-space', 'quota'],
    ['EWEIRD', 'io', 'EWEIRD'],
  ])('translates %s', async (system, reason, text) => {
    const { disk } = await opened();
    disk.failNext('createExclusive', system);
    const work = journalOn(disk.process().disk).create('run-2', writerNamed('w'));
    await expect(work).rejects.toMatchObject({
      message: expect.stringContaining(text) as string,
      details: { reason, system },
    });
  });

  it('leaves a readable journal when the disk is full in the middle of a take-over', async () => {
    for (let room = 0; room < 400; room += 40) {
      const { disk } = await opened();
      disk.freeBytes = room;
      await outcomeOf(journalOn(disk.process().disk).takeOver('run-1', writerNamed('second')));
      disk.freeBytes = Number.POSITIVE_INFINITY;
      await (await journalOn(disk.process().disk).takeOver('run-1', writerNamed('third'))).append(note('two'));
      expect(textsOf(await journalOn(disk.process().disk).read('run-1'))).toEqual(['one', 'two']);
    }
  });
});
