import { prepareDeploy } from '../../src/lib/deployments/prepare-deploy.js';
import { request } from './deploy-scenario.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';

const api = { name: 'api', desiredCount: 2, port: 3000 };
const three = [api, { name: 'workers', desiredCount: 1 }, { name: 'web', desiredCount: 1, dependsOn: ['api'] }];

const planOf =
  (tag: string): OperationEntry['makePlan'] =>
  async (rig) =>
    (await prepareIn(rig, (ctx, at) => prepareDeploy(ctx, at, request({ tag })))).operation.plan;

export const operations: readonly OperationEntry[] = [
  {
    name: 'deploy one service',
    argv: ['deploy', '--tag', 'v2'],
    services: [api],
    seed: async () => undefined,
    makePlan: planOf('v2'),
    exit: 0,
  },
  {
    name: 'deploy three services',
    argv: ['deploy', '--tag', 'v2'],
    services: three,
    seed: async () => undefined,
    makePlan: planOf('v2'),
    exit: 0,
  },
  {
    name: 'deploy a release that fails',
    argv: ['deploy', '--tag', 'v2-bad'],
    services: [api],
    seed: async () => undefined,
    makePlan: planOf('v2-bad'),
    exit: 7,
  },
];
