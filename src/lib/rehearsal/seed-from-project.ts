/**
 * platform.yaml → the sandbox's seed document: everything that one environment expects to find in AWS before its first
 * deployment. Pure but for reading the templates. lib/rehearsal is also the client of the sandbox's control API
 * (control-client.ts) and starts and stops sandboxes (start-sandbox.ts); it imports nothing of lib/sandbox but types.
 */
import { resolve } from 'node:path';
import type { Project, ResolvedEnvironment, ResolvedService } from '../config/project.js';
import type { TaskDefinitionInput } from '../config/task-definition.js';
import { renderTaskDefinition } from '../config/template.js';
import { fullRepository, registryOf } from '../images/image-reference.js';
import type { SeedDocument, SeedService } from '../sandbox/seed.js';

/** The account that a sandbox plays. */
export const sandboxAccount = '123456789012';
export const seedTag = 'seed';

export interface SeedFrom {
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
}

export const seedFromProject = ({ project, environment }: SeedFrom): SeedDocument => {
  const services = environment.services.map((service) => seedService({ project, environment, service }));
  const references = services.flatMap(({ taskDefinition }) => secretReferences(taskDefinition as TaskDefinitionInput));
  const { loadBalancer, network } = environment.config;
  const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];
  return {
    project: environment.project,
    environment: environment.name,
    region: environment.region,
    clusters: [environment.cluster],
    services,
    ...(services.some(({ pathPattern }) => pathPattern !== undefined) && {
      loadBalancer: {
        name: loadBalancer?.name ?? `${environment.project}-${environment.name}`.slice(0, 32).replace(/-+$/, ''),
        listenerPort: loadBalancer?.listenerPort ?? 80,
        testListenerPort: loadBalancer?.testListenerPort ?? 8081,
      },
    }),
    ...(network && { network: definedNetwork(network) }),
    logGroups: unique(
      services.flatMap(({ logGroup, taskDefinition }) => [
        logGroup,
        ...logGroupsOf(taskDefinition as TaskDefinitionInput),
      ]),
    ),
    parameters: withEndpoints(environment, 'ssm', unique(references.flatMap(parameterName))),
    secrets: withEndpoints(environment, 'secretsmanager', unique(references.flatMap(secretName))),
    roles: unique(services.flatMap(({ taskDefinition }) => rolesOf(taskDefinition as TaskDefinitionInput))),
    repositories: repositoriesOf(project, environment),
    loopbackHosts: unique(endpointsOf(environment).flatMap(({ host }) => (host === undefined ? [] : [host]))),
  };
};

interface SeedEndpoint {
  readonly kind: string;
  /** Where it is written in platform.yaml; else the parameter or secret that knows it. */
  readonly host?: string;
  readonly stored?: { readonly in: string; readonly name: string };
}

const endpointsOf = (environment: ResolvedEnvironment): readonly SeedEndpoint[] =>
  Object.values(environment.config.dataStores ?? {}).flatMap(({ kind, endpoint }): readonly SeedEndpoint[] => {
    if (endpoint === undefined) return [];
    const stored = /^(ssm|secretsmanager):(.+)$/.exec(endpoint);
    if (stored === null) return [{ kind, host: endpoint.slice(0, endpoint.lastIndexOf(':')).toLowerCase() }];
    const [, store = '', name = ''] = stored;
    return [{ kind, stored: { in: store, name } }];
  });

/** What secrets need, and what says where a data store is: there such a value is an address of this machine. */
const withEndpoints = (
  environment: ResolvedEnvironment,
  store: 'ssm' | 'secretsmanager',
  names: readonly string[],
): readonly { readonly name: string; readonly value: string }[] => {
  const found = new Map(names.map((name) => [name, madeUpValue(name)]));
  for (const { kind, stored } of endpointsOf(environment)) {
    const [name] = stored?.in !== store ? [] : store === 'ssm' ? parameterName(stored.name) : [stored.name];
    if (name !== undefined) found.set(name, storeUrls[kind] ?? '');
  }
  return [...found].map(([name, value]) => ({ name, value }));
};

const storeUrls: Readonly<Record<string, string>> = {
  postgres: 'postgres://sandbox:sandbox@127.0.0.1:5432/sandbox',
  mysql: 'mysql://sandbox:sandbox@127.0.0.1:3306/sandbox',
  redis: 'redis://127.0.0.1:6379/0',
  valkey: 'redis://127.0.0.1:6379/0',
  memcached: 'memcached://127.0.0.1:11211',
};

const definedNetwork = (
  network: NonNullable<ResolvedEnvironment['config']['network']>,
): NonNullable<SeedDocument['network']> => ({
  ...(network.vpc !== undefined && { vpc: network.vpc }),
  ...(network.subnets !== undefined && { subnets: network.subnets }),
  ...(network.securityGroups !== undefined && { securityGroups: network.securityGroups }),
  ...(network.assignPublicIp !== undefined && { assignPublicIp: network.assignPublicIp }),
});

const seedService = (from: SeedFrom & { readonly service: ResolvedService }): SeedService => {
  const { project, environment, service } = from;
  const image = `${fullRepository(service.repository, { account: sandboxAccount, region: environment.region })}:${seedTag}`;
  const { taskDefinition } = renderTaskDefinition(service, { project, environment, image, account: sandboxAccount });
  const { port, healthPath, path } = service.config;
  return {
    name: service.name,
    serviceName: service.serviceName,
    family: service.family,
    cluster: environment.cluster,
    container: service.container,
    desiredCount: service.config.desiredCount,
    image,
    ...(port !== undefined && { port, healthPath, pathPattern: `${path}*` }),
    logGroup: service.logGroup,
    taskDefinition,
    ...(execFolder(project, service) !== undefined && { execFolder: execFolder(project, service) as string }),
  };
};

/** Where the service's program is: its build context. */
const execFolder = (project: Project, service: ResolvedService): string | undefined =>
  service.config.build === undefined ? undefined : resolve(project.root, service.config.build.context);

const repositoriesOf = (project: Project, environment: ResolvedEnvironment): SeedDocument['repositories'] => {
  const found = new Map<string, { readonly name: string; readonly execFolder?: string }>();
  for (const service of environment.services) {
    const registry = registryOf(service.repository);
    const folder = execFolder(project, service);
    if (registry.kind === 'ecr' && !found.has(registry.repository))
      found.set(registry.repository, {
        name: registry.repository,
        ...(folder !== undefined && { execFolder: folder }),
      });
  }
  return [...found.values()];
};

const secretReferences = ({ containerDefinitions }: TaskDefinitionInput): readonly string[] =>
  containerDefinitions.flatMap(({ secrets }) => (secrets ?? []).map(({ valueFrom }) => valueFrom));

const secretsManagerArn = /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:([^:]+)/;

const secretName = (reference: string): readonly string[] => {
  const name = secretsManagerArn.exec(reference)?.[1];
  return name === undefined ? [] : [name];
};

const parameterName = (reference: string): readonly string[] => {
  if (secretsManagerArn.test(reference)) return [];
  const path = /^arn:[^:]+:ssm:[^:]+:\d+:parameter(\/.+)$/.exec(reference)?.[1];
  return [path ?? reference];
};

/** Looks like what it stands for, works for nothing: nobody's database is at these addresses. */
const madeUpValue = (name: string): string => {
  const last = name.slice(name.lastIndexOf('/') + 1).toUpperCase();
  if (last.includes('REDIS')) return 'redis://127.0.0.1:6379/0';
  if (last.includes('DATABASE') || last.includes('POSTGRES'))
    return 'postgres://sandbox:sandbox@127.0.0.1:5432/sandbox';
  return `sandbox-${last.toLowerCase()}`;
};

const logGroupsOf = ({ containerDefinitions }: TaskDefinitionInput): readonly string[] =>
  containerDefinitions.flatMap(({ logConfiguration }) => {
    const group = logConfiguration?.options?.['awslogs-group'];
    return group === undefined ? [] : [group];
  });

const rolesOf = (definition: TaskDefinitionInput): readonly string[] => {
  const taskRole = definition['taskRoleArn'];
  return [definition.executionRoleArn, typeof taskRole === 'string' ? taskRole : undefined].filter(
    (role): role is string => role !== undefined,
  );
};
