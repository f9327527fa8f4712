import { describe, expect, it } from 'vitest';
import type { ActionRegistry } from '../../src/lib/engine/action.js';
import { crashMatrix } from '../helpers/engine-crash-matrix.js';
import { operations as deployOperations } from '../operations/deploy.js';
import { matrixFixture } from '../operations/matrix-fixture.js';
import { describeMatrix } from '../operations/matrix-suite.js';

describeMatrix(deployOperations.filter((entry) => entry.services.length === 1));

describe('the matrix', () => {
  const careless = (actions: ActionRegistry<unknown>, uses: `${string}@${number}`): ActionRegistry<unknown> => {
    const action = actions.get(uses);
    if (!action) throw new Error(`no ${uses}`);
    return new Map([...actions, [uses, { ...action, probe: async () => ({ kind: 'absent', evidence: null }) }]]);
  };

  it.each([
    'ecs.register-task-definition@1',
    'ecs.update-service@1',
  ] as const)('finds %s that does not look for its lost effect', async (uses) => {
    const [entry] = deployOperations;
    if (!entry) throw new Error('no operation');
    const { fixture, dispose } = matrixFixture(entry);
    const mutant = {
      name: `no probe of ${uses}`,
      actions: (actions: ActionRegistry<unknown>) => careless(actions, uses),
    };
    const result = await crashMatrix({ ...fixture, mutant }, { recovery: 'resume', modes: ['after'] }).finally(dispose);
    expect(result.failures.length).toBeGreaterThan(0);
  }, 300_000);
});
