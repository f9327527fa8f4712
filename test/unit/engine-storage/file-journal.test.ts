import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { fileJournalStore, fileJournalsAt } from '../../../src/lib/engine/journal/file-journal.js';
import type { JournalWriter } from '../../../src/lib/engine/ports.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
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

describe('altered bytes', () => {
  it('finds any single changed byte of the history and names an event at or after it', async () => {
    const disk = await twoEpochs();
    const lineStarts = (path: string): readonly number[] => {
      const content = disk.content(path) ?? Buffer.alloc(0);
      return [0, ...[...content.keys()].filter((at) => content[at] === 0x0a).map((at) => at + 1)];
    };
    let found = 0;
    for (const epoch of [1, 2]) {
      const original = disk.content(epochPath(epoch)) ?? Buffer.alloc(0);
      for (let at = 0; at < original.length; at += 1) {
        for (const byte of [at % 3 === 0 ? 0x0a : (original[at] ?? 0) ^ 0x20]) {
          if (byte === original[at]) continue;
          const changed = Buffer.from(original);
          changed[at] = byte;
          const twin = disk.copy();
          twin.put(epochPath(epoch), changed);
          const line = lineStarts(epochPath(epoch)).filter((start) => start <= at).length;
          // Epoch 1 holds events 1 and 2; epoch 2 a seal line and event 3.
          const seq = epoch === 1 ? line : 3;
          const error = await outcomeOf(journalOn(twin.process().disk).read('run-1'));
          expect(error).toMatchObject({ code: 'E_JOURNAL', details: { reason: 'altered' } });
          expect((error as { details: { seq: number } }).details.seq).toBeGreaterThanOrEqual(Math.min(seq, 2));
          expect((error as { details: { seq: number } }).details.seq).toBeLessThanOrEqual(seq);
          found += 1;
        }
      }
    }
    expect(found).toBeGreaterThan(1000);
  });

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
    for (let room = 0; room < 300; room += 7) {
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

  it('leaves a readable journal when the disk is full in the middle of a take-over', async () => {
    for (let room = 0; room < 400; room += 13) {
      const { disk } = await opened();
      disk.freeBytes = room;
      await outcomeOf(journalOn(disk.process().disk).takeOver('run-1', writerNamed('second')));
      disk.freeBytes = Number.POSITIVE_INFINITY;
      await (await journalOn(disk.process().disk).takeOver('run-1', writerNamed('third'))).append(note('two'));
      expect(textsOf(await journalOn(disk.process().disk).read('run-1'))).toEqual(['one', 'two']);
    }
  });
});

/** Every acknowledged event is in the history, in order, and nobody acknowledged it twice. */
const expectAllIn = (acknowledged: readonly string[], history: readonly JournalEvent[]): void => {
  const texts = textsOf(history);
  expect(texts.filter((text) => acknowledged.includes(text)).sort()).toEqual([...acknowledged].sort());
};

const finalHistory = async (disk: MemoryDisk): Promise<readonly JournalEvent[]> => {
  const writer = await journalOn(disk.process().disk).takeOver('run-1', writerNamed('last'));
  await writer.append(note('end'));
  const events = await journalOn(disk.process().disk).read('run-1');
  expect(textsOf(events).at(-1)).toBe('end');
  return events;
};

describe('a crash at every operation', () => {
  /** Creates, appends twice, is taken over, appends twice more; what it acknowledged is collected. */
  const story = async (disk: Parameters<typeof journalOn>[0], acknowledged: string[]): Promise<void> => {
    const store = journalOn(disk);
    const say = async (writer: JournalWriter, text: string): Promise<void> => {
      await writer.append(note(text));
      acknowledged.push(text);
    };
    const first = await store.create('run-1', writerNamed('first'));
    acknowledged.push('created');
    await say(first, 'one');
    await say(first, 'two');
    const second = await store.takeOver('run-1', writerNamed('second'));
    await say(second, 'three');
    const third = await store.takeOver('run-1', writerNamed('third'));
    await say(third, 'four');
  };

  const whole = async (): Promise<number> => {
    const process = new MemoryDisk().process();
    await story(process.disk, []);
    return process.count();
  };

  const dieAt = async (point: { index: number; tornBytes?: number }, cutPower?: () => number): Promise<void> => {
    const disk = new MemoryDisk();
    const acknowledged: string[] = [];
    await expect(story(disk.process({ dieAt: point }).disk, acknowledged)).rejects.toThrow('killed');
    if (cutPower) disk.cutPower(cutPower);
    if (!acknowledged.includes('created')) {
      const listed = await journalOn(disk.process().disk).list();
      if (listed.length === 0) return;
    }
    expectAllIn(
      acknowledged.filter((text) => text !== 'created'),
      await finalHistory(disk),
    );
  };

  it('never loses an acknowledged event to a kill, at any byte of any append', async () => {
    const count = await whole();
    expect(count).toBeGreaterThan(50);
    for (let index = 0; index < count; index += 1) {
      for (const tornBytes of [0, 150, 1000]) await dieAt({ index, tornBytes });
    }
  });

  it('never loses an acknowledged event to a power cut, whatever of the rest reached the disk', async () => {
    const random = randomFrom(seedFor('power cuts'));
    const count = await whole();
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < count; index += 1)
        await dieAt({ index, tornBytes: Math.floor(random() * 500) }, random);
    }
  });

  it('reads the events before a torn one after a kill inside every byte of an append', async () => {
    const disk = new MemoryDisk();
    const writer = await journalOn(disk.process().disk).create('run-1', writerNamed('first'));
    await writer.append(note('one'));
    const whole = disk.content(epochPath(1)) ?? Buffer.alloc(0);
    await writer.append(note('two'));
    const line = (disk.content(epochPath(1)) ?? Buffer.alloc(0)).subarray(whole.length);
    for (let torn = 0; torn < line.length; torn += 1) {
      const twin = disk.copy();
      twin.put(epochPath(1), Buffer.concat([whole, line.subarray(0, torn)]));
      expect(textsOf(await journalOn(twin.process().disk).read('run-1'))).toEqual(['one']);
      expect(textsOf(await finalHistory(twin))).toEqual(['one', 'end']);
    }
  });
});
