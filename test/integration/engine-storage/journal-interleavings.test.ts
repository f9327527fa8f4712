/** The argument at the top of file-journal.ts, tried in every order of the operations that others can see. */
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import type { Disk } from '../../../src/lib/engine/journal/disk.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { allOrders, interleaving } from '../../helpers/interleave.js';
import { type DiskOperation, MemoryDisk } from '../../helpers/memory-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { journalOn, note, writerNamed } from '../../helpers/storage-fixtures.js';

const textsOf = (events: readonly JournalEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'step.observed' ? (event.evidence as { text: string }).text : event.type));

/** What another process can see or can be seen by: syncing changes neither. */
const isVisible = (operation: DiskOperation, path: string): boolean =>
  path.includes('/runs/run-1') &&
  (['append', 'createExclusive', 'read', 'names'].includes(operation) ||
    (operation === 'lstat' && path.includes('/journal.')));

interface RaceOptions {
  readonly takers: readonly string[];
  readonly oldAppends: number;
  readonly choose: (waiting: readonly string[]) => string;
  /** A mutant of the disk, to see that the race is able to fail. */
  readonly mutate?: (disk: Disk) => Disk;
}

interface RaceResult {
  readonly fenced: number;
  /** Acknowledged to its writer and not in the history. */
  readonly lost: readonly string[];
}

const race = async (options: RaceOptions): Promise<RaceResult> => {
  const memory = new MemoryDisk();
  const steps = interleaving();
  const acknowledged: string[] = [];
  const lost = new Set<string>();
  let fenced = 0;
  let live = false;
  const diskOf = (actor: string): Disk => {
    const pause = steps.pauseOf(actor);
    const before = (operation: DiskOperation, path: string): Promise<void> =>
      live && isVisible(operation, path) ? pause() : Promise.resolve();
    return (options.mutate ?? ((disk) => disk))(memory.process({ before }).disk);
  };
  const acting = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isPlatformError(error) || (error.details as { reason?: string }).reason !== 'fenced') throw error;
      fenced += 1;
    }
  };
  const old = await journalOn(diskOf('old')).create('run-1', writerNamed('old'));
  await old.append(note('zero'));
  acknowledged.push('zero');
  live = true;
  steps.add('old', () =>
    acting(async () => {
      for (let index = 1; index <= options.oldAppends; index += 1) {
        await old.append(note(`old-${index}`));
        acknowledged.push(`old-${index}`);
      }
    }),
  );
  for (const name of options.takers) {
    const store = journalOn(diskOf(name));
    steps.add(name, () =>
      acting(async () => {
        const writer = await store.takeOver('run-1', writerNamed(name));
        const known = textsOf(writer.events);
        // From here on this one acts: whatever anybody else acted upon, it must know.
        for (const text of acknowledged) if (!known.includes(text)) lost.add(text);
        await writer.append(note(`${name}-1`));
        acknowledged.push(`${name}-1`);
      }),
    );
  }
  await steps.run(options.choose);
  live = false;
  const last = await journalOn(memory.process().disk).takeOver('run-1', writerNamed('last'));
  await last.append(note('end'));
  const history = textsOf(await journalOn(memory.process().disk).read('run-1'));
  expect(history.at(-1)).toBe('end');
  expect(new Set(history).size).toBe(history.length);
  for (const text of acknowledged) if (!history.includes(text)) lost.add(text);
  return { fenced, lost: [...lost] };
};

describe('a writer and a taker, one operation at a time', () => {
  it('loses no acknowledged event in any order at all', async () => {
    const orders = allOrders();
    let tried = 0;
    let fenced = 0;
    for (let choose = orders.next(); choose !== undefined; choose = orders.next()) {
      const result = await race({ takers: ['taker'], oldAppends: 2, choose });
      expect(result.lost).toEqual([]);
      tried += 1;
      fenced += result.fenced;
    }
    process.stderr.write(`writer and taker: ${tried} orders, ${fenced} times fenced\n`);
    expect(tried).toBeGreaterThan(500);
    expect(fenced).toBeGreaterThan(100);
  });

  it('loses none with two takers at once, over random orders', async () => {
    const random = randomFrom(seedFor('two takers'));
    let fenced = 0;
    for (let round = 0; round < 800; round += 1) {
      const choose = (waiting: readonly string[]): string => waiting[Math.floor(random() * waiting.length)] ?? '';
      const result = await race({ takers: ['first', 'second'], oldAppends: 2, choose });
      expect(result.lost).toEqual([]);
      fenced += result.fenced;
    }
    expect(fenced).toBeGreaterThan(500);
  });

  it('is a test that can fail: a writer that does not look for the next epoch is caught', async () => {
    const blind = (disk: Disk): Disk => ({
      ...disk,
      lstat: (path) => (path.includes('/journal.') ? Promise.resolve(undefined) : disk.lstat(path)),
    });
    const orders = allOrders();
    let caught = 0;
    for (let choose = orders.next(); choose !== undefined; choose = orders.next()) {
      const result = await race({ takers: ['taker'], oldAppends: 2, choose, mutate: blind });
      if (result.lost.length > 0) caught += 1;
    }
    expect(caught).toBeGreaterThan(5);
  });
});
