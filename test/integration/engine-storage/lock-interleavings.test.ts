/** Compare-and-swap on files, one operation at a time: at most one holder, and a counter that never repeats. */
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../../src/lib/engine/journal/disk.js';
import { fileRowStore, type RowStore, type VersionedRow } from '../../../src/lib/engine/lock/row-store.js';
import type { LockHolder } from '../../../src/lib/engine/ports.js';
import { interleaving } from '../../helpers/interleave.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { lockOn, lockRequest, TestProcesses, writerNamed } from '../../helpers/storage-fixtures.js';

const randomChoice =
  (random: () => number) =>
  (waiting: readonly string[]): string =>
    waiting[Math.floor(random() * waiting.length)] ?? '';

interface CountResult {
  readonly counter: number;
  readonly claimed: number;
  /** Changes whose outcome only the row itself could tell. */
  readonly unknown: number;
}

/** Every actor adds one to the counter so many times and remembers when it believes that it did. */
const countTogether = async (options: {
  readonly random: () => number;
  readonly mutate?: (disk: Disk) => Disk;
}): Promise<CountResult> => {
  const memory = new MemoryDisk();
  memory.plant('/lock', 'folder');
  const steps = interleaving();
  let claimed = 0;
  let unknown = 0;
  let ids = 0;
  const storeOf = (disk: Disk): RowStore =>
    fileRowStore({
      disk: (options.mutate ?? ((one) => one))(disk),
      // The tightest tidying: superseded rows disappear under the feet of slow actors all the time.
      keptRows: 1,
      nonce: () => {
        ids += 1;
        return `id-${ids}`;
      },
      folderFor: async () => '/lock',
      now: () => 0,
    });
  for (const actor of ['a', 'b', 'c']) {
    const pause = steps.pauseOf(actor);
    const rows = storeOf(memory.process({ before: () => pause() }).disk);
    steps.add(actor, async () => {
      for (let round = 0; round < 4; round += 1) {
        const mark = `${actor}-${round}`;
        const holders = [{ nonce: mark } as LockHolder];
        const hasIt = (row: VersionedRow): boolean => row.row.holders.some((holder) => holder.nonce === mark);
        for (;;) {
          const base = await rows.read();
          if (hasIt(base)) break;
          const swap = await rows.swap(base, {
            counter: base.row.counter + 1,
            holders: [...base.row.holders, ...holders],
          });
          if (swap === 'changed') break;
          if (swap === 'unknown') unknown += 1;
        }
        claimed += 1;
      }
    });
  }
  await steps.run(randomChoice(options.random));
  const { row } = await storeOf(memory.process().disk).read();
  expect(new Set(row.holders.map((holder) => holder.nonce)).size).toBe(row.holders.length);
  return { counter: row.counter, claimed, unknown };
};

describe('compare-and-swap', () => {
  it('loses no change and makes none twice, in random orders with rows removed early', async () => {
    const random = randomFrom(seedFor('compare-and-swap'));
    let unknown = 0;
    for (let round = 0; round < 150; round += 1) {
      const result = await countTogether({ random });
      expect(result.counter).toBe(result.claimed);
      unknown += result.unknown;
    }
    process.stderr.write(`compare-and-swap: ${unknown} outcomes had to be looked up\n`);
    expect(unknown).toBeGreaterThan(5);
  });

  it('is a test that can fail: a link that replaces what is there is caught', async () => {
    const random = randomFrom(seedFor('overwriting link'));
    const overwriting = (disk: Disk): Disk => ({
      ...disk,
      link: async (from, to) => {
        await disk.remove(to);
        return disk.link(from, to);
      },
    });
    let caught = 0;
    for (let round = 0; round < 40; round += 1) {
      const result = await countTogether({ random, mutate: overwriting }).catch(() => undefined);
      if (result === undefined || result.counter !== result.claimed) caught += 1;
    }
    expect(caught).toBeGreaterThan(5);
  });

  it('does not let a sleeper make a removed row again', async () => {
    const memory = new MemoryDisk();
    memory.plant('/lock', 'folder');
    let ids = 0;
    const nonce = (): string => {
      ids += 1;
      return `id-${ids}`;
    };
    const options = { nonce, keptRows: 1, folderFor: async () => '/lock', now: () => 0 };
    let isAsleep = true;
    const others = fileRowStore({ ...options, disk: memory.process().disk });
    const others10 = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        const base = await others.read();
        expect(await others.swap(base, { ...base.row, counter: base.row.counter + 1 })).toBe('changed');
      }
    };
    const sleeper = fileRowStore({
      ...options,
      disk: memory.process({
        before: async (operation) => {
          if (operation !== 'link' || !isAsleep) return;
          isAsleep = false;
          await others10();
        },
      }).disk,
    });
    await others10();
    const base = await sleeper.read();
    expect(await sleeper.swap(base, { ...base.row, counter: 99 })).toBe('unknown');
    expect((await sleeper.read()).row.counter).toBe(20);
  });
});

describe('the lock, one operation at a time', () => {
  it('has one holder of a scope at a time and never gives a counter twice', async () => {
    const random = randomFrom(seedFor('lock orders'));
    let taken = 0;
    for (let round = 0; round < 150; round += 1) {
      const memory = new MemoryDisk();
      const steps = interleaving();
      const inside = new Set<string>();
      const counters: number[] = [];
      const probe = new TestProcesses();
      ['a', 'b', 'c'].forEach((actor, index) => {
        probe.running.set(100 + index, `start-${actor}`);
        const pause = steps.pauseOf(actor);
        const lock = lockOn({ disk: memory.process({ before: () => pause() }).disk, probe });
        steps.add(actor, async () => {
          for (let turn = 0; turn < 3; turn += 1) {
            const request = lockRequest(`run-${actor}`, { writer: writerNamed(actor, 100 + index) });
            const result = await lock.acquire(request);
            if (result.kind === 'conflict') continue;
            inside.add(actor);
            expect([...inside]).toEqual([actor]);
            counters.push(result.lease.holders[0]?.counter ?? 0);
            await result.lease.renew();
            expect([...inside]).toEqual([actor]);
            inside.delete(actor);
            await result.lease.release();
          }
        });
      });
      await steps.run(randomChoice(random));
      expect(counters).toEqual([...new Set(counters)].sort((a, b) => a - b));
      taken += counters.length;
    }
    expect(taken).toBeGreaterThan(150);
  });
});
