/**
 * Seed document → world. Idempotent, and only adds: what is there stays as it is. Goes through the services' own
 * operations, so that seeded things are exactly what the API would have made, and then lets AWS time pass until the new
 * services have a completed first deployment (a roll-back needs one to go back to). Start reading at `applySeed`.
 */
import { createHash } from 'node:crypto';
import { seedDaily } from './apply-seed-daily.js';
import { seedLoadBalancer } from './apply-seed-load-balancer.js';
import type { SandboxClock } from './clock.js';
import type { SeedDocument, SeedService } from './seed.js';
import { type SeedCall, seedCaller } from './seed-call.js';
import { addNetwork, ec2State } from './services/ec2/store.js';
import { addRepository, findRepository } from './services/ecr/store.js';
import { addRole } from './services/iam/store.js';
import { createLogGroup, hasLogGroup } from './services/logs/store.js';
import { addSecret } from './services/secretsmanager/store.js';
import { loopbackHosts } from './services/ssm/sessions.js';
import { addParameter } from './services/ssm/store.js';
import type { World } from './world.js';

export interface SeedResult {
  /** What was added: `cluster shop-staging`, `service shop-staging-api`, … Empty when everything was there. */
  readonly added: readonly string[];
}

export interface SeedOptions {
  readonly world: World;
  readonly document: SeedDocument;
  /** Held while AWS time jumps over the first deployments, so that a running clock goes on from there. */
  readonly clock?: SandboxClock;
  /** With `--exec`: resolves when no child process is booting and no real probe is pending. */
  readonly idle?: () => Promise<void>;
}

/** A seeded service that is not steady by then stays as it is; the timeline says why. */
const settleLimitMs = 30 * 60_000;

export const applySeed = async (options: SeedOptions): Promise<SeedResult> => {
  const { world, document, clock } = options;
  const release = clock?.hold() ?? (() => undefined);
  try {
    const call = seedCaller(world, document.region);
    const added = [...seedPlain(world, document), ...(await seedClusters(call, document))];
    const targets = await seedLoadBalancer(call, { world, document });
    const services: SeedService[] = [];
    for (const service of document.services) {
      if (await isThere(call, service)) continue;
      await createService(call, { world, document, service, targetGroupArn: targets.groups.get(service.serviceName) });
      services.push(service);
    }
    const created = services.map(({ serviceName }) => `service ${serviceName}`);
    const all = [...added, ...targets.added, ...created, ...(await seedDaily(call, document))];
    if (all.length > 0)
      world.record({ kind: 'event', region: document.region, subject: 'seed', message: `added ${all.join(', ')}` });
    await settle(call, { ...options, services });
    appliedSeeds(world)[seedKey(document)] = seedHash(document);
    return { added: all };
  } finally {
    release();
  }
};

/** Environment → hash of the document that was applied last. */
const appliedSeeds = (world: World): Record<string, string> => {
  const seeds = world.state.seeds as { applied?: Record<string, string> };
  seeds.applied ??= {};
  return seeds.applied;
};

const seedKey = ({ project, environment, region }: SeedDocument): string => `${project}/${environment}/${region}`;

const seedHash = (document: SeedDocument): string =>
  createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16);

/** A command from a project seeds once: what was deleted since, on purpose, stays deleted. */
export const isSeeded = (world: World, document: SeedDocument): boolean =>
  appliedSeeds(world)[seedKey(document)] === seedHash(document);

const seedPlain = (world: World, document: SeedDocument): readonly string[] => {
  const { region } = document;
  const added: string[] = [];
  const note = (what: string, isNew: boolean): void => {
    if (isNew) added.push(what);
  };
  if (document.network) addNetwork(world, region, document.network);
  for (const name of document.logGroups) {
    note(`log group ${name}`, !hasLogGroup(world, region, name));
    createLogGroup(world, region, name);
  }
  for (const parameter of document.parameters)
    note(`parameter ${parameter.name}`, addParameter(world, region, parameter));
  for (const secret of document.secrets) note(`secret ${secret.name}`, addSecret(world, region, secret));
  for (const host of document.loopbackHosts ?? [])
    if (!loopbackHosts(world).includes(host)) loopbackHosts(world).push(host);
  for (const role of document.roles) note(`role ${role}`, addRole(world, role));
  for (const { name, execFolder } of document.repositories) {
    note(`repository ${name}`, findRepository(world, region, name) === undefined);
    addRepository(world, region, { name, holdsEveryTag: true });
    if (execFolder !== undefined) execFolders(world)[name] = execFolder;
  }
  return added;
};

/** Repository → folder of this machine in which `--exec` runs its containers' commands. */
export const execFolders = (world: World): Record<string, string> => {
  const seeds = world.state.seeds as { execFolders?: Record<string, string> };
  seeds.execFolders ??= {};
  return seeds.execFolders;
};

const seedClusters = async (call: SeedCall, document: SeedDocument): Promise<readonly string[]> => {
  const added: string[] = [];
  for (const clusterName of document.clusters) {
    const { clusters } = await call('ecs', 'DescribeClusters', { clusters: [clusterName] });
    if (clusters.some((cluster: { status?: string }) => cluster.status === 'ACTIVE')) continue;
    await call('ecs', 'CreateCluster', { clusterName });
    added.push(`cluster ${clusterName}`);
  }
  return added;
};

const describe = async (call: SeedCall, service: SeedService) => {
  const { services } = await call('ecs', 'DescribeServices', {
    cluster: service.cluster,
    services: [service.serviceName],
  });
  return services[0] as
    | { status: string; runningCount: number; desiredCount: number; deployments: { rolloutState: string }[] }
    | undefined;
};

const isThere = async (call: SeedCall, service: SeedService): Promise<boolean> => {
  const found = await describe(call, service);
  return found !== undefined && found.status !== 'INACTIVE';
};

const createService = async (
  call: SeedCall,
  options: {
    readonly world: World;
    readonly document: SeedDocument;
    readonly service: SeedService;
    readonly targetGroupArn: string | undefined;
  },
): Promise<void> => {
  const { world, document, service, targetGroupArn } = options;
  const { taskDefinition } = await call('ecs', 'RegisterTaskDefinition', service.taskDefinition);
  const network = ec2State(world, document.region);
  await call('ecs', 'CreateService', {
    cluster: service.cluster,
    serviceName: service.serviceName,
    taskDefinition: taskDefinition.taskDefinitionArn,
    desiredCount: service.desiredCount,
    launchType: 'FARGATE',
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
    networkConfiguration: { awsvpcConfiguration: networkOf(document, network) },
    ...(targetGroupArn !== undefined && {
      loadBalancers: [{ targetGroupArn, containerName: service.container, containerPort: service.port }],
      healthCheckGracePeriodSeconds: 60,
    }),
    propagateTags: 'SERVICE',
    // AWS takes it only with a task role, and it costs nothing until somebody asks.
    enableExecuteCommand: typeof service.taskDefinition['taskRoleArn'] === 'string',
    tags: [
      { key: 'platform:project', value: document.project },
      { key: 'platform:environment', value: document.environment },
    ],
  });
};

type Network = ReturnType<typeof ec2State>;

const networkOf = ({ network }: SeedDocument, state: Network): object => {
  const vpcId = state.subnets.find(({ id, tags }) =>
    network?.subnets?.some((each) => each === id || each === tags['Name']),
  )?.vpcId;
  const home = vpcId ?? state.vpcs[0]?.id;
  const subnets = network?.subnets
    ? state.subnets.filter(({ id, tags }) => network.subnets?.some((each) => each === id || each === tags['Name']))
    : state.subnets.filter((subnet) => subnet.vpcId === home).slice(0, 2);
  const groups = network?.securityGroups
    ? state.securityGroups.filter(({ id, name }) =>
        network.securityGroups?.some((each) => each === id || each === name),
      )
    : state.securityGroups.filter((group) => group.vpcId === home).slice(0, 1);
  return {
    subnets: subnets.map(({ id }) => id),
    securityGroups: groups.map(({ id }) => id),
    assignPublicIp: network?.assignPublicIp === false ? 'DISABLED' : 'ENABLED',
  };
};

const isSteady = async (call: SeedCall, service: SeedService): Promise<boolean> => {
  const found = await describe(call, service);
  if (!found) return true;
  return (
    found.runningCount === found.desiredCount &&
    found.deployments.length === 1 &&
    found.deployments[0]?.rolloutState === 'COMPLETED'
  );
};

const settle = async (
  call: SeedCall,
  { world, services, idle }: SeedOptions & { readonly services: readonly SeedService[] },
): Promise<void> => {
  const until = world.now + settleLimitMs;
  let waiting = services;
  while (waiting.length > 0 && world.now < until) {
    await idle?.();
    const due = world.nextDue();
    if (due === undefined) break;
    world.advanceTo(Math.min(until, Math.max(due, world.now + 1_000)));
    const steady = await Promise.all(waiting.map((service) => isSteady(call, service)));
    waiting = waiting.filter((_, index) => steady[index] !== true);
  }
};
