import { describe, expect, it } from 'vitest';
import type { ActionRegistry, AnyAction } from '../../src/lib/engine/action.js';
import { crashMatrix } from '../helpers/engine-crash-matrix.js';
import { matrixFixture } from '../operations/matrix-fixture.js';
import { describeMatrix } from '../operations/matrix-suite.js';
import { operations } from '../operations/run.js';

describeMatrix(operations);

/** Two things keep a second task from starting; the matrix must see what happens without both, and that each one does. */
describe('the matrix over a task that must not run twice', () => {
  const uses = 'ecs.run-task@1' as const;
  let calls = 0;

  const withoutLook = (action: AnyAction<unknown>): AnyAction<unknown> => ({
    ...action,
    probe: async () => ({ kind: 'absent', evidence: null }),
  });
  const withoutToken = (action: AnyAction<unknown>): AnyAction<unknown> => ({
    ...action,
    start: (io, input, captured) => {
      calls += 1;
      return action.start({ ...io, key: `${io.key}/${calls}` }, input, captured);
    },
  });

  const failuresOf = async (change: (action: AnyAction<unknown>) => AnyAction<unknown>): Promise<number> => {
    const [entry] = operations;
    if (!entry) throw new Error('no operation');
    const { fixture, dispose } = matrixFixture(entry);
    const actions = (all: ActionRegistry<unknown>): ActionRegistry<unknown> => {
      const action = all.get(uses);
      if (!action) throw new Error(`no ${uses}`);
      return new Map([...all, [uses, change(action)]]);
    };
    const mutant = { name: 'careless', actions };
    const result = await crashMatrix({ ...fixture, mutant }, { recovery: 'resume', modes: ['after'] }).finally(dispose);
    return result.failures.length;
  };

  it.each([
    ['neither looks for the task nor sends a token of the step: two tasks', withoutLook, withoutToken, 'found'],
    ['does not look for the task: the token keeps it one', withoutLook, (action: AnyAction<unknown>) => action, 'none'],
    [
      'sends a token of its own each time: the look keeps it one',
      (action: AnyAction<unknown>) => action,
      withoutToken,
      'none',
    ],
  ] as const)(
    '%s',
    async (_what, first, second, expected) => {
      const failures = await failuresOf((action) => second(first(action)));
      if (expected === 'found') expect(failures).toBeGreaterThan(0);
      else expect(failures).toBe(0);
    },
    300_000,
  );
});
