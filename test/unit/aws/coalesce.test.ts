import { describe, expect, it } from 'vitest';
import { coalesce } from '../../../src/lib/aws/coalesce.js';

interface Call {
  readonly keys: readonly string[];
  answer(): void;
  fail(error: Error): void;
}

/** A service whose answers the test gives. */
const gated = (size: number) => {
  const calls: Call[] = [];
  const ask = coalesce<string>({
    size,
    send: (keys) =>
      new Promise((resolve, reject) => {
        const found = keys.filter((key) => !key.startsWith('missing'));
        const answer = (): void => resolve(new Map(found.map((key) => [key, `${key}@${calls.length}`])));
        calls.push({ keys, answer, fail: reject });
      }),
  });
  return { calls, ask };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('coalesced calls', () => {
  it('send the first caller at once and everybody who comes meanwhile together', async () => {
    const { calls, ask } = gated(10);
    const first = ask(['a']);
    const others = [ask(['b']), ask(['c', 'b'])];
    expect(calls.map(({ keys }) => keys)).toEqual([['a']]);
    calls[0]?.answer();
    expect(await first).toEqual(['a@1']);
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']]);
    calls[1]?.answer();
    expect(await Promise.all(others)).toEqual([['b@2'], ['c@2', 'b@2']]);
  });

  it('never give an answer that was asked for before', async () => {
    const { calls, ask } = gated(10);
    const early = ask(['a']);
    const late = ask(['a']);
    calls[0]?.answer();
    await turn();
    calls[1]?.answer();
    expect([await early, await late]).toEqual([['a@1'], ['a@2']]);
  });

  it('keep to the batch size, and leave out what is not there', async () => {
    const { calls, ask } = gated(2);
    const all = ask(['a', 'missing-b', 'c', 'd', 'e']);
    expect(calls.map(({ keys }) => keys)).toEqual([['a', 'missing-b'], ['c', 'd'], ['e']]);
    for (const call of calls) call.answer();
    expect((await all).map((answer) => answer?.[0])).toEqual(['a', undefined, 'c', 'd', 'e']);
  });

  it('fail only those who had a key in the failed batch, and go on', async () => {
    const { calls, ask } = gated(1);
    const block = ask(['x']);
    const [good, bad] = [ask(['a']), ask(['b'])];
    calls[0]?.answer();
    await block;
    await turn();
    const outcome = bad.then(
      () => 'answered',
      (error: Error) => error.message,
    );
    calls[2]?.fail(new Error('throttled'));
    calls[1]?.answer();
    expect(await good).toEqual(['a@3']);
    expect(await outcome).toBe('throttled');
    const next = ask(['b']);
    await turn();
    calls[3]?.answer();
    expect(await next).toEqual(['b@4']);
  });
});
