import { prepareRollback } from '../../src/lib/deployments/prepare-rollback.js';
import { deploy } from './deploy-scenario.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';

const services = [{ name: 'api', desiredCount: 2, port: 3000 }];

const makePlan: OperationEntry['makePlan'] = async (rig) =>
  (await prepareIn(rig, (ctx, at) => prepareRollback(ctx, at, { services: [] }))).operation.plan;

export const operations: readonly OperationEntry[] = [
  {
    name: 'rollback',
    argv: ['rollback', '--yes'],
    services,
    seed: async (rig) => {
      await deploy(rig, 'v2');
    },
    makePlan,
    exit: 0,
  },
];
