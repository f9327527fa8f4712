/** What must be the same in the end, however often a process died on the way: seen through AWS's own API. */
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  paginateListServices,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { endpointConfig } from './sandbox-client.js';

export interface ServicePicture {
  readonly tag: string;
  readonly revision: number;
  readonly desired: number;
  readonly running: number;
  readonly deployments: number;
}

export interface Projection {
  readonly services: Readonly<Record<string, ServicePicture>>;
  /** Target groups by rule, with their weights. */
  readonly weights: readonly string[];
  /** Per family: each revision's image tag and recorded outcome, oldest first. */
  readonly releases: Readonly<Record<string, readonly string[]>>;
}

const cluster = 'shop-staging';

const last = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

export const projectionOf = async (endpoint: string): Promise<Projection> => {
  const config = { ...endpointConfig(endpoint), maxAttempts: 5 };
  const ecs = new ECSClient(config);
  const elb = new ElasticLoadBalancingV2Client(config);
  try {
    const [services, weights, releases] = await Promise.all([servicesOf(ecs), weightsOf(elb), releasesOf(ecs)]);
    return { services, weights, releases };
  } finally {
    ecs.destroy();
    elb.destroy();
  }
};

const servicesOf = async (ecs: ECSClient): Promise<Projection['services']> => {
  const names: string[] = [];
  for await (const page of paginateListServices({ client: ecs }, { cluster })) names.push(...(page.serviceArns ?? []));
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: names }));
  const pictures = services.map(async (service): Promise<[string, ServicePicture]> => {
    const release = await releaseOf(ecs, service.taskDefinition ?? '');
    const { serviceName = '', desiredCount: desired = 0, runningCount: running = 0, deployments = [] } = service;
    const { tag, revision } = release;
    return [serviceName, { tag, revision, desired, running, deployments: deployments.length }];
  });
  return Object.fromEntries((await Promise.all(pictures)).sort(([a], [b]) => a.localeCompare(b)));
};

const releaseOf = async (
  ecs: ECSClient,
  taskDefinition: string,
): Promise<{ readonly tag: string; readonly revision: number; readonly outcome: string }> => {
  const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }));
  const tagOf = (key: string): string => answer.tags?.find((tag) => tag.key === key)?.value ?? '-';
  return {
    tag: tagOf('platform:tag'),
    revision: answer.taskDefinition?.revision ?? 0,
    outcome: tagOf('platform:outcome'),
  };
};

const releasesOf = async (ecs: ECSClient): Promise<Projection['releases']> => {
  const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({ sort: 'ASC' }));
  const seen: Record<string, string[]> = {};
  for (const arn of taskDefinitionArns) {
    const [family = '', revision = ''] = last(arn).split(':');
    const { tag, outcome } = await releaseOf(ecs, arn);
    seen[family] = [...(seen[family] ?? []), `${revision} ${tag} ${outcome}`];
  }
  return seen;
};

const weightsOf = async (elb: ElasticLoadBalancingV2Client): Promise<readonly string[]> => {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const found: string[] = [];
  for (const { LoadBalancerArn, LoadBalancerName } of LoadBalancers) {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
    for (const { ListenerArn, Port } of Listeners) {
      const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
      for (const { Priority, Actions = [] } of Rules) {
        const groups = Actions.flatMap((action) => action.ForwardConfig?.TargetGroups ?? []);
        const shares = groups.map((group) => `${(group.TargetGroupArn ?? '').split('/').at(-2)}=${group.Weight}`);
        found.push(`${LoadBalancerName}:${Port} ${Priority} ${shares.sort().join(' ')}`);
      }
    }
  }
  return found.sort();
};

/** Old tasks may still be on their way out when a command ends. */
export const isSettled = ({ services }: Projection): boolean =>
  Object.values(services).every(({ deployments, running, desired }) => deployments === 1 && running === desired);

export const settledProjection = async (endpoint: string): Promise<Projection> => {
  const giveUpAt = Date.now() + 20_000;
  for (;;) {
    const seen = await projectionOf(endpoint);
    if (isSettled(seen) || Date.now() > giveUpAt) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
