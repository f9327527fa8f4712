/** How traffic reaches target groups: balancers, listeners and their rules. Reads only, paged and batched. */
import { atMost, inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly protocol: string;
  readonly vpc?: string | undefined;
  readonly healthPath?: string | undefined;
  readonly balancers: readonly string[];
}

export interface Balancer {
  readonly arn: string;
  readonly name: string;
  /** application, network or gateway. */
  readonly type: string;
}

export interface Listener {
  readonly arn: string;
  readonly balancer: string;
  readonly port: number;
}

export interface Rule {
  readonly listener: Listener;
  /** `default`, or a number. */
  readonly priority: string;
  readonly paths: readonly string[];
  /** What else must hold: `host-header shop.example.com`. */
  readonly conditions: readonly string[];
  readonly targetGroups: readonly string[];
}

export interface ElbRouting {
  /** A target group that is gone is left out. */
  targetGroups(arns: readonly string[]): Promise<readonly TargetGroup[]>;
  balancers(arns: readonly string[]): Promise<readonly Balancer[]>;
  rules(balancers: readonly string[]): Promise<readonly Rule[]>;
}

const perCall = 20;
const callsAtOnce = 8;

const isMissing = (error: unknown): boolean => error instanceof Error && /NotFound/.test(error.name);

/** One missing name fails the whole batch: then each is asked for by itself. */
const inForgivingBatches = async <T>(
  arns: readonly string[],
  read: (batch: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> => {
  const one = async (arn: string): Promise<readonly T[]> => {
    try {
      return await read([arn]);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  };
  const found = await atMost(callsAtOnce, inBatches([...new Set(arns)], perCall), async (batch) => {
    try {
      return await read(batch);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return (await atMost(callsAtOnce, batch, one)).flat();
    }
  });
  return found.flat();
};

const targetGroups =
  (clients: AwsClients): ElbRouting['targetGroups'] =>
  async (arns) => {
    const { DescribeTargetGroupsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await clients.read('elbv2');
    return inForgivingBatches(arns, async (batch) => {
      const answer = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [...batch] }));
      return (answer.TargetGroups ?? []).map((group) => ({
        arn: group.TargetGroupArn ?? '',
        name: group.TargetGroupName ?? '',
        protocol: group.Protocol ?? '',
        vpc: group.VpcId,
        healthPath: group.HealthCheckPath,
        balancers: group.LoadBalancerArns ?? [],
      }));
    });
  };

const balancers =
  (clients: AwsClients): ElbRouting['balancers'] =>
  async (arns) => {
    const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await clients.read('elbv2');
    return inForgivingBatches(arns, async (batch) => {
      const answer = await client.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [...batch] }));
      return (answer.LoadBalancers ?? []).map((balancer) => ({
        arn: balancer.LoadBalancerArn ?? '',
        name: balancer.LoadBalancerName ?? '',
        type: balancer.Type ?? 'application',
      }));
    });
  };

const listenersOf = async (clients: AwsClients, balancer: string): Promise<readonly Listener[]> => {
  const { DescribeListenersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await clients.read('elbv2');
  return readPages(async (marker) => {
    const answer = await client.send(
      new DescribeListenersCommand({ LoadBalancerArn: balancer, ...(marker ? { Marker: marker } : {}) }),
    );
    const items = (answer.Listeners ?? []).map(({ ListenerArn = '', Port = 0 }) => ({
      arn: ListenerArn,
      balancer,
      port: Port,
    }));
    return { items, next: answer.NextMarker };
  });
};

const rulesOf = async (clients: AwsClients, listener: Listener): Promise<readonly Rule[]> => {
  const { DescribeRulesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await clients.read('elbv2');
  return readPages(async (marker) => {
    const answer = await client.send(
      new DescribeRulesCommand({ ListenerArn: listener.arn, ...(marker ? { Marker: marker } : {}) }),
    );
    const items = (answer.Rules ?? []).map((rule): Rule => {
      const conditions = rule.Conditions ?? [];
      const actions = rule.Actions ?? [];
      return {
        listener,
        priority: rule.IsDefault === true ? 'default' : (rule.Priority ?? ''),
        paths: conditions
          .filter(({ Field }) => Field === 'path-pattern')
          .flatMap(({ Values, PathPatternConfig }) => PathPatternConfig?.Values ?? Values ?? []),
        // A header that must be there may be a secret of a CDN's: hosts alone are told.
        conditions: conditions
          .filter(({ Field }) => Field !== 'path-pattern')
          .map(({ Field = '', Values, HostHeaderConfig }) =>
            Field === 'host-header' ? [Field, ...(HostHeaderConfig?.Values ?? Values ?? [])].join(' ') : Field,
          ),
        targetGroups: actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
          ...(TargetGroupArn === undefined ? [] : [TargetGroupArn]),
          ...(ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []),
        ]),
      };
    });
    return { items, next: answer.NextMarker };
  });
};

export const createElbRouting = (clients: AwsClients): ElbRouting => ({
  targetGroups: targetGroups(clients),
  balancers: balancers(clients),
  rules: async (arns) => {
    const listeners = await atMost(callsAtOnce, [...new Set(arns)], (arn) => listenersOf(clients, arn));
    const rules = await atMost(callsAtOnce, listeners.flat(), (listener) => rulesOf(clients, listener));
    return rules.flat();
  },
});
