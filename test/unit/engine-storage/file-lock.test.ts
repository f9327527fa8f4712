import { describe, expect, it } from 'vitest';
import type { Lease, LockStore } from '../../../src/lib/engine/ports.js';
import { MemoryDisk } from '../../helpers/memory-disk.js';
import {
  environmentFolder,
  lockOn,
  lockRequest,
  TestClock,
  TestProcesses,
  writerNamed,
} from '../../helpers/storage-fixtures.js';

const folder = `/state/platform/${environmentFolder}/lock`;

const held = async (lock: LockStore, request: Parameters<LockStore['acquire']>[0]): Promise<Lease> => {
  const result = await lock.acquire(request);
  if (result.kind !== 'held') throw new Error(`refused: ${JSON.stringify(result.conflicts)}`);
  return result.lease;
};

const livenessSeen = async (
  lock: LockStore,
  request: Parameters<LockStore['acquire']>[0],
): Promise<readonly string[]> => {
  const result = await lock.acquire(request);
  return result.kind === 'held' ? ['held'] : result.conflicts.map((conflict) => conflict.liveness);
};

describe('the lock row on files', () => {
  it('is private and survives release as an empty row with its counter', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    await (await held(lock, lockRequest('run-1'))).release();
    expect(await lock.read()).toEqual({ counter: 1, holders: [] });
    expect(memory.mode(folder)).toBe(0o700);
    expect(memory.mode(`${folder}/row.2.json`)).toBe(0o600);
  });

  it('leaves a bounded number of files behind, and no drafts', async () => {
    const memory = new MemoryDisk();
    const lease = await held(lockOn({ disk: memory.process().disk }), lockRequest('run-1'));
    for (let round = 0; round < 100; round += 1) await lease.renew();
    const files = memory.paths().filter((path) => path.startsWith(`${folder}/`));
    expect(files.length).toBeLessThan(70);
    expect(files.filter((path) => path.includes('draft'))).toEqual([]);
  });

  it('removes drafts of killed processes after an hour, when it tidies', async () => {
    const memory = new MemoryDisk();
    const clock = new TestClock();
    const lease = await held(lockOn({ disk: memory.process().disk, clock }), lockRequest('run-1'));
    memory.put(`${folder}/draft.dead`, Buffer.from('half'));
    memory.now = clock.now() - 2 * 3_600_000;
    for (let round = 0; round < 40; round += 1) await lease.renew();
    expect(memory.paths()).not.toContain(`${folder}/draft.dead`);
  });

  it('refuses a row with a changed byte', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    await held(lock, lockRequest('run-1'));
    const content = String(memory.content(`${folder}/row.1.json`));
    memory.put(`${folder}/row.1.json`, Buffer.from(content.replace('"counter":1', '"counter":0')));
    await expect(lock.read()).rejects.toMatchObject({ code: 'E_JOURNAL', details: { reason: 'altered' } });
  });

  it('says what the disk refuses, and the row stays as it was', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    const lease = await held(lock, lockRequest('run-1'));
    const before = await lock.read();
    memory.freeBytes = 20;
    await expect(lease.renew()).rejects.toMatchObject({ code: 'E_JOURNAL', details: { reason: 'no-space' } });
    memory.freeBytes = Number.POSITIVE_INFINITY;
    memory.readOnly = true;
    await expect(lease.release()).rejects.toMatchObject({ details: { reason: 'read-only' } });
    expect(await lock.read()).toEqual(before);
  });
});

describe('a lost answer', () => {
  it('is no conflict with oneself: the row that already holds our nonce is ours', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    memory.failNext('link', 'EIO', 'after');
    const lease = await held(lock, lockRequest('run-1'));
    expect(lease.holders).toHaveLength(1);
    expect((await lock.read()).counter).toBe(1);
    memory.failNext('link', 'EIO', 'after');
    await lease.renew();
    memory.failNext('link', 'EIO', 'after');
    await lease.release();
    expect(await lock.read()).toEqual({ counter: 1, holders: [] });
  });

  it('is told apart from a write that did not happen', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    memory.failNext('link', 'EIO');
    await expect(lock.acquire(lockRequest('run-1'))).rejects.toMatchObject({ details: { system: 'EIO' } });
    expect((await lock.read()).holders).toEqual([]);
  });

  it('does not hide which holders were evicted', async () => {
    const memory = new MemoryDisk();
    const lock = lockOn({ disk: memory.process().disk });
    await held(lock, lockRequest('run-1'));
    memory.failNext('link', 'EIO', 'after');
    expect((await lock.evict('run-1')).map((holder) => holder.runId)).toEqual(['run-1']);
  });
});

describe('how a holder is judged', () => {
  const opened = () => {
    const memory = new MemoryDisk();
    const processes = new TestProcesses();
    processes.running.set(100, 'start-1');
    const clock = new TestClock();
    const lock = lockOn({ disk: memory.process().disk, clock, probe: processes });
    return { memory, processes, clock, lock };
  };

  it('live while pid and start time are there, gone when the pid is absent or another process has it', async () => {
    const { processes, lock } = opened();
    await held(lock, lockRequest('run-1'));
    const other = lockRequest('run-2', { writer: writerNamed('w2', 200) });
    expect(await livenessSeen(lock, other)).toEqual(['live']);
    processes.running.set(100, 'start-2');
    expect(await livenessSeen(lock, other)).toEqual(['gone']);
    processes.running.delete(100);
    expect(await livenessSeen(lock, other)).toEqual(['gone']);
  });

  it('remote from another host, another boot, or a system that does not say', async () => {
    const { memory, processes, lock } = opened();
    await held(lock, lockRequest('run-1'));
    const elsewhere = lockOn({ disk: memory.process().disk, probe: new TestProcesses('there') });
    expect(await livenessSeen(elsewhere, lockRequest('run-2'))).toEqual(['remote']);
    processes.bootId = '';
    expect(await livenessSeen(lock, lockRequest('run-2'))).toEqual(['remote']);
    processes.bootId = 'boot-2';
    expect(await livenessSeen(lock, lockRequest('run-2'))).toEqual(['remote']);
  });

  it('never pushes a live process aside, whatever the caller names', async () => {
    const { lock } = opened();
    await held(lock, lockRequest('run-1'));
    const other = writerNamed('w2', 200);
    expect(await livenessSeen(lock, lockRequest('run-2', { writer: other, replacing: ['run-1'] }))).toEqual(['live']);
    expect(await livenessSeen(lock, lockRequest('run-1', { writer: other }))).toEqual(['live']);
  });

  it('replaces a dead process at once when it is named, and only then', async () => {
    const { processes, lock } = opened();
    await held(lock, lockRequest('run-1'));
    processes.running.clear();
    expect(await livenessSeen(lock, lockRequest('run-2'))).toEqual(['gone']);
    expect(await livenessSeen(lock, lockRequest('run-2', { replacing: ['run-1'] }))).toEqual(['held']);
    expect((await lock.read()).holders.map((holder) => holder.runId)).toEqual(['run-2']);
  });

  it('lets the same run in again without waiting once it is fenced, from its dead process or another machine', async () => {
    const { memory, lock } = opened();
    await held(lock, lockRequest('run-1'));
    const elsewhere = lockOn({ disk: memory.process().disk, probe: new TestProcesses('there') });
    const again = lockRequest('run-1', { writer: writerNamed('w3', 300) });
    expect(await livenessSeen(elsewhere, again)).toEqual(['remote']);
    expect(await livenessSeen(elsewhere, { ...again, replacing: ['run-1'] })).toEqual(['held']);
    expect((await lock.read()).holders.map((holder) => holder.writer.nonce)).toEqual(['w3']);
  });

  it('lets a process in again that holds the lock for the same run already', async () => {
    const { lock } = opened();
    await held(lock, lockRequest('run-1'));
    expect(await livenessSeen(lock, lockRequest('run-1'))).toEqual(['held']);
    expect((await lock.read()).holders).toHaveLength(1);
  });
});

describe('a holder on another machine', () => {
  const remote = async () => {
    const memory = new MemoryDisk();
    const lease = await held(
      lockOn({ disk: memory.process().disk, probe: new TestProcesses('there') }),
      lockRequest('run-1'),
    );
    const clock = new TestClock();
    const lock = lockOn({ disk: memory.process().disk, clock });
    const ask = () => livenessSeen(lock, lockRequest('run-2', { replacing: ['run-1'] }));
    return { lease, clock, ask };
  };

  it('is replaced when its version stood still for lease and quiesce time, as the asking one saw it', async () => {
    const { clock, ask } = await remote();
    expect(await ask()).toEqual(['remote']);
    clock.pass(79_999);
    expect(await ask()).toEqual(['remote']);
    clock.pass(1);
    expect(await ask()).toEqual(['held']);
  });

  it('is watched anew after every renewal', async () => {
    const { lease, clock, ask } = await remote();
    expect(await ask()).toEqual(['remote']);
    clock.pass(79_000);
    await lease.renew();
    clock.pass(2000);
    expect(await ask()).toEqual(['remote']);
    clock.pass(79_999);
    expect(await ask()).toEqual(['remote']);
    clock.pass(1);
    expect(await ask()).toEqual(['held']);
  });

  it('is not declared dead by a wall clock that jumps', async () => {
    const { clock, ask } = await remote();
    expect(await ask()).toEqual(['remote']);
    clock.wall += 10 * 3_600_000;
    expect(await ask()).toEqual(['remote']);
  });
});

describe('how long a lease lasts', () => {
  const opened = async () => {
    const memory = new MemoryDisk();
    const clock = new TestClock();
    const lock = lockOn({ disk: memory.process().disk, clock });
    return { memory, clock, lock, lease: await held(lock, lockRequest('run-1')) };
  };

  it('counts by the larger of both clocks, so neither sleep nor a clock set back makes it longer', async () => {
    const { clock, lease } = await opened();
    clock.pass(10_000);
    expect(lease.remainingMs()).toBe(50_000);
    clock.wall -= 3_600_000;
    expect(lease.remainingMs()).toBe(50_000);
    clock.wall += 3_600_000 + 45_000;
    expect(lease.remainingMs()).toBe(5000);
    clock.wall += 10_000;
    expect(lease.remainingMs()).toBeLessThanOrEqual(0);
  });

  it('counts from before the renewal was sent', async () => {
    const memory = new MemoryDisk();
    const clock = new TestClock();
    const slow = memory.process({ before: (operation) => (operation === 'link' ? clock.pass(7000) : undefined) });
    const lease = await held(lockOn({ disk: slow.disk, clock }), lockRequest('run-1'));
    expect(lease.remainingMs()).toBe(53_000);
    clock.pass(20_000);
    await lease.renew();
    expect(lease.remainingMs()).toBe(53_000);
  });

  it('is lost when somebody else evicted it, and says so', async () => {
    const { lock, lease } = await opened();
    await lock.evict('run-1');
    await expect(lease.renew()).rejects.toMatchObject({ code: 'E_LOCKED', details: { reason: 'lost' } });
    expect(lease.remainingMs()).toBe(0);
    await lease.release();
    expect((await lock.read()).holders).toEqual([]);
  });

  it('is over after release', async () => {
    const { lease } = await opened();
    await lease.release();
    expect(lease.remainingMs()).toBe(0);
    await expect(lease.renew()).rejects.toMatchObject({ code: 'E_LOCKED' });
  });
});
