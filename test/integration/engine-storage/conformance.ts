/**
 * What every backend of journal and lock must do. Call `storageConformance` with a backend; `damage` is for those that
 * can be broken from outside, as files can.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { sealEvent, verifyChain } from '../../../src/lib/engine/journal/chain.js';
import type { JournalStore, Lease, LockRequest, LockRow, LockStore } from '../../../src/lib/engine/ports.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { lockRequest, note, type TestClock, type TestProcesses, writerNamed } from '../../helpers/storage-fixtures.js';

export interface StorageWorld {
  readonly clock: TestClock;
  /** This host's process table; a second host has an empty one. */
  readonly processes: TestProcesses;
  /** Stores as one more process of this host, or of another, would open them. */
  journals(): JournalStore;
  locks(host?: 'this' | 'other'): LockStore;
  readonly damage?: StorageDamage;
  close(): Promise<void>;
}

export interface StorageDamage {
  /** A whole world per byte is slow on a real disk; a simulated one tries every byte. */
  readonly tearEveryBytes: number;
  /** As a kill inside the append of `event` leaves it: its first bytes. Returns how long the whole line is. */
  tear(event: JournalEvent, bytes: number): Promise<number>;
  /** As a fenced writer leaves it that wakes up after the seal. */
  appendLate(event: JournalEvent): Promise<void>;
  /** Changes one byte of an event that is stored. */
  alter(runId: string, seq: number): Promise<void>;
}

export interface StorageBackend {
  readonly name: string;
  open(): Promise<StorageWorld>;
}

const textsOf = (events: readonly JournalEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'step.observed' ? (event.evidence as { text: string }).text : event.type));

const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return (error.details as { reason?: string } | undefined)?.reason ?? error.code;
  }
};

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

export const storageConformance = (backend: StorageBackend): void => {
  const worlds: StorageWorld[] = [];
  const open = async (): Promise<StorageWorld> => {
    const world = await backend.open();
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });
  describe(`${backend.name}: the journal`, () => journalConformance(open));
  describe(`${backend.name}: a damaged journal`, () => damageConformance(open));
  describe(`${backend.name}: the lock`, () => lockConformance(open));
  describe(`${backend.name}: a lock whose holder may be dead`, () => takeOverConformance(open));
};

type Open = () => Promise<StorageWorld>;

const journalConformance = (open: Open): void => {
  it('gives back what was appended, whole, in order, to any process', async () => {
    const world = await open();
    const writer = await world.journals().create('run-1', writerNamed('w'));
    for (const text of ['one', 'two', 'three']) await writer.append(note(text));
    const events = await world.journals().read('run-1');
    expect(events).toEqual(writer.events);
    expect(textsOf(events)).toEqual(['one', 'two', 'three']);
    expect(events.map(({ seq, epoch }) => [seq, epoch])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(verifyChain(events).kind).toBe('ok');
  });

  it('keeps the order of appends that were not waited for', async () => {
    const world = await open();
    const writer = await world.journals().create('run-1', writerNamed('w'));
    const texts = Array.from({ length: 25 }, (_, index) => `event ${index}`);
    await Promise.all(texts.map((text) => writer.append(note(text))));
    expect(textsOf(await world.journals().read('run-1'))).toEqual(texts);
  });

  it('keeps any text, and captured values as they were', async () => {
    const world = await open();
    const writer = await world.journals().create('run-1', writerNamed('w'));
    const value = {
      b: [1, 2.5, -0, 1e21, null, true],
      a: 'line\nbreak \u2028 \u0000 é 🙂 "quoted" \\',
      nested: { z: {}, y: [] },
    };
    await writer.append({ type: 'step.captured', step: 'scale[api]', value });
    const [event] = await world.journals().read('run-1');
    expect(event).toMatchObject({ type: 'step.captured', value: JSON.parse(JSON.stringify(value)) as object });
  });

  it('refuses to create a run twice, and to read one that is not there', async () => {
    const world = await open();
    await world.journals().create('run-1', writerNamed('w'));
    expect(await outcomeOf(world.journals().create('run-1', writerNamed('w2')))).toBe('exists');
    expect(await outcomeOf(world.journals().read('run-2'))).toBe('E_NOT_FOUND');
    expect(await outcomeOf(world.journals().takeOver('run-2', writerNamed('w')))).toBe('E_NOT_FOUND');
  });

  it('lists runs newest first, with addresses', async () => {
    const world = await open();
    expect(await world.journals().list()).toEqual([]);
    for (const id of ['01b', '01a', '01c']) await world.journals().create(id, writerNamed(id));
    const runs = await world.journals().list();
    expect(runs.map((run) => run.runId)).toEqual(['01c', '01b', '01a']);
    expect(new Set(runs.map((run) => run.address)).size).toBe(3);
  });

  it('refuses every later append of a writer that was taken over, and keeps what it had', async () => {
    const world = await open();
    const zombie = await world.journals().create('run-1', writerNamed('zombie'));
    await zombie.append(note('one'));
    const taker = await world.journals().takeOver('run-1', writerNamed('taker'));
    expect(textsOf(taker.events)).toEqual(['one']);
    expect(taker.epoch).toBeGreaterThan(zombie.epoch);
    expect(await outcomeOf(zombie.append(note('late')))).toBe('fenced');
    expect(await outcomeOf(zombie.append(note('later')))).toBe('fenced');
    await taker.append(note('two'));
    expect(await outcomeOf(zombie.append(note('latest')))).toBe('fenced');
    const events = await world.journals().read('run-1');
    expect(textsOf(events)).toEqual(['one', 'two']);
    expect(events.map((event) => event.writer.nonce)).toEqual(['zombie', 'taker']);
    expect(verifyChain(events).kind).toBe('ok');
  });

  it('lets one of many takers win, with a gapless history and one writer per epoch', async () => {
    const world = await open();
    const first = await world.journals().create('run-1', writerNamed('first'));
    await first.append(note('first'));
    const names = Array.from({ length: 8 }, (_, index) => `taker-${index}`);
    const acknowledged: string[] = ['first'];
    const takers = names.map(async (name) => {
      const writer = await world.journals().takeOver('run-1', writerNamed(name));
      await writer.append(note(name));
      acknowledged.push(name);
    });
    const outcomes = await Promise.all(takers.map(outcomeOf));
    expect(outcomes).toContain('done');
    expect(outcomes.filter((outcome) => outcome !== 'done' && outcome !== 'fenced')).toEqual([]);
    const events = await world.journals().read('run-1');
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(verifyChain(events).kind).toBe('ok');
    expect(textsOf(events)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('gives a taker an empty history when the run was killed before its first event', async () => {
    const world = await open();
    await world.journals().create('run-1', writerNamed('w'));
    expect(await world.journals().read('run-1')).toEqual([]);
    const taker = await world.journals().takeOver('run-1', writerNamed('taker'));
    expect(taker.events).toEqual([]);
    expect(await taker.append(note('one'))).toMatchObject({ seq: 1, prev: '' });
  });

  it('refuses an append after close', async () => {
    const world = await open();
    const writer = await world.journals().create('run-1', writerNamed('w'));
    await writer.close();
    await writer.close();
    expect(await outcomeOf(writer.append(note('one')))).toBe('E_BUG');
  });
};

/** Exactly what the last writer would append next. */
const nextOf = async (world: StorageWorld, text: string): Promise<JournalEvent> => {
  const events = await world.journals().read('run-1');
  const last = events.at(-1);
  if (last === undefined) throw new Error('the journal is empty');
  const { runId, epoch, writer, at } = last;
  return sealEvent(note(text), { runId, epoch, writer, at, seq: last.seq + 1, prev: last.sum });
};

const damageConformance = (open: Open): void => {
  it('keeps whole events and drops a torn one', async ({ skip }) => {
    let length = 2;
    let step = 1;
    for (let bytes = 1; bytes < length; bytes = Math.max(bytes + 1, Math.min(bytes + step, length - 1))) {
      const world = await open();
      if (!world.damage) return skip('this backend cannot be torn');
      step = world.damage.tearEveryBytes;
      const writer = await world.journals().create('run-1', writerNamed('w'));
      await writer.append(note('one'));
      await writer.close();
      length = await world.damage.tear(await nextOf(world, 'torn'), bytes);
      expect(textsOf(await world.journals().read('run-1'))).toEqual(['one']);
      const taker = await world.journals().takeOver('run-1', writerNamed('taker'));
      await taker.append(note('two'));
      await taker.close();
      expect(textsOf(await world.journals().read('run-1'))).toEqual(['one', 'two']);
      await world.close();
    }
    expect(length).toBeGreaterThan(200);
  });

  it('ignores a line that a fenced writer wrote after the seal', async ({ skip }) => {
    const world = await open();
    if (!world.damage) return skip('this backend cannot be written to from outside');
    const zombie = await world.journals().create('run-1', writerNamed('zombie'));
    await zombie.append(note('one'));
    const late = await nextOf(world, 'late');
    const taker = await world.journals().takeOver('run-1', writerNamed('taker'));
    await world.damage.appendLate(late);
    expect(textsOf(await world.journals().read('run-1'))).toEqual(['one']);
    await taker.append(note('two'));
    await world.damage.appendLate(late);
    expect(textsOf(await world.journals().read('run-1'))).toEqual(['one', 'two']);
    const next = await world.journals().takeOver('run-1', writerNamed('next'));
    expect(textsOf(next.events)).toEqual(['one', 'two']);
  });

  it('names the first event that was altered, in any epoch, and refuses to go on', async ({ skip }) => {
    for (const seq of [1, 2, 3]) {
      const world = await open();
      if (!world.damage) return skip('this backend cannot be altered from outside');
      const writer = await world.journals().create('run-1', writerNamed('w'));
      await writer.append(note('one'));
      await writer.append(note('two'));
      await (await world.journals().takeOver('run-1', writerNamed('taker'))).append(note('three'));
      await world.damage.alter('run-1', seq);
      const journals = world.journals();
      for (const work of [() => journals.read('run-1'), () => journals.takeOver('run-1', writerNamed('x'))]) {
        await expect(work()).rejects.toMatchObject({
          code: 'E_JOURNAL',
          exitCode: 9,
          details: { reason: 'altered', seq },
        });
      }
    }
  });
};

const service = (name: string) => ({ kind: 'service' as const, service: name });
const database = (name: string) => ({ kind: 'database' as const, database: name });
const environment = { kind: 'environment' as const };

const lockConformance = (open: Open): void => {
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

const takeOverConformance = (open: Open): void => {
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
