/** Load balancers in the API. */
import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancersInput,
  LoadBalancer,
  ModifyLoadBalancerAttributesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Call } from '../../service.js';
import { timing } from '../../timings.js';
import type { World } from '../../world.js';
import { addTags, arnId, markerPage, required, select, stateOf, validation } from './lookup.js';
import { elbv2State, type LoadBalancerState } from './state.js';

export const balancerTimer = 'elbv2.active';
const code = 'LoadBalancerNotFoundException';

const defaults: Readonly<Record<string, string>> = {
  'access_logs.s3.enabled': 'false',
  'deletion_protection.enabled': 'false',
  'idle_timeout.timeout_seconds': '60',
  'load_balancing.cross_zone.enabled': 'true',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http2.enabled': 'true',
};

const view = (call: Call, balancer: LoadBalancerState): LoadBalancer => ({
  LoadBalancerArn: balancer.arn,
  DNSName: `${balancer.scheme === 'internal' ? 'internal-' : ''}${balancer.name}-${balancer.arn.slice(-9)}.${call.region}.elb.amazonaws.com`,
  CanonicalHostedZoneId: 'Z35SXDOTRQ7X7K',
  CreatedTime: new Date(balancer.createdAt),
  LoadBalancerName: balancer.name,
  Scheme: balancer.scheme as LoadBalancer['Scheme'],
  VpcId: balancer.vpcId,
  State: { Code: balancer.stateCode },
  Type: balancer.type as LoadBalancer['Type'],
  AvailabilityZones: balancer.subnets.map((subnet, index) => ({
    ZoneName: `${call.region}${'abcdef'[index] ?? 'a'}`,
    SubnetId: subnet,
    LoadBalancerAddresses: [],
  })),
  SecurityGroups: balancer.securityGroups,
  IpAddressType: 'ipv4',
});

const namePattern = /^(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/;

export const createLoadBalancer = (input: CreateLoadBalancerInput, call: Call): object => {
  const state = stateOf(call);
  const name = input.Name ?? '';
  if (!namePattern.test(name))
    throw validation(
      'The load balancer name can only contain characters that are alphanumeric characters and hyphens(-), and cannot begin or end with a hyphen',
    );
  const existing = Object.values(state.loadBalancers).find((balancer) => balancer.name === name);
  if (existing)
    throw new AwsError(
      'DuplicateLoadBalancerNameException',
      `A load balancer with the same name '${name}' exists, but with different settings`,
    );
  const type = input.Type ?? 'application';
  const kind = type === 'network' ? 'net' : 'app';
  const balancer: LoadBalancerState = {
    arn: call.world.arn('elasticloadbalancing', call.region, `loadbalancer/${kind}/${name}/${arnId(call)}`),
    name,
    type,
    scheme: input.Scheme ?? 'internet-facing',
    vpcId: 'vpc-sandbox',
    createdAt: call.world.now,
    subnets: input.Subnets ?? (input.SubnetMappings ?? []).map((mapping) => mapping.SubnetId ?? ''),
    securityGroups: input.SecurityGroups ?? [],
    stateCode: 'provisioning',
    attributes: { ...defaults },
  };
  state.loadBalancers[balancer.arn] = balancer;
  addTags(state, { arn: balancer.arn, tags: input.Tags });
  call.world.schedule(call.region, balancerTimer, timing('loadBalancerProvisioning'), { arn: balancer.arn });
  return { LoadBalancers: [view(call, balancer)] };
};

/** The end of provisioning; a seed calls it at once. */
export const activateLoadBalancer = (world: World, region: string, at: { readonly arn: string }): void => {
  const balancer = elbv2State(world, region).loadBalancers[at.arn];
  if (balancer) balancer.stateCode = 'active';
};

export const describeLoadBalancers = (input: DescribeLoadBalancersInput, call: Call): object => {
  const found = select(stateOf(call).loadBalancers, { arns: input.LoadBalancerArns, names: input.Names, code });
  const page = markerPage(found, input);
  return { LoadBalancers: page.items.map((balancer) => view(call, balancer)), NextMarker: page.NextMarker };
};

export const deleteLoadBalancer = (input: DeleteLoadBalancerInput, call: Call): object => {
  const state = stateOf(call);
  const balancer = state.loadBalancers[input.LoadBalancerArn ?? ''];
  if (!balancer) return {};
  if (balancer.attributes['deletion_protection.enabled'] === 'true')
    throw new AwsError(
      'OperationNotPermittedException',
      `Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`,
    );
  for (const listener of Object.values(state.listeners)) {
    if (listener.loadBalancerArn !== balancer.arn) continue;
    for (const rule of Object.values(state.rules)) if (rule.listenerArn === listener.arn) delete state.rules[rule.arn];
    delete state.listeners[listener.arn];
  }
  delete state.loadBalancers[balancer.arn];
  return {};
};

const attributesOf = (balancer: LoadBalancerState): object => ({
  Attributes: Object.entries(balancer.attributes).map(([Key, Value]) => ({ Key, Value })),
});

export const describeLoadBalancerAttributes = (input: DescribeLoadBalancerAttributesInput, call: Call): object =>
  attributesOf(required(stateOf(call).loadBalancers, { arn: input.LoadBalancerArn, code }));

export const modifyLoadBalancerAttributes = (input: ModifyLoadBalancerAttributesInput, call: Call): object => {
  const balancer = required(stateOf(call).loadBalancers, { arn: input.LoadBalancerArn, code });
  for (const { Key, Value } of input.Attributes ?? []) if (Key) balancer.attributes[Key] = Value ?? '';
  return attributesOf(balancer);
};
