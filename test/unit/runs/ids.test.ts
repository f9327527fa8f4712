import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ulidGenerator } from '../../../src/lib/context/ulid.js';
import { PlatformError } from '../../../src/lib/errors/platform-error.js';
import { isRunId, resolveRunId, shortestUniqueSuffix } from '../../../src/lib/runs/ids.js';

const bytesOf = (value: number) => (count: number) => new Uint8Array(count).fill(value);

const errorOf = (work: () => unknown): PlatformError => {
  try {
    work();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('the generator of run ids', () => {
  it('writes the time in the first ten digits, as the ULID specification shows it', () => {
    const next = ulidGenerator({ now: () => 1469918176385, random: bytesOf(0) });
    expect(next()).toBe(`01aryz6s41${'0'.repeat(16)}`);
  });

  it('counts up within one millisecond, also over a digit', () => {
    const next = ulidGenerator({
      now: () => 1469918176385,
      random: (count) => new Uint8Array(count).fill(31, count - 1),
    });
    expect([next(), next()]).toEqual([`01aryz6s41${'0'.repeat(15)}z`, `01aryz6s41${'0'.repeat(14)}10`]);
  });

  it('keeps rising when the clock is set back', () => {
    const times = [5000, 4000, 4000, 6000];
    const next = ulidGenerator({ now: () => times.shift() ?? 0, random: bytesOf(7) });
    const made = [next(), next(), next(), next()];
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(4);
  });

  it('borrows the next millisecond when one is used up', () => {
    const next = ulidGenerator({ now: () => 1, random: bytesOf(31) });
    expect([next(), next()]).toEqual([`0000000001${'z'.repeat(16)}`, `0000000002${'z'.repeat(16)}`]);
  });

  it('makes ids that are run ids', () => {
    const next = ulidGenerator({
      now: () => 1795000000000,
      random: (count) => Uint8Array.from({ length: count }, (_, i) => i * 17),
    });
    expect(isRunId(next())).toBe(true);
    expect(isRunId(next().toUpperCase())).toBe(false);
    expect(isRunId('../../../etc/passwd')).toBe(false);
  });
});

describe('the shortest unique end of a run id', () => {
  it('is six digits when that is enough', () => {
    const suffix = shortestUniqueSuffix(['01aryz6s41aaaaaaaaaaaaaaaa', '01aryz6s41bbbbbbbbbbbbbbbb']);
    expect(suffix('01aryz6s41bbbbbbbbbbbbbbbb')).toBe('bbbbbb');
  });

  it('grows until no other id has it', () => {
    const suffix = shortestUniqueSuffix([
      '01aryz6s41aaaaaaaac0000000',
      '01aryz6s41aaaaaaaad0000000',
      '01aryz6s41aaaaaaaaaaaaaaaa',
    ]);
    expect(suffix('01aryz6s41aaaaaaaac0000000')).toBe('c0000000');
    expect(suffix('01aryz6s41aaaaaaaaaaaaaaaa')).toBe('aaaaaa');
  });

  it('is the whole id for one that is not in the list', () => {
    expect(shortestUniqueSuffix([])('01aryz6s41aaaaaaaac0000000')).toBe('01aryz6s41aaaaaaaac0000000');
  });

  it('finds its own id again, whatever the ids', () => {
    const id = fc.string({ unit: fc.constantFrom('0', '1', 'z'), minLength: 26, maxLength: 26 });
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 30 }), (ids) => {
        const suffix = shortestUniqueSuffix(ids);
        for (const one of ids) expect(resolveRunId(suffix(one), ids)).toBe(one);
      }),
    );
  });
});

describe('naming a run', () => {
  const ids = ['01aryz6s41aaaaaaaac0000000', '01aryz6s41aaaaaaaad0000000', '01aryz6s41bbbbbbbbbbbbbbbb'];

  it('takes a unique end in any case, and blanks around it', () => {
    expect(resolveRunId(' BBB ', ids)).toBe(ids[2]);
  });

  it('takes a whole id that is also the end of another', () => {
    expect(resolveRunId('bb', ['bb', 'abb'])).toBe('bb');
  });

  it('lists the runs, newest first, when several have that end', () => {
    const error = errorOf(() => resolveRunId('0000000', ids));
    expect(error).toMatchObject({ code: 'E_USAGE', exitCode: 2, details: { matches: [ids[1], ids[0]] } });
    expect(error.message).toContain('01aryz6s41aaaaaaaad0000000');
  });

  it('says not found when none has it', () => {
    expect(errorOf(() => resolveRunId('zzz', ids))).toMatchObject({ code: 'E_NOT_FOUND', exitCode: 5 });
  });

  it.each(['', '..', '../x', 'a b', '*'])('refuses %j as an id', (input) => {
    expect(errorOf(() => resolveRunId(input, ids))).toMatchObject({ code: 'E_USAGE' });
  });
});
