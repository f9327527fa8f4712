/**
 * The load balancer of a seeded environment: two target groups per service (it sits in the first until a strategy uses
 * the second), and on both listeners a rule per service with weights 100 and 0.
 */
import { createHash } from 'node:crypto';
import type { SeedDocument, SeedService } from './seed.js';
import type { SeedCall } from './seed-call.js';
import { ec2State } from './services/ec2/store.js';
import type { World } from './world.js';

export interface SeededTargets {
  /** ECS service name → the target group that it begins in. */
  readonly groups: ReadonlyMap<string, string>;
  readonly added: readonly string[];
}

interface Balanced extends SeedService {
  readonly port: number;
  readonly pathPattern: string;
}

const isBalanced = (service: SeedService): service is Balanced =>
  service.port !== undefined && service.pathPattern !== undefined;

export const seedLoadBalancer = async (
  call: SeedCall,
  { world, document }: { readonly world: World; readonly document: SeedDocument },
): Promise<SeededTargets> => {
  const groups = new Map<string, string>();
  const services = document.services.filter(isBalanced);
  if (!document.loadBalancer || services.length === 0) return { groups, added: [] };
  const { name, listenerPort, testListenerPort } = document.loadBalancer;
  const added: string[] = [];
  const balancer = await findOrCreateBalancer(call, { world, document, name, added });
  const listeners = [
    await findOrCreateListener(call, { balancerArn: balancer.arn, port: listenerPort }),
    await findOrCreateListener(call, { balancerArn: balancer.arn, port: testListenerPort }),
  ];
  // The longest path first: its rule must come before a shorter one that matches too.
  for (const service of [...services].sort((a, b) => b.pathPattern.length - a.pathPattern.length)) {
    const [first, second] = [
      await findOrCreateGroup(call, { service, vpcId: balancer.vpcId, letter: 'a', added }),
      await findOrCreateGroup(call, { service, vpcId: balancer.vpcId, letter: 'b', added }),
    ];
    groups.set(service.serviceName, first);
    for (const listenerArn of listeners) await addRule(call, { listenerArn, service, groups: [first, second] });
  }
  return { groups, added };
};

const orUndefined = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && /NotFound/.test(error.name)) return undefined;
    throw error;
  }
};

interface Wanted {
  readonly world: World;
  readonly document: SeedDocument;
  readonly name: string;
  readonly added: string[];
}

const findOrCreateBalancer = async (
  call: SeedCall,
  { world, document, name, added }: Wanted,
): Promise<{ readonly arn: string; readonly vpcId: string }> => {
  const found = await orUndefined(call('elbv2', 'DescribeLoadBalancers', { Names: [name] }));
  const existing = found?.LoadBalancers[0];
  if (existing) return { arn: existing.LoadBalancerArn, vpcId: existing.VpcId };
  const network = ec2State(world, document.region);
  const wanted = document.network?.subnets;
  const home =
    network.subnets.find(({ id, tags }) => wanted?.some((each) => each === id || each === tags['Name']))?.vpcId ??
    network.vpcs[0]?.id ??
    '';
  const created = await call('elbv2', 'CreateLoadBalancer', {
    Name: name,
    Type: 'application',
    Scheme: 'internet-facing',
    Subnets: network.subnets
      .filter(({ vpcId }) => vpcId === home)
      .slice(0, 2)
      .map(({ id }) => id),
    SecurityGroups: network.securityGroups
      .filter(({ vpcId }) => vpcId === home)
      .slice(0, 1)
      .map(({ id }) => id),
  });
  added.push(`load balancer ${name}`);
  return { arn: created.LoadBalancers[0].LoadBalancerArn, vpcId: home };
};

const findOrCreateListener = async (
  call: SeedCall,
  { balancerArn, port }: { readonly balancerArn: string; readonly port: number },
): Promise<string> => {
  const { Listeners } = await call('elbv2', 'DescribeListeners', { LoadBalancerArn: balancerArn });
  const existing = Listeners.find((listener: { Port?: number }) => listener.Port === port);
  if (existing) return existing.ListenerArn;
  const created = await call('elbv2', 'CreateListener', {
    LoadBalancerArn: balancerArn,
    Protocol: 'HTTP',
    Port: port,
    DefaultActions: [
      {
        Type: 'fixed-response',
        FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'no service has this path' },
      },
    ],
  });
  return created.Listeners[0].ListenerArn;
};

/** Names have at most 32 characters; a long service name keeps its beginning and gets a hash. */
export const targetGroupName = (serviceName: string, letter: 'a' | 'b'): string => {
  if (serviceName.length <= 30) return `${serviceName}-${letter}`;
  const hash = createHash('sha256').update(serviceName).digest('hex').slice(0, 6);
  return `${serviceName.slice(0, 23).replace(/-+$/, '')}-${hash}-${letter}`;
};

const findOrCreateGroup = async (
  call: SeedCall,
  options: { readonly service: Balanced; readonly vpcId: string; readonly letter: 'a' | 'b'; readonly added: string[] },
): Promise<string> => {
  const { service, vpcId, letter, added } = options;
  const name = targetGroupName(service.serviceName, letter);
  const found = await orUndefined(call('elbv2', 'DescribeTargetGroups', { Names: [name] }));
  const existing = found?.TargetGroups[0];
  if (existing) return existing.TargetGroupArn;
  const created = await call('elbv2', 'CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: service.port,
    VpcId: vpcId,
    TargetType: 'ip',
    HealthCheckPath: service.healthPath ?? '/',
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 3,
  });
  const arn = created.TargetGroups[0].TargetGroupArn;
  await call('elbv2', 'ModifyTargetGroupAttributes', {
    TargetGroupArn: arn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
  });
  added.push(`target group ${name}`);
  return arn;
};

interface Rule {
  readonly Priority?: string;
  readonly Conditions?: readonly { readonly Values?: readonly string[] }[];
}

const addRule = async (
  call: SeedCall,
  options: { readonly listenerArn: string; readonly service: Balanced; readonly groups: readonly [string, string] },
): Promise<void> => {
  const { listenerArn, service, groups } = options;
  const { Rules } = (await call('elbv2', 'DescribeRules', { ListenerArn: listenerArn })) as { Rules: readonly Rule[] };
  const isThere = Rules.some(({ Conditions }) =>
    Conditions?.some(({ Values }) => Values?.includes(service.pathPattern)),
  );
  if (isThere) return;
  const taken = new Set(Rules.map(({ Priority }) => Priority));
  let priority = 1_000 - 10 * Math.min(90, service.pathPattern.length);
  while (taken.has(String(priority))) priority += 1;
  await call('elbv2', 'CreateRule', {
    ListenerArn: listenerArn,
    Priority: priority,
    Conditions: [{ Field: 'path-pattern', Values: [service.pathPattern] }],
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: groups[0], Weight: 100 },
            { TargetGroupArn: groups[1], Weight: 0 },
          ],
        },
      },
    ],
  });
};
