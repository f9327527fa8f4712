/** A cluster as AWS would describe it, in as few words as a test needs. */

import type { ClusterFacts, Routing, ServiceFacts } from '../../src/lib/adoption/model.js';
import type { ServiceSettings } from '../../src/lib/aws/ecs-inventory.js';

export const account = '123456789012';
export const region = 'eu-west-1';
export const registry = `${account}.dkr.ecr.${region}.amazonaws.com`;

type Members = Readonly<Record<string, unknown>>;

export const settingsOf = (name: string, more: Partial<ServiceSettings> = {}): ServiceSettings => ({
  arn: `arn:aws:ecs:${region}:${account}:service/shop-prod/${name}`,
  name,
  status: 'ACTIVE',
  taskDefinition: `arn:aws:ecs:${region}:${account}:task-definition/${name}:7`,
  desired: 2,
  controller: 'ECS',
  launchType: 'FARGATE',
  capacityProviders: [],
  scheduling: 'REPLICA',
  strategy: 'ROLLING',
  platformFamily: 'Linux',
  balancers: [],
  serviceRegistries: 0,
  hasServiceConnect: false,
  executeCommand: false,
  isDeploying: false,
  tags: {},
  ...more,
});

export const containerOf = (name: string, more: Members = {}): Members => ({
  name,
  image: `${registry}/shop/${name}:v1`,
  cpu: 0,
  essential: true,
  environment: [],
  mountPoints: [],
  volumesFrom: [],
  systemControls: [],
  logConfiguration: {
    logDriver: 'awslogs',
    options: { 'awslogs-group': `/ecs/${name}`, 'awslogs-region': region, 'awslogs-stream-prefix': 'x' },
  },
  ...more,
});

export interface Shape {
  readonly name: string;
  readonly settings?: Partial<ServiceSettings>;
  readonly containers?: readonly Members[];
  readonly definition?: Members;
  readonly scaling?: { readonly min: number; readonly max: number };
}

const shortOf = (name: string): string => name.slice(name.lastIndexOf('-') + 1);

/** As DescribeTaskDefinition answers: what was registered, and all that AWS adds. */
export const serviceFacts = ({ name, settings, containers, definition, scaling }: Shape): ServiceFacts => ({
  settings: settingsOf(name, settings),
  scaling,
  record: {
    arn: `arn:aws:ecs:${region}:${account}:task-definition/${name}:7`,
    family: typeof definition?.['family'] === 'string' ? definition['family'] : name,
    revision: 7,
    status: 'ACTIVE',
    registeredAtMs: 0,
    tags: {},
    definition: {
      taskDefinitionArn: `arn:aws:ecs:${region}:${account}:task-definition/${name}:7`,
      family: name,
      revision: 7,
      status: 'ACTIVE',
      registeredBy: 'somebody',
      registeredAt: new Date(0),
      compatibilities: ['EC2', 'FARGATE'],
      requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
      volumes: [],
      placementConstraints: [],
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: `arn:aws:iam::${account}:role/ecsTaskExecutionRole`,
      containerDefinitions: containers ?? [containerOf(shortOf(name))],
      ...definition,
    },
  },
});

export const noRouting: Routing = { groups: new Map(), balancers: new Map(), rules: [] };

export const clusterOf = (
  cluster: string,
  shapes: readonly (Shape | string)[],
  more: Partial<ClusterFacts> = {},
): ClusterFacts => ({
  account,
  region,
  cluster,
  services: shapes.map((shape) => serviceFacts(typeof shape === 'string' ? { name: shape } : shape)),
  routing: noRouting,
  gaps: [],
  ...more,
});

export interface Target {
  readonly group: string;
  readonly balancer: string;
  readonly type?: string;
  readonly port?: number;
  readonly paths?: readonly string[];
  readonly conditions?: readonly string[];
  readonly healthPath?: string;
}

/** Target groups behind balancers, each with one rule of one listener. */
export const routingOf = (targets: readonly Target[]): Routing => ({
  groups: new Map(
    targets.map(({ group, balancer, healthPath }) => [
      group,
      {
        arn: group,
        name: group,
        protocol: 'HTTP',
        vpc: 'vpc-1',
        balancers: [balancer],
        ...(healthPath === undefined ? {} : { healthPath }),
      },
    ]),
  ),
  balancers: new Map(
    targets.map(({ balancer, type = 'application' }) => [balancer, { arn: balancer, name: balancer, type }]),
  ),
  rules: targets
    .filter(({ type = 'application' }) => type === 'application')
    .map(({ group, balancer, port = 443, paths = [], conditions = [] }, index) => ({
      listener: { arn: `${balancer}:${port}`, balancer, port },
      priority: String(index + 1),
      paths,
      conditions,
      targetGroups: [group],
    })),
});

export const behind = (group: string, container: string, port = 3000): Partial<ServiceSettings> => ({
  balancers: [{ targetGroup: group, container, port }],
});
