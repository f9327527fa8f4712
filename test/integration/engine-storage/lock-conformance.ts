import { expect, it } from 'vitest';
import type { Lease, LockRequest, LockRow, LockStore } from '../../../src/lib/engine/ports.js';
import { lockRequest, writerNamed } from '../../helpers/storage-fixtures.js';
import { type Open, outcomeOf, type StorageWorld } from './storage-world.js';

const held = async (locks: LockStore, request: LockRequest): Promise<Lease> => {
  const result = await locks.acquire(request);
  if (result.kind !== 'held') throw new Error(`refused: ${JSON.stringify(result.conflicts)}`);
  return result.lease;
};

const tried = async (locks: LockStore, request: LockRequest): Promise<readonly string[]> => {
  const result = await locks.acquire(request);
  return result.kind === 'held'
    ? ['held']
    : result.conflicts.map(({ holder, liveness }) => `${liveness} ${holder.runId}`);
};

const service = (name: string) => ({ kind: 'service' as const, service: name });
const database = (name: string) => ({ kind: 'database' as const, database: name });
const environment = { kind: 'environment' as const };

export const lockConformance = (open: Open): void => {
  const alive = async (): Promise<StorageWorld> => {
    const world = await open();
    for (const pid of [100, 200, 300]) world.processes.running.set(pid, `start-${pid}`);
    return world;
  };

  it('begins empty and records who holds what', async () => {
    const world = await alive();
    expect(await world.locks().read()).toEqual({ counter: 0, holders: [] });
    const lease = await held(world.locks(), lockRequest('run-1', { scopes: [service('api'), database('orders')] }));
    const row = await world.locks().read();
    expect(row.holders).toEqual(lease.holders);
    expect(row.holders.map((holder) => holder.scope)).toEqual([service('api'), database('orders')]);
    expect(row.holders[0]).toMatchObject({
      runId: 'run-1',
      operation: 'deploy@1',
      counter: 1,
      leaseMs: 60_000,
      quiesceMs: 20_000,
    });
  });

  it.each([
    ['the environment and a service', environment, service('api'), true],
    ['a service and the environment', service('api'), environment, true],
    ['the environment and a database', environment, database('orders'), true],
    ['one service twice', service('api'), service('api'), true],
    ['two services', service('api'), service('web'), false],
    ['two databases', database('orders'), database('users'), false],
    ['a service and a database of one name', service('api'), database('api'), false],
  ])('excludes as it should: %s', async (_what, first, second, excludes) => {
    const world = await alive();
    const lease = await held(world.locks(), lockRequest('run-1', { scopes: [first] }));
    const other = lockRequest('run-2', { scopes: [second], writer: writerNamed('w2', 200) });
    expect(await tried(world.locks(), other)).toEqual(excludes ? ['live run-1'] : ['held']);
    await lease.release();
    if (excludes) expect(await tried(world.locks(), other)).toEqual(['held']);
  });

  it('takes all scopes or none', async () => {
    const world = await alive();
    await held(world.locks(), lockRequest('run-1', { scopes: [service('api')] }));
    const before = await world.locks().read();
    const both = lockRequest('run-2', { scopes: [service('web'), service('api')], writer: writerNamed('w2', 200) });
    expect(await tried(world.locks(), both)).toEqual(['live run-1']);
    expect(await world.locks().read()).toEqual(before);
    expect(await tried(world.locks(), { ...both, runId: 'run-3', scopes: [service('web')] })).toEqual(['held']);
  });

  it('has one winner when many ask at once', async () => {
    const world = await alive();
    const asked = Array.from({ length: 8 }, (_, index) =>
      tried(world.locks(), lockRequest(`run-${index}`, { writer: writerNamed(`w${index}`, 100 + (index % 3) * 100) })),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer[0] === 'held')).toHaveLength(1);
    expect((await world.locks().read()).holders).toHaveLength(1);
  });

  it('lets its counter only grow: over release, acquire, renewal, eviction and take-over', async () => {
    const world = await alive();
    const rows: LockRow[] = [await world.locks().read()];
    const note = async (): Promise<void> => {
      rows.push(await world.locks().read());
    };
    const lease = await held(world.locks(), lockRequest('run-1'));
    await note();
    await lease.renew();
    await note();
    await lease.release();
    await note();
    await held(world.locks(), lockRequest('run-2'));
    await note();
    expect((await world.locks().evict('run-2')).map((holder) => holder.runId)).toEqual(['run-2']);
    await note();
    await held(world.locks(), lockRequest('run-3'));
    await note();
    world.processes.running.delete(100);
    await held(world.locks(), lockRequest('run-4', { replacing: ['run-3'], writer: writerNamed('w4', 200) }));
    await note();
    expect(rows.map((row) => row.counter)).toEqual([0, 1, 1, 1, 2, 2, 3, 4]);
    expect(rows.at(-1)?.holders.map((holder) => holder.counter)).toEqual([4]);
  });

  it('gives every renewal a version of its own', async () => {
    const world = await alive();
    const lease = await held(world.locks(), lockRequest('run-1'));
    const versions = [lease.holders[0]?.version];
    for (let round = 0; round < 3; round += 1) {
      await lease.renew();
      versions.push((await world.locks().read()).holders[0]?.version);
    }
    expect(new Set(versions).size).toBe(4);
  });

  it('does not let a lease that was replaced renew, or release what is another one now', async () => {
    const world = await alive();
    const old = await held(world.locks(), lockRequest('run-1'));
    world.processes.running.delete(100);
    const next = await held(
      world.locks(),
      lockRequest('run-2', { replacing: ['run-1'], writer: writerNamed('w2', 200) }),
    );
    expect(await outcomeOf(old.renew())).toBe('lost');
    expect(old.remainingMs()).toBeLessThanOrEqual(0);
    await old.release();
    await next.renew();
    expect((await world.locks().read()).holders.map((holder) => holder.runId)).toEqual(['run-2']);
  });

  it('evicts nobody but the run that is named', async () => {
    const world = await alive();
    await held(world.locks(), lockRequest('run-1', { scopes: [service('api')] }));
    await held(world.locks(), lockRequest('run-2', { scopes: [service('web')], writer: writerNamed('w2', 200) }));
    expect(await world.locks().evict('run-9')).toEqual([]);
    await world.locks().evict('run-1');
    expect((await world.locks().read()).holders.map((holder) => holder.runId)).toEqual(['run-2']);
  });
};

export const takeOverConformance = (open: Open): void => {
  const held1 = async (): Promise<StorageWorld> => {
    const world = await open();
    for (const pid of [100, 200]) world.processes.running.set(pid, `start-${pid}`);
    await held(world.locks(), lockRequest('run-1'));
    return world;
  };
  const other = lockRequest('run-2', { replacing: ['run-1'], writer: writerNamed('w2', 200) });

  it('replaces a dead process of this machine at once', async () => {
    const world = await held1();
    world.processes.running.delete(100);
    expect(await tried(world.locks(), { ...other, replacing: [] })).toEqual(['gone run-1']);
    expect(await tried(world.locks(), other)).toEqual(['held']);
  });

  it('knows a process that got the pid of a dead one', async () => {
    const world = await held1();
    world.processes.running.set(100, 'start-again');
    expect(await tried(world.locks(), other)).toEqual(['held']);
  });

  it('refuses to replace a live one', async () => {
    const world = await held1();
    expect(await tried(world.locks(), other)).toEqual(['live run-1']);
  });

  it('waits until the lease of another machine has run out, as it sees it', async () => {
    const world = await held1();
    const locks = world.locks('other');
    expect(await tried(locks, other)).toEqual(['remote run-1']);
    world.clock.pass(79_999);
    expect(await tried(locks, other)).toEqual(['remote run-1']);
    // Somebody who has just come has seen nothing yet.
    expect(await tried(world.locks('other'), other)).toEqual(['remote run-1']);
    world.clock.pass(1);
    expect(await tried(locks, other)).toEqual(['held']);
  });
};
