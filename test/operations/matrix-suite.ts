/** The crash matrix over operation entries, as tests. Two files share it, so that two workers halve the wait. */
import { describe, expect, it } from 'vitest';
import type { ActionRegistry } from '../../src/lib/engine/action.js';
import type { Uses } from '../../src/lib/plan/plan.js';
import { type CrashMode, crashMatrix } from '../helpers/engine-crash-matrix.js';
import { matrixFixture } from './matrix-fixture.js';
import type { OperationEntry } from './operation-entry.js';

/** How a line tears and what a call that was never sent leaves is proven on one service; with three the points are new. */
const modesFor = (services: number, modes: readonly CrashMode[]): readonly CrashMode[] =>
  services > 1 ? ['after'] : modes;

export const describeMatrix = (operations: readonly OperationEntry[]): void => {
  describe.each(
    operations.map((entry) => [entry.name, entry] as const),
  )('%s, killed at every point', (_name, entry) => {
    it('and resumed, ends in the world of the uninterrupted run', async () => {
      const { fixture, dispose } = matrixFixture(entry);
      const modes = modesFor(entry.services.length, ['before', 'torn', 'after']);
      const result = await crashMatrix(fixture, { recovery: 'resume', modes }).finally(dispose);
      expect(result.failures).toEqual([]);
      expect(result.cases).toBeGreaterThan(20);
    }, 600_000);

    it('and undone, gives the initial world back', async () => {
      const { fixture, dispose } = matrixFixture(entry);
      const modes = modesFor(entry.services.length, ['before', 'after']);
      const result = await crashMatrix(fixture, { recovery: 'undo', modes }).finally(dispose);
      expect(result.failures).toEqual([]);
      expect(result.cases).toBeGreaterThan(20);
    }, 600_000);
  });
};

const careless = (actions: ActionRegistry<unknown>, uses: Uses): ActionRegistry<unknown> => {
  const action = actions.get(uses);
  if (!action) throw new Error(`no ${uses}`);
  return new Map([...actions, [uses, { ...action, probe: async () => ({ kind: 'absent', evidence: null }) }]]);
};

/** The matrix is worth something only if it finds an action that does not look for its lost effect. */
export const expectMutantsCaught = (operations: readonly OperationEntry[], all: readonly Uses[]): void => {
  describe('the matrix', () => {
    it.each(all)('finds %s that does not look for its lost effect', async (uses) => {
      let found = 0;
      for (const entry of operations) {
        const { fixture, dispose } = matrixFixture(entry);
        const mutant = {
          name: `no probe of ${uses}`,
          actions: (actions: ActionRegistry<unknown>) => careless(actions, uses),
        };
        const result = await crashMatrix({ ...fixture, mutant }, { recovery: 'resume', modes: ['after'] }).finally(
          dispose,
        );
        found += result.failures.length;
        if (found > 0) break;
      }
      expect(found).toBeGreaterThan(0);
    }, 300_000);
  });
};
