/** The load balancer gateway: target health now; rules and weights when a strategy needs them. Reads only. */
import type { AwsClients } from './clients.js';

export interface TargetHealth {
  /** Address of the task. */
  readonly id: string;
  readonly port?: number | undefined;
  /** initial, healthy, unhealthy, draining, unused, unavailable. */
  readonly state: string;
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
}

export interface ElbGateway {
  /** Empty for a target group that is gone. */
  targetHealth(targetGroup: string): Promise<readonly TargetHealth[]>;
  /** DNS name of a load balancer; undefined when there is none of that name. */
  dnsName(loadBalancer: string): Promise<string | undefined>;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && /^(TargetGroup|LoadBalancer)NotFound/.test(error.name);

export const createElbGateway = (clients: AwsClients): ElbGateway => ({
  targetHealth: async (targetGroup) => {
    const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await clients.read('elbv2');
    try {
      const answer = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }));
      return (answer.TargetHealthDescriptions ?? []).map((description) => ({
        id: description.Target?.Id ?? '',
        port: description.Target?.Port,
        state: description.TargetHealth?.State ?? 'unknown',
        reason: description.TargetHealth?.Reason,
        description: description.TargetHealth?.Description,
      }));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  dnsName: async (loadBalancer) => {
    const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await clients.read('elbv2');
    try {
      const answer = await client.send(new DescribeLoadBalancersCommand({ Names: [loadBalancer] }));
      return answer.LoadBalancers?.[0]?.DNSName;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
});
