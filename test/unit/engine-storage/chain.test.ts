import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { sealEvent, verifyChain } from '../../../src/lib/engine/journal/chain.js';
import { note, writerNamed } from '../../helpers/storage-fixtures.js';

const chainOf = (texts: readonly string[]): JournalEvent[] => {
  const events: JournalEvent[] = [];
  for (const text of texts) {
    const last = events.at(-1);
    events.push(
      sealEvent(note(text), {
        runId: 'run-1',
        seq: events.length + 1,
        at: '2026-11-23T10:00:00.000Z',
        epoch: 1,
        writer: writerNamed('w'),
        prev: last?.sum ?? '',
      }),
    );
  }
  return events;
};

const reseal = (event: JournalEvent, change: Partial<JournalEvent>): JournalEvent => {
  const { v: _v, sum: _sum, runId, seq, at, epoch, writer, prev, ...body } = { ...event, ...change } as JournalEvent;
  return sealEvent(body, { runId, seq, at, epoch, writer, prev });
};

describe('the chain of a journal', () => {
  const events = chainOf(['a', 'b', 'c']);
  const [first, second, third] = events as [JournalEvent, JournalEvent, JournalEvent];

  it('is whole as it was sealed, and when it is empty', () => {
    expect(verifyChain(events)).toEqual({ kind: 'ok', lastSeq: 3, lastSum: third.sum });
    expect(verifyChain([])).toEqual({ kind: 'ok', lastSeq: 0, lastSum: '' });
  });

  it.each([
    ['a changed value', [first, { ...second, at: '2026-11-23T10:00:01.000Z' }, third], 2],
    ['a missing first event', [second, third], 1],
    ['a missing event', [first, third], 2],
    ['a doubled event', [first, second, second, third], 3],
    ['two events in the wrong order', [second, first, third], 1],
    [
      'an event sealed anew, at the one after it',
      [reseal(first, { at: '2026-11-23T09:00:00.000Z' }), second, third],
      2,
    ],
    ['an event of another run', [first, reseal(second, { runId: 'run-2' })], 2],
    [
      'an epoch that goes back',
      [reseal(first, { epoch: 2 }), reseal(second, { prev: reseal(first, { epoch: 2 }).sum })],
      2,
    ],
    ['a second writer in one epoch', [first, reseal(second, { writer: writerNamed('other') })], 2],
    ['an unknown format', [first, { ...second, v: 2 } as unknown as JournalEvent], 2],
  ])('breaks at %s and says where', (_what, broken, seq) => {
    expect(verifyChain(broken)).toMatchObject({ kind: 'broken', seq });
  });

  it('seals what JSON keeps, so that a reader sees the same event as the writer', () => {
    const evidence = { kept: 1, dropped: undefined, list: [undefined] } as never;
    const event = sealEvent(
      { type: 'step.observed', step: 's', evidence },
      { runId: 'r', seq: 1, at: '2026-11-23T10:00:00.000Z', epoch: 1, writer: writerNamed('w'), prev: '' },
    );
    expect(event).toMatchObject({ evidence: { kept: 1, list: [null] } });
    expect(event).not.toHaveProperty('evidence.dropped');
    expect(verifyChain([JSON.parse(JSON.stringify(event)) as JournalEvent])).toMatchObject({ kind: 'ok' });
  });
});
