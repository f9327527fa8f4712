/** Crashes at every operation, power cuts, every changed byte: on the simulated disk. */
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import type { JournalWriter } from '../../../src/lib/engine/ports.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { environmentFolder, journalOn, note, writerNamed } from '../../helpers/storage-fixtures.js';

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
    for (let round = 0; round < 6; round += 1) {
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
