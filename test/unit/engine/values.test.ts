import { describe, expect, it } from 'vitest';
import { foldAll } from '../../../src/lib/engine/fold.js';
import { holds, resolveRef, resolveValue, splitRef } from '../../../src/lib/engine/values.js';
import { newBench } from '../../helpers/engine-bench.js';
import { broadPlan } from '../../helpers/engine-synthetic.js';

const finished = async () => {
  const bench = newBench();
  await bench.run(broadPlan('run'));
  return foldAll(bench.events('run'));
};

describe('references in a plan', () => {
  it('split at dots outside brackets', () => {
    expect(splitRef('steps.update[api.v2].outputs.arn')).toEqual(['steps', 'update[api.v2]', 'outputs', 'arn']);
  });

  it('resolve to what steps captured, gave and are, to chains and to the run', async () => {
    const view = await finished();
    expect(resolveRef('run.id', view)).toBe('run');
    expect(resolveRef('steps.update[a].outputs.value', view)).toBe('a2');
    expect(resolveRef('steps.update[a].captured.value', view)).toBe('a1');
    expect(resolveRef('steps.update[a].handle.job', view)).toMatch(/^job-/);
    expect(resolveRef('steps.update[a].state', view)).toBe('succeeded');
    expect(resolveRef('chains.b.outcome', view)).toBe('succeeded');
  });

  it('are null for what does not exist, inherited properties included', async () => {
    const view = await finished();
    for (const ref of [
      'steps.nobody.outputs.value',
      'steps.update[a].outputs.value.deeper',
      'steps.update[a].outputs.constructor',
      'steps.look.captured.__proto__',
      'steps.update[a].secrets',
      'chains.toString.outcome',
    ]) {
      expect(resolveRef(ref, view)).toBeNull();
    }
  });

  it('that mean nothing are a bug of ours', async () => {
    const view = await finished();
    expect(() => resolveRef('env.HOME', view)).toThrow('env.HOME');
  });

  it('are found at any depth, and secrets stay references', async () => {
    const view = await finished();
    const value = { list: [{ $ref: 'run.id' }, 1], url: { $secret: 'ssm:/shop/url' }, note: { $ref: 'kept', more: 1 } };
    expect(resolveValue(value, view)).toEqual({
      list: ['run', 1],
      url: { $secret: 'ssm:/shop/url' },
      note: { $ref: 'kept', more: 1 },
    });
  });

  it('decide conditions', async () => {
    const view = await finished();
    expect(holds({ $ref: 'chains.a.outcome', equals: 'succeeded' }, view)).toBe(true);
    expect(holds({ $ref: 'chains.a.outcome', in: ['failed', 'rolled-back'] }, view)).toBe(false);
  });
});
