/** The real clients against metrics, alarms, topics and scaling: refusals, rates and faults as they arrive. */
import {
  ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createDispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { addFault, faultPlan } from '../../../src/lib/sandbox/faults.js';
import { createModules } from '../../../src/lib/sandbox/modules.js';
import { inProcessConfig } from '../../helpers/sandbox-client.js';
import { refusal, worldOf } from '../../helpers/service-world.js';

const start = () => {
  const modules = createModules();
  const world = worldOf(...modules);
  const config = inProcessConfig(createDispatcher({ world, modules, faults: faultPlan(world) }));
  return {
    world,
    cloudwatch: new CloudWatchClient(config),
    sns: new SNSClient(config),
    scaling: new ApplicationAutoScalingClient(config),
  };
};

describe('the clients of the daily services', () => {
  it('meet the rate limit of DescribeAlarms, which refills in AWS time', async () => {
    const { cloudwatch, world } = start();
    const describeOnce = () => cloudwatch.send(new DescribeAlarmsCommand({}));
    for (let call = 0; call < 9; call += 1) await describeOnce();
    expect(await refusal(describeOnce())).toBe('Throttling: Rate exceeded');
    world.advance(1_000);
    expect((await describeOnce()).MetricAlarms).toEqual([]);
  });

  it('get the refusals under the names that they know', async () => {
    const { cloudwatch, sns, scaling } = start();
    const set = new SetAlarmStateCommand({ AlarmName: 'gone', StateValue: 'OK', StateReason: 'x' });
    const TopicArn = 'arn:aws:sns:us-east-1:123456789012:gone';
    const missing = new DeregisterScalableTargetCommand({
      ServiceNamespace: 'ecs',
      ResourceId: 'service/shop/api',
      ScalableDimension: 'ecs:service:DesiredCount',
    });
    expect(await refusal(cloudwatch.send(set))).toMatch(/^ResourceNotFound: /);
    expect(await refusal(sns.send(new GetTopicAttributesCommand({ TopicArn })))).toMatch(/^NotFoundException: /);
    expect(await refusal(sns.send(new PublishCommand({ TopicArn, Message: '' })))).toMatch(
      /^InvalidParameterException: /,
    );
    expect(await refusal(scaling.send(missing))).toMatch(/^ObjectNotFoundException: /);
    const alarm = new PutMetricAlarmCommand({
      AlarmName: 'a',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    expect(await refusal(cloudwatch.send(alarm))).toMatch(/^ValidationException: /);
  });

  it('meet the faults that were asked for', async () => {
    const { cloudwatch, sns, world } = start();
    addFault(world, { kind: 'deny', operation: 'cloudwatch:DescribeAlarms' });
    addFault(world, { kind: 'throttle', operation: 'sns:*' });
    expect(await refusal(cloudwatch.send(new DescribeAlarmsCommand({})))).toContain('cloudwatch:DescribeAlarms');
    expect(await refusal(sns.send(new PublishCommand({ TopicArn: 'x', Message: 'y' })))).toMatch(/^Throttling/);
  });

  it('never put the body of a message into the timeline', async () => {
    const { sns, world } = start();
    await refusal(sns.send(new PublishCommand({ TopicArn: 'x', Subject: 'about', Message: 'secret body' })));
    expect(JSON.stringify(world.state.timeline)).not.toContain('secret body');
  });
});
