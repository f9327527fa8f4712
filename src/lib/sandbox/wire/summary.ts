/** What the timeline shows of a request: a few ids. By list of allowed names, so that no secret ever gets in. */
import type { Json } from '../service.js';

const allowed: ReadonlySet<string> = new Set(
  [
    'cluster clusters clusterName service services serviceName serviceArn serviceDeploymentArn serviceDeploymentArns',
    'serviceRevisionArns task tasks taskDefinition family familyPrefix desiredCount forceNewDeployment count startedBy',
    'stopType status hookId action logGroupName logGroupNamePrefix logGroupIdentifier logGroupIdentifiers logStreamName',
    'Name Names Path SecretId RoleName PolicyArn UserName RoleArn repositoryName repositoryNames imageIds',
    'LoadBalancerArn LoadBalancerArns TargetGroupArn TargetGroupArns ListenerArn RuleArn RuleArns ListenerArns',
    'VpcIds SubnetIds GroupIds ResourceArn resourceArn resourceId TableName Bucket Key AlarmNames AlarmName',
    'ServiceNamespace ResourceId ResourceIds MinCapacity MaxCapacity PolicyName ScheduledActionName StateValue TopicArn',
    'DBInstanceIdentifier DBClusterIdentifier ReplicationGroupId SnapshotName GroupName ScheduleExpression',
  ].flatMap((line) => line.split(' ')),
);

const maxText = 200;
const maxItems = 10;

export const summaryOf = (input: Readonly<Record<string, unknown>>): Json | undefined => {
  const entries = Object.entries(input).flatMap(([name, value]): [string, Json][] => {
    const small = allowed.has(name) ? smallValue(value) : undefined;
    return small === undefined ? [] : [[name, small]];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
};

const smallValue = (value: unknown): Json | undefined => {
  if (typeof value === 'string') return value.length > maxText ? `${value.slice(0, maxText)}…` : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return undefined;
  const items = value
    .slice(0, maxItems)
    .map(smallValue)
    .filter((item) => item !== undefined);
  return value.length > maxItems ? [...items, `… ${value.length - maxItems} more`] : items;
};
