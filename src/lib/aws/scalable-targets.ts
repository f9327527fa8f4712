/** Application Auto Scaling's bounds of ECS services. Reads only. */
import { atMost, inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';

export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
}

const perCall = 50;
const callsAtOnce = 4;

/** By service name; a service that does not scale by itself is left out. */
export const scalingBounds = async (
  clients: AwsClients,
  of: { readonly cluster: string; readonly services: readonly string[] },
): Promise<ReadonlyMap<string, ScalingBounds>> => {
  const { DescribeScalableTargetsCommand } = await import('@aws-sdk/client-application-auto-scaling');
  const client = await clients.read('autoscaling');
  const prefix = `service/${of.cluster}/`;
  const found = await atMost(callsAtOnce, inBatches(of.services, perCall), (batch) =>
    readPages(async (token) => {
      const answer = await client.send(
        new DescribeScalableTargetsCommand({
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceIds: batch.map((service) => `${prefix}${service}`),
          ...(token ? { NextToken: token } : {}),
        }),
      );
      return { items: answer.ScalableTargets ?? [], next: answer.NextToken };
    }),
  );
  return new Map(
    found
      .flat()
      .map(({ ResourceId = '', MinCapacity = 0, MaxCapacity = 0 }) => [
        ResourceId.slice(prefix.length),
        { min: MinCapacity, max: MaxCapacity },
      ]),
  );
};
