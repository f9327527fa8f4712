import { describe, expect, it } from 'vitest';
import { atMost, inBatches, readPages, turnstile } from '../../../src/lib/aws/batches.js';

describe('reading from AWS', () => {
  it('asks in batches within the limit of a call', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inBatches([], 2)).toEqual([]);
  });

  it('has at most so many calls under way, and answers in order', async () => {
    let [now, most] = [0, 0];
    const double = async (item: number): Promise<number> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return item * 2;
    };
    expect(await atMost(3, [1, 2, 3, 4, 5, 6, 7], double)).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(most).toBe(3);
    expect(await atMost(3, [], double)).toEqual([]);
    await expect(atMost(2, [1], async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
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
