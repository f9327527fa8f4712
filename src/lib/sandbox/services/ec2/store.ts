/** The network that a fresh region has (a default VPC), and what the seed adds. Ids follow from the region and the name. */
import { createHash } from 'node:crypto';
import type { World } from '../../world.js';

export interface Tagged {
  readonly id: string;
  tags: Record<string, string>;
}
export interface Vpc extends Tagged {
  readonly cidr: string;
  readonly isDefault: boolean;
}
export interface Subnet extends Tagged {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly isPublic: boolean;
}
export interface SecurityGroup extends Tagged {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
}
export interface RouteTable extends Tagged {
  readonly vpcId: string;
  readonly isMain: boolean;
  readonly subnetIds: readonly string[];
  routes: { destination: string; target: string; state: 'active' | 'blackhole' }[];
}

export interface Ec2State {
  vpcs: Vpc[];
  subnets: Subnet[];
  securityGroups: SecurityGroup[];
  routeTables: RouteTable[];
}

export const ec2State = (world: World, region: string): Ec2State => world.service<Ec2State>(region, 'ec2');

const idOf = (prefix: string, ...parts: readonly string[]): string =>
  `${prefix}-0${createHash('sha256')
    .update([prefix, ...parts].join('/'))
    .digest('hex')
    .slice(0, 16)}`;

export const zonesOf = (region: string): readonly string[] => ['a', 'b', 'c'].map((letter) => `${region}${letter}`);

/** Two public subnets in two zones, one security group, a route to the internet. */
export const initialEc2 = (region: string): Ec2State => {
  const vpcId = idOf('vpc', region, 'default');
  const subnets = zonesOf(region)
    .slice(0, 2)
    .map((zone, index) => ({
      id: idOf('subnet', zone, 'default'),
      vpcId,
      cidr: `172.31.${index * 16}.0/20`,
      zone,
      isPublic: true,
      tags: {},
    }));
  return {
    vpcs: [{ id: vpcId, cidr: '172.31.0.0/16', isDefault: true, tags: {} }],
    subnets,
    securityGroups: [
      {
        id: idOf('sg', region, 'default'),
        vpcId,
        name: 'default',
        description: 'default VPC security group',
        tags: {},
      },
    ],
    routeTables: [
      {
        id: idOf('rtb', region, 'default'),
        vpcId,
        isMain: true,
        subnetIds: [],
        routes: [
          { destination: '172.31.0.0/16', target: 'local', state: 'active' },
          { destination: '0.0.0.0/0', target: idOf('igw', region, 'default'), state: 'active' },
        ],
        tags: {},
      },
    ],
  };
};

export interface WantedNetwork {
  /** VPC id, or its Name tag. */
  readonly vpc?: string;
  readonly subnets?: readonly string[];
  readonly securityGroups?: readonly string[];
}

const byIdOrName = <T extends Tagged>(items: readonly T[], reference: string): T | undefined =>
  items.find((item) => item.id === reference || item.tags['Name'] === reference);

/** Makes what a project's network section names and the region lacks. Never changes what is there. */
export const addNetwork = (world: World, region: string, wanted: WantedNetwork): void => {
  const state = ec2State(world, region);
  const vpc =
    wanted.vpc === undefined
      ? state.vpcs[0]
      : (byIdOrName(state.vpcs, wanted.vpc) ?? addVpc(state, region, wanted.vpc));
  if (!vpc) return;
  for (const reference of wanted.subnets ?? []) {
    if (byIdOrName(state.subnets, reference)) continue;
    const count = state.subnets.filter((subnet) => subnet.vpcId === vpc.id).length;
    const zone = zonesOf(region)[count % 2] ?? `${region}a`;
    const id = reference.startsWith('subnet-') ? reference : idOf('subnet', region, reference);
    state.subnets.push({
      id,
      vpcId: vpc.id,
      cidr: `${vpc.cidr.split('.').slice(0, 2).join('.')}.${64 + count}.0/24`,
      zone,
      isPublic: false,
      tags: id === reference ? {} : { Name: reference },
    });
  }
  for (const reference of wanted.securityGroups ?? []) {
    const isThere = state.securityGroups.some((group) => group.id === reference || group.name === reference);
    if (isThere) continue;
    const id = reference.startsWith('sg-') ? reference : idOf('sg', region, reference);
    state.securityGroups.push({
      id,
      vpcId: vpc.id,
      name: reference,
      description: reference,
      tags: { Name: reference },
    });
  }
};

const addVpc = (state: Ec2State, region: string, reference: string): Vpc => {
  const isId = reference.startsWith('vpc-');
  const id = isId ? reference : idOf('vpc', region, reference);
  const vpc: Vpc = {
    id,
    cidr: `10.${state.vpcs.length - 1}.0.0/16`,
    isDefault: false,
    tags: isId ? {} : { Name: reference },
  };
  state.vpcs.push(vpc);
  state.routeTables.push({
    id: idOf('rtb', id),
    vpcId: id,
    isMain: true,
    subnetIds: [],
    routes: [{ destination: vpc.cidr, target: 'local', state: 'active' }],
    tags: {},
  });
  return vpc;
};
