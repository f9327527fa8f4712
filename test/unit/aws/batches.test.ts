import { describe, expect, it } from 'vitest';
import { inBatches, readPages } from '../../../src/lib/aws/batches.js';

describe('reading from AWS', () => {
  it('asks in batches within the limit of a call', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inBatches([], 2)).toEqual([]);
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
