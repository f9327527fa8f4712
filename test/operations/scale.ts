import { prepareScale } from '../../src/lib/capacity/prepare-scale.js';
import type { ScaleRequest } from '../../src/lib/capacity/scale-types.js';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';
import type { Rig } from './sandbox-rig.js';

const services = [
  { name: 'api', desiredCount: 2, port: 3000 },
  { name: 'workers', desiredCount: 1 },
];

export const databaseUrl = '/shop/staging/DATABASE_URL';

export const scaleRequest = (counts: readonly string[], overrides: Partial<ScaleRequest> = {}): ScaleRequest => ({
  counts,
  onTimeout: 'undo',
  bounds: 'refuse',
  force: [],
  ...overrides,
});

export interface Scaling {
  readonly min: number;
  readonly max: number;
  readonly policy?: string;
  readonly suspended?: boolean;
}

/** As a team's Terraform would have set it up. */
export const autoscale = async (rig: Rig, name: string, scaling: Scaling): Promise<void> => {
  const sdk = await import('@aws-sdk/client-application-auto-scaling');
  const client = await rig.clients.write('autoscaling');
  const resource = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/shop-staging/shop-staging-${name}`,
  } as const;
  await rig.drive(
    client.send(
      new sdk.RegisterScalableTargetCommand({
        ...resource,
        MinCapacity: scaling.min,
        MaxCapacity: scaling.max,
        ...(scaling.suspended === undefined
          ? {}
          : { SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true } }),
      }),
    ),
  );
  if (scaling.policy === undefined) return;
  await rig.drive(
    client.send(
      new sdk.PutScalingPolicyCommand({
        ...resource,
        PolicyName: scaling.policy,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 60,
          PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        },
      }),
    ),
  );
};

/** What is there already goes on; a task that starts from now on finds no parameter. */
export const loseParameter = (rig: Rig): void => {
  const done = breakEstate(rig.world, { kind: 'delete-parameter', region: 'eu-west-1', target: databaseUrl });
  if (done === undefined) throw new Error('there was no parameter to delete');
};

const planOf =
  (counts: readonly string[], overrides: Partial<ScaleRequest> = {}): OperationEntry['makePlan'] =>
  async (rig) =>
    (await prepareIn(rig, (ctx, at) => prepareScale(ctx, at, scaleRequest(counts, overrides)))).operation.plan;

const api = services.slice(0, 1);

export const operations: readonly OperationEntry[] = [
  {
    name: 'scale up',
    argv: ['scale', 'api=4'],
    services: api,
    seed: async () => undefined,
    makePlan: planOf(['api=4']),
    exit: 0,
  },
  {
    name: "scale beyond autoscaling's range",
    argv: ['scale', 'api=6', '--move-bounds'],
    services: api,
    seed: (rig) => autoscale(rig, 'api', { min: 1, max: 4 }),
    makePlan: planOf(['api=6'], { bounds: 'move' }),
    exit: 0,
  },
  {
    name: 'scale up when new tasks cannot start',
    argv: ['scale', 'api=4', '--force', databaseUrl],
    services: api,
    seed: async (rig) => loseParameter(rig),
    makePlan: planOf(['api=4'], { force: [databaseUrl] }),
    exit: 7,
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
