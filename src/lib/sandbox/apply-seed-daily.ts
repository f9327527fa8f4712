/** Topics, alarms and scaling ranges of a seeded environment. What is there already stays as it is. */
import { targetGroupName } from './apply-seed-load-balancer.js';
import type { SeedAlarm, SeedDocument, SeedScalableTarget } from './seed.js';
import type { SeedCall } from './seed-call.js';

/** After the services: a scalable target needs its service. Answers what was added. */
export const seedDaily = async (call: SeedCall, document: SeedDocument): Promise<readonly string[]> => [
  ...(await seedTopics(call, document)),
  ...(await seedAlarms(call, document)),
  ...(await seedScalableTargets(call, document)),
];

const arnsByName = async (call: SeedCall): Promise<ReadonlyMap<string, string>> => {
  const arns = new Map<string, string>();
  for (let token: string | undefined; ; ) {
    const page = await call('sns', 'ListTopics', { NextToken: token });
    for (const { TopicArn } of page.Topics) arns.set(TopicArn.split(':').at(-1) ?? '', TopicArn);
    token = page.NextToken;
    if (token === undefined) return arns;
  }
};

const seedTopics = async (call: SeedCall, { topics = [] }: SeedDocument): Promise<readonly string[]> => {
  const known = topics.length > 0 ? await arnsByName(call) : new Map();
  const added = topics.filter((name) => !known.has(name));
  for (const Name of added) await call('sns', 'CreateTopic', { Name });
  return added.map((name) => `topic ${name}`);
};

const seedAlarms = async (call: SeedCall, document: SeedDocument): Promise<readonly string[]> => {
  const { alarms = [] } = document;
  const added: string[] = [];
  const arns = alarms.length > 0 ? await arnsByName(call) : new Map<string, string>();
  for (const alarm of alarms) {
    const { input, topics = [] } = alarm;
    const { MetricAlarms } = await call('cloudwatch', 'DescribeAlarms', { AlarmNames: [input.AlarmName] });
    if (MetricAlarms.length > 0) continue;
    const actions = topics.flatMap((name) => arns.get(name) ?? []);
    await call('cloudwatch', 'PutMetricAlarm', {
      ...(actions.length > 0 && { AlarmActions: actions, OKActions: actions }),
      ...(await dimensionsOf(call, { document, alarm })),
      ...input,
    });
    added.push(`alarm ${input.AlarmName}`);
  }
  return added;
};

const dimensionsOf = async (
  call: SeedCall,
  { document, alarm }: { readonly document: SeedDocument; readonly alarm: SeedAlarm },
): Promise<object> => {
  const service = document.services.find(({ serviceName }) => serviceName === alarm.service);
  if (!service) return {};
  if (alarm.input['Namespace'] === 'AWS/ECS')
    return {
      Dimensions: [
        { Name: 'ClusterName', Value: service.cluster },
        { Name: 'ServiceName', Value: service.serviceName },
      ],
    };
  const { TargetGroups } = await call('elbv2', 'DescribeTargetGroups', {
    Names: [targetGroupName(service.serviceName, 'a')],
  });
  const [group] = TargetGroups;
  return {
    Dimensions: [
      { Name: 'TargetGroup', Value: group.TargetGroupArn.split(':')[5] },
      { Name: 'LoadBalancer', Value: group.LoadBalancerArns[0].split(':loadbalancer/')[1] },
    ],
  };
};

const resourceOf = ({ cluster, service }: SeedScalableTarget) => ({
  ServiceNamespace: 'ecs',
  ResourceId: `service/${cluster}/${service}`,
  ScalableDimension: 'ecs:service:DesiredCount',
});

const seedScalableTargets = async (
  call: SeedCall,
  { scalableTargets = [] }: SeedDocument,
): Promise<readonly string[]> => {
  const added: string[] = [];
  for (const target of scalableTargets) {
    const resource = resourceOf(target);
    const { ScalableTargets } = await call('autoscaling', 'DescribeScalableTargets', {
      ServiceNamespace: 'ecs',
      ResourceIds: [resource.ResourceId],
    });
    if (ScalableTargets.length > 0) continue;
    await call('autoscaling', 'RegisterScalableTarget', {
      ...resource,
      MinCapacity: target.minCapacity,
      MaxCapacity: target.maxCapacity,
    });
    added.push(`scalable target ${resource.ResourceId}`);
    if (target.cpuTargetPercent === undefined) continue;
    await call('autoscaling', 'PutScalingPolicy', {
      ...resource,
      PolicyName: `${target.service}-cpu`,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: target.cpuTargetPercent,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      },
    });
  }
  return added;
};
