import { describe, expect, it } from 'vitest';
import { atMost, inBatches, readPages, turnstile } from '../../../src/lib/aws/batches.js';

describe('reading from AWS', () => {
  it('asks in batches within the limit of a call', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inBatches([], 2)).toEqual([]);
  });

  it('waits its turn at a gate, whoever comes, and a failure frees the place', async () => {
    const enter = turnstile(2);
    let [now, most] = [0, 0];
    const work = async (): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      throw new Error('no');
    };
    await Promise.allSettled(Array.from({ length: 6 }, () => enter(work)));
    expect([now, most]).toEqual([0, 2]);
    expect(await enter(async () => 'still open')).toBe('still open');
  });

  it('reads every page, an empty one with a token included', async () => {
    const pages = [{ items: [1], next: 'a' }, { items: [], next: 'b' }, { items: [2] }];
    const tokens: (string | undefined)[] = [];
    const all = await readPages(async (token) => {
      tokens.push(token);
      return pages[tokens.length - 1] ?? { items: [] };
    });
    expect(all).toEqual([1, 2]);
    expect(tokens).toEqual([undefined, 'a', 'b']);
  });

  it('stops when there is enough', async () => {
    const all = await readPages(
      async () => ({ items: [1, 2], next: 'more' }),
      (items) => items.length >= 3,
    );
    expect(all).toHaveLength(4);
  });
});

describe('working on many at once', () => {
  it('never on more than the limit, and answers in order', async () => {
    let working = 0;
    let most = 0;
    const answers = await atMost(3, [5, 1, 4, 2, 3, 0], async (turns) => {
      working += 1;
      most = Math.max(most, working);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      working -= 1;
      return turns * 10;
    });
    expect([answers, most]).toEqual([[50, 10, 40, 20, 30, 0], 3]);
    expect(await atMost(3, [], async () => 1)).toEqual([]);
  });

  it('begins nothing more after the first error', async () => {
    const begun: number[] = [];
    const work = atMost(2, [1, 2, 3, 4, 5, 6], async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 2) throw new Error('no');
      await new Promise((resolve) => setImmediate(resolve));
    });
    await expect(work).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 2]);
  });
});
