/** Target groups and their targets in the API. */
import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DeregisterTargetsInput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupsInput,
  DescribeTargetHealthInput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  RegisterTargetsInput,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Call } from '../../service.js';
import { timing } from '../../timings.js';
import { addTags, arnId, markerPage, missing, required, select, stateOf, validation } from './lookup.js';
import {
  type Elbv2State,
  type HealthCheck,
  loadBalancersOf,
  type TargetGroupState,
  type TargetState,
  targetKey,
} from './state.js';
import { deregisterTarget, registerTarget } from './targets.js';

const code = 'TargetGroupNotFoundException';

const defaults = (): Record<string, string> => ({
  'deregistration_delay.timeout_seconds': String(timing('deregistrationDelay') / 1_000),
  'load_balancing.algorithm.type': 'round_robin',
  'slow_start.duration_seconds': '0',
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
});

const view = (state: Elbv2State, group: TargetGroupState): TargetGroup => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: group.protocol as TargetGroup['Protocol'],
  ProtocolVersion: group.protocolVersion,
  Port: group.port,
  VpcId: group.vpcId,
  HealthCheckProtocol: group.healthCheck.protocol as TargetGroup['HealthCheckProtocol'],
  HealthCheckPort: group.healthCheck.port,
  HealthCheckEnabled: group.healthCheck.enabled,
  HealthCheckIntervalSeconds: group.healthCheck.intervalSeconds,
  HealthCheckTimeoutSeconds: group.healthCheck.timeoutSeconds,
  HealthyThresholdCount: group.healthCheck.healthyThreshold,
  UnhealthyThresholdCount: group.healthCheck.unhealthyThreshold,
  HealthCheckPath: group.healthCheck.path,
  Matcher: { HttpCode: group.healthCheck.matcher },
  LoadBalancerArns: [...loadBalancersOf(state, group.arn)],
  TargetType: group.targetType as TargetGroup['TargetType'],
  IpAddressType: 'ipv4',
});

type CheckInput = CreateTargetGroupInput | ModifyTargetGroupInput;

const healthCheck = (input: CheckInput, base: HealthCheck): HealthCheck => {
  const check: HealthCheck = {
    enabled: input.HealthCheckEnabled ?? base.enabled,
    protocol: input.HealthCheckProtocol ?? base.protocol,
    port: input.HealthCheckPort ?? base.port,
    path: input.HealthCheckPath ?? base.path,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? base.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? base.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? base.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? base.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? base.matcher,
  };
  if (check.intervalSeconds < 5 || check.intervalSeconds > 300)
    throw validation(`Health check interval '${check.intervalSeconds}' must be between 5 and 300 seconds`);
  if (check.timeoutSeconds >= check.intervalSeconds)
    throw validation(
      `Health check interval '${check.intervalSeconds}' must be greater than the timeout '${check.timeoutSeconds}'`,
    );
  for (const threshold of [check.healthyThreshold, check.unhealthyThreshold])
    if (threshold < 2 || threshold > 10) throw validation('Health check thresholds must be between 2 and 10');
  return check;
};

const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/;

export const createTargetGroup = (input: CreateTargetGroupInput, call: Call): object => {
  const state = stateOf(call);
  const name = input.Name ?? '';
  if (!namePattern.test(name))
    throw validation(
      `Target group name '${name}' can only contain characters that are alphanumeric characters and hyphens(-), cannot begin or end with a hyphen, and cannot be longer than '32' characters`,
    );
  if (Object.values(state.targetGroups).some((group) => group.name === name))
    throw new AwsError(
      'DuplicateTargetGroupNameException',
      `A target group with the same name '${name}' exists, but with different settings`,
    );
  const protocol = input.Protocol ?? 'HTTP';
  const group: TargetGroupState = {
    arn: call.world.arn('elasticloadbalancing', call.region, `targetgroup/${name}/${arnId(call)}`),
    name,
    protocol,
    protocolVersion: input.ProtocolVersion ?? 'HTTP1',
    port: input.Port ?? 80,
    vpcId: input.VpcId ?? 'vpc-sandbox',
    targetType: input.TargetType ?? 'instance',
    healthCheck: healthCheck(input, {
      enabled: true,
      protocol,
      port: 'traffic-port',
      path: '/',
      intervalSeconds: 30,
      timeoutSeconds: 5,
      healthyThreshold: 5,
      unhealthyThreshold: 2,
      matcher: '200',
    }),
    attributes: defaults(),
    targets: {},
  };
  state.targetGroups[group.arn] = group;
  addTags(state, { arn: group.arn, tags: input.Tags });
  return { TargetGroups: [view(state, group)] };
};

export const describeTargetGroups = (input: DescribeTargetGroupsInput, call: Call): object => {
  const state = stateOf(call);
  const found = select(state.targetGroups, { arns: input.TargetGroupArns, names: input.Names, code }).filter(
    (group) => !input.LoadBalancerArn || loadBalancersOf(state, group.arn).includes(input.LoadBalancerArn),
  );
  const page = markerPage(found, input);
  return { TargetGroups: page.items.map((group) => view(state, group)), NextMarker: page.NextMarker };
};

export const modifyTargetGroup = (input: ModifyTargetGroupInput, call: Call): object => {
  const state = stateOf(call);
  const group = required(state.targetGroups, { arn: input.TargetGroupArn, code });
  group.healthCheck = healthCheck(input, group.healthCheck);
  return { TargetGroups: [view(state, group)] };
};

export const deleteTargetGroup = (input: DeleteTargetGroupInput, call: Call): object => {
  const state = stateOf(call);
  const group = state.targetGroups[input.TargetGroupArn ?? ''];
  if (!group) return {};
  if (loadBalancersOf(state, group.arn).length > 0)
    throw new AwsError('ResourceInUse', `Target group '${group.arn}' is currently in use by a listener or a rule`);
  delete state.targetGroups[group.arn];
  return {};
};

const attributesOf = (group: TargetGroupState): object => ({
  Attributes: Object.entries(group.attributes).map(([Key, Value]) => ({ Key, Value })),
});

export const describeTargetGroupAttributes = (input: DescribeTargetGroupAttributesInput, call: Call): object =>
  attributesOf(required(stateOf(call).targetGroups, { arn: input.TargetGroupArn, code }));

export const modifyTargetGroupAttributes = (input: ModifyTargetGroupAttributesInput, call: Call): object => {
  const group = required(stateOf(call).targetGroups, { arn: input.TargetGroupArn, code });
  for (const { Key, Value = '' } of input.Attributes ?? []) {
    if (!Key) continue;
    const seconds = Number(Value);
    if (Key === 'deregistration_delay.timeout_seconds' && !(seconds >= 0 && seconds <= 3600))
      throw validation(`Target group attribute value '${Value}' must be between 0 and 3600`);
    group.attributes[Key] = Value;
  }
  return attributesOf(group);
};

export const registerTargets = (input: RegisterTargetsInput, call: Call): object => {
  const group = required(stateOf(call).targetGroups, { arn: input.TargetGroupArn, code });
  for (const target of input.Targets ?? [])
    registerTarget(call, { targetGroupArn: group.arn, ip: target.Id ?? '', port: target.Port ?? group.port });
  return {};
};

export const deregisterTargets = (input: DeregisterTargetsInput, call: Call): object => {
  const group = required(stateOf(call).targetGroups, { arn: input.TargetGroupArn, code });
  for (const { Id = '', Port } of input.Targets ?? [])
    for (const target of Object.values(group.targets))
      if (target.id === Id && (Port === undefined || target.port === Port))
        deregisterTarget(call, { targetGroupArn: group.arn, ip: target.id, port: target.port });
  return {};
};

const healthView = (group: TargetGroupState, target: TargetState): TargetHealthDescription => ({
  Target: {
    Id: target.id,
    Port: target.port,
    ...(target.zone === undefined ? {} : { AvailabilityZone: target.zone }),
  },
  HealthCheckPort: group.healthCheck.port === 'traffic-port' ? String(target.port) : group.healthCheck.port,
  TargetHealth: {
    State: target.state,
    ...(target.reason === undefined ? {} : { Reason: target.reason as 'Target.Timeout' }),
    ...(target.description === undefined ? {} : { Description: target.description }),
  },
});

const notRegistered = (id: string, port: number): TargetHealthDescription => ({
  Target: { Id: id, Port: port },
  TargetHealth: {
    State: 'unused',
    Reason: 'Target.NotRegistered',
    Description: 'Target is not registered to the target group',
  },
});

const notInUse = (group: TargetGroupState, target: TargetState): TargetHealthDescription => ({
  ...healthView(group, target),
  TargetHealth: {
    State: 'unused',
    Reason: 'Target.NotInUse',
    Description: 'Target group is not configured to receive traffic from the load balancer',
  },
});

export const describeTargetHealth = (input: DescribeTargetHealthInput, call: Call): object => {
  const state = stateOf(call);
  const group = required(state.targetGroups, { arn: input.TargetGroupArn, code });
  const isUsed = loadBalancersOf(state, group.arn).length > 0;
  const show = (target: TargetState): TargetHealthDescription =>
    isUsed ? healthView(group, target) : notInUse(group, target);
  if (!input.Targets?.length) return { TargetHealthDescriptions: Object.values(group.targets).map(show) };
  return {
    TargetHealthDescriptions: input.Targets.map(({ Id, Port = group.port }) => {
      if (!Id) throw missing(code);
      const target = group.targets[targetKey({ ip: Id, port: Port })];
      return target ? show(target) : notRegistered(Id, Port);
    }),
  };
};
