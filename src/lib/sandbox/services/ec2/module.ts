/** The EC2 look-ups that tools make before they deploy, simulated: the network that store.ts describes. */
import { pageOf } from '../../paging.js';
import { AwsError, type Call, type Handler, type ServiceModule } from '../../service.js';
import { type FieldsOf, type Filter, matchesFilters } from './filter.js';
import {
  ec2State,
  initialEc2,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type Tagged,
  type Vpc,
  zonesOf,
} from './store.js';

interface LookUp {
  readonly Filters?: readonly Filter[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

interface Kind<T extends Tagged> {
  readonly items: readonly T[];
  readonly ids: readonly string[] | undefined;
  readonly fields: FieldsOf<T>;
  readonly missing: (id: string) => AwsError;
}

/** Named ones have to be there; then the filters; then the page. */
const lookUp = <T extends Tagged>(input: LookUp, kind: Kind<T>) => {
  // An unknown filter is refused even when there is nothing to filter.
  for (const filter of input.Filters ?? []) checkFilterName(filter, kind.fields);
  const named = kind.ids?.length
    ? kind.ids.map((id) => {
        const item = kind.items.find((each) => each.id === id);
        if (!item) throw kind.missing(id);
        return item;
      })
    : kind.items;
  const found = named.filter((item) => matchesFilters(item, { filters: input.Filters, fields: kind.fields }));
  const page = pageOf(found, {
    limit: Math.min(1_000, input.MaxResults ?? 1_000),
    token: input.NextToken,
    key: ({ id }) => id,
    invalid: new AwsError('InvalidNextToken', 'The specified token is not valid.'),
  });
  return { items: page.items, rest: page.nextToken === undefined ? {} : { NextToken: page.nextToken } };
};

const checkFilterName = <T>(filter: Filter, fields: FieldsOf<T>): void => {
  const name = filter.Name ?? '';
  if (name.startsWith('tag:') || name === 'tag-key' || Object.hasOwn(fields, name)) return;
  throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
};

const tagSet = (item: Tagged) => Object.entries(item.tags).map(([Key, Value]) => ({ Key, Value }));

const describeVpcs = (input: LookUp & { readonly VpcIds?: string[] }, call: Call): object => {
  const fields: FieldsOf<Vpc> = {
    'vpc-id': ({ id }) => [id],
    cidr: ({ cidr }) => [cidr],
    'cidr-block-association.cidr-block': ({ cidr }) => [cidr],
    isDefault: ({ isDefault }) => [String(isDefault)],
    'is-default': ({ isDefault }) => [String(isDefault)],
    state: () => ['available'],
    'owner-id': () => [call.account],
  };
  const { items, rest } = lookUp(input, {
    items: ec2State(call.world, call.region).vpcs,
    ids: input.VpcIds,
    fields,
    missing: (id) => new AwsError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`),
  });
  return {
    Vpcs: items.map((vpc) => ({
      VpcId: vpc.id,
      CidrBlock: vpc.cidr,
      IsDefault: vpc.isDefault,
      State: 'available',
      InstanceTenancy: 'default',
      OwnerId: call.account,
      Tags: tagSet(vpc),
    })),
    ...rest,
  };
};

const zoneId = (zone: string): string =>
  `${zone
    .split('-')
    .map((part) => part.slice(0, 2))
    .join('')}-az${zone.charCodeAt(zone.length - 1) - 96}`;

const describeSubnets = (input: LookUp & { readonly SubnetIds?: string[] }, call: Call): object => {
  const fields: FieldsOf<Subnet> = {
    'subnet-id': ({ id }) => [id],
    'vpc-id': ({ vpcId }) => [vpcId],
    'availability-zone': ({ zone }) => [zone],
    availabilityZone: ({ zone }) => [zone],
    'availability-zone-id': ({ zone }) => [zoneId(zone)],
    'cidr-block': ({ cidr }) => [cidr],
    'map-public-ip-on-launch': ({ isPublic }) => [String(isPublic)],
    'default-for-az': ({ isPublic }) => [String(isPublic)],
    state: () => ['available'],
    'owner-id': () => [call.account],
  };
  const { items, rest } = lookUp(input, {
    items: ec2State(call.world, call.region).subnets,
    ids: input.SubnetIds,
    fields,
    missing: (id) => new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`),
  });
  return {
    Subnets: items.map((subnet) => ({
      SubnetId: subnet.id,
      SubnetArn: call.world.arn('ec2', call.region, `subnet/${subnet.id}`),
      VpcId: subnet.vpcId,
      CidrBlock: subnet.cidr,
      AvailabilityZone: subnet.zone,
      AvailabilityZoneId: zoneId(subnet.zone),
      AvailableIpAddressCount: 4_091,
      DefaultForAz: subnet.isPublic,
      MapPublicIpOnLaunch: subnet.isPublic,
      State: 'available',
      OwnerId: call.account,
      Tags: tagSet(subnet),
    })),
    ...rest,
  };
};

const describeSecurityGroups = (
  input: LookUp & { readonly GroupIds?: string[]; readonly GroupNames?: string[] },
  call: Call,
): object => {
  const all = ec2State(call.world, call.region).securityGroups;
  const missing = (id: string): AwsError =>
    new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
  const named = input.GroupNames?.map((name) => {
    const group = all.find((each) => each.name === name);
    if (!group) throw missing(name);
    return group.id;
  });
  const fields: FieldsOf<SecurityGroup> = {
    'group-id': ({ id }) => [id],
    'group-name': ({ name }) => [name],
    'vpc-id': ({ vpcId }) => [vpcId],
    description: ({ description }) => [description],
    'owner-id': () => [call.account],
  };
  const { items, rest } = lookUp(input, { items: all, ids: input.GroupIds ?? named, fields, missing });
  const everywhere = {
    IpProtocol: '-1',
    IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    Ipv6Ranges: [],
    PrefixListIds: [],
    UserIdGroupPairs: [],
  };
  return {
    SecurityGroups: items.map((group) => ({
      GroupId: group.id,
      GroupName: group.name,
      Description: group.description,
      VpcId: group.vpcId,
      OwnerId: call.account,
      SecurityGroupArn: call.world.arn('ec2', call.region, `security-group/${group.id}`),
      IpPermissions: [{ ...everywhere, IpRanges: [], UserIdGroupPairs: [{ GroupId: group.id, UserId: call.account }] }],
      IpPermissionsEgress: [everywhere],
      Tags: tagSet(group),
    })),
    ...rest,
  };
};

const describeRouteTables = (input: LookUp & { readonly RouteTableIds?: string[] }, call: Call): object => {
  const fields: FieldsOf<RouteTable> = {
    'route-table-id': ({ id }) => [id],
    'vpc-id': ({ vpcId }) => [vpcId],
    'association.main': ({ isMain }) => [String(isMain)],
    'association.subnet-id': ({ subnetIds }) => subnetIds,
    'route.state': ({ routes }) => routes.map(({ state }) => state),
    'route.destination-cidr-block': ({ routes }) => routes.map(({ destination }) => destination),
    'owner-id': () => [call.account],
  };
  const { items, rest } = lookUp(input, {
    items: ec2State(call.world, call.region).routeTables,
    ids: input.RouteTableIds,
    fields,
    missing: (id) => new AwsError('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`),
  });
  return { RouteTables: items.map((table) => routeTableShape(table, call.account)), ...rest };
};

const routeTableShape = (table: RouteTable, account: string): object => ({
  RouteTableId: table.id,
  VpcId: table.vpcId,
  OwnerId: account,
  Associations: [
    ...(table.isMain
      ? [{ Main: true, RouteTableId: table.id, RouteTableAssociationId: table.id.replace('rtb', 'rtbassoc') }]
      : []),
    ...table.subnetIds.map((SubnetId) => ({ Main: false, RouteTableId: table.id, SubnetId })),
  ],
  Routes: table.routes.map((route) => ({
    DestinationCidrBlock: route.destination,
    ...(route.target.startsWith('nat-') ? { NatGatewayId: route.target } : { GatewayId: route.target }),
    Origin: route.target === 'local' ? 'CreateRouteTable' : 'CreateRoute',
    State: route.state,
  })),
  PropagatingVgws: [],
  Tags: tagSet(table),
});

const describeZones = (
  input: { readonly ZoneNames?: string[]; readonly Filters?: readonly Filter[] },
  call: Call,
): object => {
  const zones = zonesOf(call.region).map((id) => ({ id, tags: {} }));
  const { items } = lookUp(input, {
    items: zones,
    ids: input.ZoneNames,
    fields: {
      'zone-name': ({ id }) => [id],
      'zone-id': ({ id }) => [zoneId(id)],
      'region-name': () => [call.region],
      state: () => ['available'],
      'zone-type': () => ['availability-zone'],
      'opt-in-status': () => ['opt-in-not-required'],
    },
    missing: (id) => new AwsError('InvalidParameterValue', `Invalid availability zone: [${id}]`),
  });
  return {
    AvailabilityZones: items.map(({ id }) => ({
      ZoneName: id,
      ZoneId: zoneId(id),
      ZoneType: 'availability-zone',
      RegionName: call.region,
      GroupName: call.region,
      State: 'available',
      OptInStatus: 'opt-in-not-required',
      Messages: [],
    })),
  };
};

/** The default network has none of these; the answer is the honest empty list. */
const describeNone =
  (options: {
    readonly member: string;
    readonly ids: string;
    readonly code: string;
    readonly what: string;
    readonly fields: readonly string[];
  }): Handler =>
  (input: LookUp & { readonly Filter?: readonly Filter[] } & Readonly<Record<string, unknown>>) => {
    const fields = Object.fromEntries(options.fields.map((name) => [name, () => []]));
    for (const filter of input.Filters ?? input.Filter ?? []) checkFilterName(filter, fields);
    const [id] = (input[options.ids] as readonly string[] | undefined) ?? [];
    if (id !== undefined) throw new AwsError(options.code, `The ${options.what} '${id}' does not exist`);
    return { [options.member]: [] };
  };

const operations: Readonly<Record<string, Handler>> = {
  DescribeVpcs: describeVpcs,
  DescribeSubnets: describeSubnets,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeRouteTables: describeRouteTables,
  DescribeAvailabilityZones: describeZones,
  DescribeNatGateways: describeNone({
    member: 'NatGateways',
    ids: 'NatGatewayIds',
    code: 'NatGatewayNotFound',
    what: 'NAT gateway',
    fields: ['nat-gateway-id', 'state', 'subnet-id', 'vpc-id'],
  }),
  DescribeVpcEndpoints: describeNone({
    member: 'VpcEndpoints',
    ids: 'VpcEndpointIds',
    code: 'InvalidVpcEndpointId.NotFound',
    what: 'Vpc Endpoint Id',
    fields: ['ip-address-type', 'service-name', 'vpc-id', 'vpc-endpoint-id', 'vpc-endpoint-state', 'vpc-endpoint-type'],
  }),
};

export const ec2Module = (): ServiceModule => ({
  id: 'ec2',
  signingName: 'ec2',
  loadSchema: () => import('@aws-sdk/client-ec2'),
  initial: (region) => initialEc2(region),
  operations,
});
