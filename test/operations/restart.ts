import { prepareRestart } from '../../src/lib/deployments/prepare-restart.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';

export const operations: readonly OperationEntry[] = [
  {
    name: 'restart',
    argv: ['restart'],
    services: [{ name: 'api', desiredCount: 2, port: 3000 }],
    seed: async () => undefined,
    makePlan: async (rig) =>
      (await prepareIn(rig, (ctx, at) => prepareRestart(ctx, at, { services: [] }))).operation.plan,
    exit: 0,
  },
];
