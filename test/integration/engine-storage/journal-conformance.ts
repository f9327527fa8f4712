import { expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { sealEvent, verifyChain } from '../../../src/lib/engine/journal/chain.js';
import { note, writerNamed } from '../../helpers/storage-fixtures.js';
import { type Open, outcomeOf, type StorageWorld, textsOf } from './storage-world.js';

export const journalConformance = (open: Open): void => {
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

export const damageConformance = (open: Open): void => {
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
