/**
 * The Application Auto Scaling gateway, for the desired count of ECS services. A count that is set by hand lives only as
 * long as scaling lets it: so its range, its policies and what is suspended are read before a count is changed.
 */
import { inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';
import type { ServiceRef } from './ecs.js';

export interface ScalableTarget {
  /** `service/CLUSTER/SERVICE`. */
  readonly resourceId: string;
  readonly min: number;
  readonly max: number;
  readonly suspended: { readonly scaleIn: boolean; readonly scaleOut: boolean; readonly scheduled: boolean };
}

export interface ScalingPolicy {
  readonly name: string;
  readonly kind: string;
}

/** Only what moves; what is absent stays as it is. */
export interface BoundsChange extends ServiceRef {
  readonly min?: number;
  readonly max?: number;
}

export interface AutoscalingGateway {
  /** By resource id; a service that nothing scales is left out. */
  targets(services: readonly ServiceRef[]): Promise<ReadonlyMap<string, ScalableTarget>>;
  policies(service: ServiceRef): Promise<readonly ScalingPolicy[]>;
  setBounds(change: BoundsChange): Promise<void>;
}

const namespace = 'ecs';
const dimension = 'ecs:service:DesiredCount';
const idsPerCall = 50;

export const resourceIdOf = ({ cluster, service }: ServiceRef): string => `service/${cluster}/${service}`;

export const createAutoscalingGateway = (clients: AwsClients): AutoscalingGateway => ({
  targets: async (services) => {
    if (services.length === 0) return new Map();
    const { DescribeScalableTargetsCommand } = await import('@aws-sdk/client-application-auto-scaling');
    const client = await clients.read('autoscaling');
    const pages = await Promise.all(
      inBatches(services.map(resourceIdOf), idsPerCall).map((batch) =>
        readPages(async (nextToken) => {
          const answer = await client.send(
            new DescribeScalableTargetsCommand({
              ServiceNamespace: namespace,
              ScalableDimension: dimension,
              ResourceIds: [...batch],
              ...(nextToken ? { NextToken: nextToken } : {}),
            }),
          );
          return { items: answer.ScalableTargets ?? [], next: answer.NextToken };
        }),
      ),
    );
    return new Map(
      pages.flat().map((target) => {
        const resourceId = target.ResourceId ?? '';
        const suspended = target.SuspendedState;
        return [
          resourceId,
          {
            resourceId,
            min: target.MinCapacity ?? 0,
            max: target.MaxCapacity ?? 0,
            suspended: {
              scaleIn: suspended?.DynamicScalingInSuspended ?? false,
              scaleOut: suspended?.DynamicScalingOutSuspended ?? false,
              scheduled: suspended?.ScheduledScalingSuspended ?? false,
            },
          },
        ];
      }),
    );
  },
  policies: async (service) => {
    const { DescribeScalingPoliciesCommand } = await import('@aws-sdk/client-application-auto-scaling');
    const client = await clients.read('autoscaling');
    const found = await readPages(async (nextToken) => {
      const answer = await client.send(
        new DescribeScalingPoliciesCommand({
          ServiceNamespace: namespace,
          ScalableDimension: dimension,
          ResourceId: resourceIdOf(service),
          ...(nextToken ? { NextToken: nextToken } : {}),
        }),
      );
      return { items: answer.ScalingPolicies ?? [], next: answer.NextToken };
    });
    return found.map((policy) => ({ name: policy.PolicyName ?? '', kind: policy.PolicyType ?? '' }));
  },
  setBounds: async ({ min, max, ...service }) => {
    const { RegisterScalableTargetCommand } = await import('@aws-sdk/client-application-auto-scaling');
    const client = await clients.write('autoscaling');
    await client.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: namespace,
        ScalableDimension: dimension,
        ResourceId: resourceIdOf(service),
        ...(min === undefined ? {} : { MinCapacity: min }),
        ...(max === undefined ? {} : { MaxCapacity: max }),
      }),
    );
  },
});
