import { prepareScale } from '../../src/lib/capacity/prepare-scale.js';
import type { ScaleRequest } from '../../src/lib/capacity/scale-types.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';

const services = [
  { name: 'api', desiredCount: 2, port: 3000 },
  { name: 'workers', desiredCount: 1 },
];

export const scaleRequest = (counts: readonly string[], overrides: Partial<ScaleRequest> = {}): ScaleRequest => ({
  counts,
  onTimeout: 'undo',
  bounds: 'refuse',
  force: [],
  ...overrides,
});

const planOf =
  (counts: readonly string[], overrides: Partial<ScaleRequest> = {}): OperationEntry['makePlan'] =>
  async (rig) =>
    (await prepareIn(rig, (ctx, at) => prepareScale(ctx, at, scaleRequest(counts, overrides)))).operation.plan;

export const operations: readonly OperationEntry[] = [
  {
    name: 'scale up',
    argv: ['scale', 'api=4'],
    services: services.slice(0, 1),
    seed: async () => undefined,
    makePlan: planOf(['api=4']),
    exit: 0,
  },
  {
    name: 'scale one up and one to nothing',
    argv: ['scale', 'api=3', 'workers=0', '--yes'],
    services,
    seed: async () => undefined,
    makePlan: planOf(['api=3', 'workers=0']),
    exit: 0,
  },
];
