/**
 * What is in an account's ECS: clusters, the services of one, and each service's settings as far as adoption looks at
 * them. Reads only, paged to the end, batched, never more than a handful of calls at once. The calls of everyday work
 * are in ecs.ts.
 */
import type { Service } from '@aws-sdk/client-ecs';
import { atMost, inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';
import { lastPart } from './ecs-model.js';

export interface ServiceBalancer {
  readonly targetGroup?: string | undefined;
  /** The second target group of a service that shifts traffic. */
  readonly alternate?: string | undefined;
  /** Name of a classic load balancer. */
  readonly classic?: string | undefined;
  readonly container?: string | undefined;
  readonly port?: number | undefined;
}

export interface ServiceNetwork {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

export interface ServiceSettings {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  /** Empty for a service that runs task sets (EXTERNAL, CODE_DEPLOY). */
  readonly taskDefinition: string;
  readonly desired: number;
  /** ECS, CODE_DEPLOY or EXTERNAL. */
  readonly controller: string;
  readonly launchType?: string | undefined;
  readonly capacityProviders: readonly string[];
  readonly scheduling: string;
  readonly strategy: string;
  readonly platformFamily?: string | undefined;
  readonly balancers: readonly ServiceBalancer[];
  readonly network?: ServiceNetwork | undefined;
  readonly serviceRegistries: number;
  readonly hasServiceConnect: boolean;
  readonly executeCommand: boolean;
  /** A deployment has not ended: what is live may be about to be rolled back. */
  readonly isDeploying: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface EcsInventory {
  /** Names, sorted. */
  clusters(): Promise<readonly string[]>;
  /** Throws the SDK's ClusterNotFoundException for a missing cluster. */
  services(cluster: string): Promise<readonly ServiceSettings[]>;
}

const servicesPerCall = 10;
const servicesPerPage = 100;
const callsAtOnce = 8;

export const createEcsInventory = (clients: AwsClients): EcsInventory => ({
  clusters: async () => {
    const { ListClustersCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const arns = await readPages(async (nextToken) => {
      const answer = await client.send(new ListClustersCommand({ ...(nextToken ? { nextToken } : {}) }));
      return { items: answer.clusterArns ?? [], next: answer.nextToken };
    });
    return arns.map(lastPart).sort();
  },
  services: async (cluster) => {
    const { DescribeServicesCommand, ListServicesCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const arns = await readPages(async (nextToken) => {
      const answer = await client.send(
        new ListServicesCommand({ cluster, maxResults: servicesPerPage, ...(nextToken ? { nextToken } : {}) }),
      );
      return { items: answer.serviceArns ?? [], next: answer.nextToken };
    });
    const answers = await atMost(callsAtOnce, inBatches(arns, servicesPerCall), (batch) =>
      client.send(new DescribeServicesCommand({ cluster, services: [...batch], include: ['TAGS'] })),
    );
    const found = answers.flatMap(({ services }) => services ?? []).map(toSettings);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  },
});

const toSettings = (service: Service): ServiceSettings => {
  const network = service.networkConfiguration?.awsvpcConfiguration;
  return {
    arn: service.serviceArn ?? '',
    name: service.serviceName ?? '',
    status: service.status ?? '',
    taskDefinition: service.taskDefinition ?? '',
    desired: service.desiredCount ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    launchType: service.launchType,
    capacityProviders: (service.capacityProviderStrategy ?? []).flatMap(
      ({ capacityProvider }) => capacityProvider ?? [],
    ),
    scheduling: service.schedulingStrategy ?? 'REPLICA',
    strategy: service.deploymentConfiguration?.strategy ?? 'ROLLING',
    platformFamily: service.platformFamily,
    balancers: (service.loadBalancers ?? []).map((balancer) => ({
      targetGroup: balancer.targetGroupArn,
      alternate: balancer.advancedConfiguration?.alternateTargetGroupArn,
      classic: balancer.loadBalancerName,
      container: balancer.containerName,
      port: balancer.containerPort,
    })),
    network: network && {
      subnets: network.subnets ?? [],
      securityGroups: network.securityGroups ?? [],
      assignPublicIp: network.assignPublicIp === 'ENABLED',
    },
    serviceRegistries: service.serviceRegistries?.length ?? 0,
    hasServiceConnect: (service.deployments ?? []).some((each) => each.serviceConnectConfiguration?.enabled === true),
    executeCommand: service.enableExecuteCommand ?? false,
    isDeploying:
      (service.deployments ?? []).length > 1 ||
      (service.deployments ?? []).some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'),
    tags: Object.fromEntries((service.tags ?? []).flatMap(({ key, value }) => (key ? [[key, value ?? '']] : []))),
  };
};
