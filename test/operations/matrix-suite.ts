/** The crash matrix over operation entries, as tests. Two files share it, so that two workers halve the wait. */
import { describe, expect, it } from 'vitest';
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
