/** The lock's process killed at every operation, on the simulated disk. */
import { describe, expect, it } from 'vitest';
import type { Lease, LockStore } from '../../../src/lib/engine/ports.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { lockOn, lockRequest, TestProcesses } from '../../helpers/storage-fixtures.js';

const held = async (lock: LockStore, request: Parameters<LockStore['acquire']>[0]): Promise<Lease> => {
  const result = await lock.acquire(request);
  if (result.kind !== 'held') throw new Error(`refused: ${JSON.stringify(result.conflicts)}`);
  return result.lease;
};

describe('a crash at every operation of the lock', () => {
  const story = async (disk: Parameters<typeof lockOn>[0]['disk'], counters: number[]): Promise<void> => {
    const probe = new TestProcesses();
    probe.running.set(100, 'start-1');
    const lock = lockOn({ disk, probe });
    for (const runId of ['run-1', 'run-2']) {
      const lease = await held(lock, lockRequest(runId));
      counters.push(lease.holders[0]?.counter ?? 0);
      await lease.renew();
      await lease.release();
    }
  };

  it('never blocks the next process and never lets the counter go back', async () => {
    const random = randomFrom(seedFor('lock crashes'));
    const process = new MemoryDisk().process();
    await story(process.disk, []);
    expect(process.count()).toBeGreaterThan(50);
    for (let index = 0; index < process.count(); index += 1) {
      for (const cutPower of [false, true]) {
        const memory = new MemoryDisk();
        const counters: number[] = [];
        await expect(
          story(memory.process({ dieAt: { index, tornBytes: Math.floor(random() * 500) } }).disk, counters),
        ).rejects.toThrow('killed');
        if (cutPower) memory.cutPower(random);
        const next = await held(
          lockOn({ disk: memory.process().disk }),
          lockRequest('run-3', { replacing: ['run-1', 'run-2'] }),
        );
        expect(next.holders[0]?.counter).toBeGreaterThan(counters.at(-1) ?? 0);
      }
    }
  });
});
