import { describe, expect, it } from 'vitest';
import { applySeed } from '../../../src/lib/sandbox/apply-seed.js';
import { targetGroupName } from '../../../src/lib/sandbox/apply-seed-load-balancer.js';
import { createModules } from '../../../src/lib/sandbox/modules.js';
import { seedDocument, seedRegion } from '../../helpers/seed-document.js';
import { type Answer, callIn, worldOf } from '../../helpers/service-world.js';

const region = seedRegion;

const seededWorld = async () => {
  const world = worldOf(...createModules());
  const result = await applySeed({ world, document: seedDocument() });
  return { world, result };
};

const servicesOf = async (world: Awaited<ReturnType<typeof seededWorld>>['world']): Promise<readonly Answer[]> => {
  const names = ['shop-staging-api', 'shop-staging-workers'];
  return (await callIn(world, 'ecs')('DescribeServices', { cluster: 'shop-staging', services: names }, { region }))
    .services;
};

describe('applying a seed document', () => {
  it('leaves every service steady on the image seed, with a completed first deployment', async () => {
    const { world } = await seededWorld();
    for (const service of await servicesOf(world)) {
      expect(service).toMatchObject({ status: 'ACTIVE', runningCount: 2, desiredCount: 2, pendingCount: 0 });
      expect(service.deployments).toMatchObject([{ status: 'PRIMARY', rolloutState: 'COMPLETED' }]);
      const { serviceDeployments } = await callIn(world, 'ecs')(
        'ListServiceDeployments',
        { cluster: 'shop-staging', service: service.serviceName },
        { region },
      );
      expect(serviceDeployments).toMatchObject([{ status: 'SUCCESSFUL' }]);
    }
  });

  it('puts the balanced service into the first of its two target groups, on both listeners', async () => {
    const { world } = await seededWorld();
    const elb = callIn(world, 'elbv2');
    const { LoadBalancers } = await elb('DescribeLoadBalancers', { Names: ['shop-staging'] }, { region });
    const { Listeners } = await elb(
      'DescribeListeners',
      { LoadBalancerArn: LoadBalancers[0].LoadBalancerArn },
      { region },
    );
    expect(Listeners.map((listener: Answer) => listener.Port).sort()).toEqual([80, 8081]);
    const { TargetGroups } = await elb('DescribeTargetGroups', {}, { region });
    expect(TargetGroups.map((group: Answer) => group.TargetGroupName)).toEqual([
      'shop-staging-api-a',
      'shop-staging-api-b',
    ]);
    const healthOf = async (group: Answer): Promise<readonly string[]> =>
      (
        await elb('DescribeTargetHealth', { TargetGroupArn: group.TargetGroupArn }, { region })
      ).TargetHealthDescriptions.map((each: Answer) => each.TargetHealth.State);
    expect(await healthOf(TargetGroups[0])).toEqual(['healthy', 'healthy']);
    expect(await healthOf(TargetGroups[1])).toEqual([]);
    const { Rules } = await elb('DescribeRules', { ListenerArn: Listeners[0].ListenerArn }, { region });
    const forward = Rules.find((rule: Answer) => rule.Conditions?.[0]?.Values?.[0] === '/*');
    expect(forward.Actions[0].ForwardConfig.TargetGroups.map((group: Answer) => group.Weight)).toEqual([100, 0]);
  });

  it('adds topics, alarms and scalable targets, once, and leaves changed ones alone', async () => {
    const world = worldOf(...createModules());
    const document = seedDocument({
      topics: ['shop-alerts'],
      alarms: [
        {
          service: 'shop-staging-api',
          topics: ['shop-alerts'],
          input: {
            AlarmName: 'api-5xx',
            Namespace: 'AWS/ApplicationELB',
            MetricName: 'HTTPCode_Target_5XX_Count',
            Statistic: 'Sum',
            Period: 60,
            EvaluationPeriods: 2,
            Threshold: 5,
            ComparisonOperator: 'GreaterThanThreshold',
            TreatMissingData: 'notBreaching',
          },
        },
      ],
      scalableTargets: [
        { cluster: 'shop-staging', service: 'shop-staging-api', minCapacity: 2, maxCapacity: 4, cpuTargetPercent: 60 },
      ],
    });
    const { added } = await applySeed({ world, document });
    expect(added.slice(-3)).toEqual([
      'topic shop-alerts',
      'alarm api-5xx',
      'scalable target service/shop-staging/shop-staging-api',
    ]);
    const cloudwatch = callIn(world, 'cloudwatch');
    const [alarm] = (await cloudwatch('DescribeAlarms', { AlarmNames: ['api-5xx'] }, { region })).MetricAlarms;
    expect(alarm.AlarmActions).toEqual([`arn:aws:sns:${region}:123456789012:shop-alerts`]);
    expect(alarm.Dimensions.map(({ Value }: Answer) => Value.replace(/[0-9a-f]{16}$/, 'ID'))).toEqual([
      'targetgroup/shop-staging-api-a/ID',
      'app/shop-staging/ID',
    ]);
    world.advance(180_000);
    const ok = { StateValue: 'OK', AlarmNamePrefix: 'api-' };
    expect((await cloudwatch('DescribeAlarms', ok, { region })).MetricAlarms).toHaveLength(1);
    const scaling = callIn(world, 'autoscaling');
    const resource = {
      ServiceNamespace: 'ecs',
      ResourceId: 'service/shop-staging/shop-staging-api',
      ScalableDimension: 'ecs:service:DesiredCount',
    };
    await scaling('RegisterScalableTarget', { ...resource, MaxCapacity: 9 }, { region });
    expect((await applySeed({ world, document })).added).toEqual([]);
    const { ScalableTargets } = await scaling('DescribeScalableTargets', { ServiceNamespace: 'ecs' }, { region });
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 2, MaxCapacity: 9 }]);
    const { ScalingPolicies } = await scaling('DescribeScalingPolicies', { ServiceNamespace: 'ecs' }, { region });
    expect(ScalingPolicies[0].Alarms).toHaveLength(2);
  });

  it('adds parameters, secrets, roles, log groups and repositories that hold every tag', async () => {
    const { world, result } = await seededWorld();
    expect(result.added).toContain('service shop-staging-api');
    const parameter = await callIn(world, 'ssm')('GetParameter', {
      Name: '/shop/staging/DATABASE_URL',
      WithDecryption: true,
    });
    expect(parameter.Parameter.Value).toBe('postgres://sandbox');
    const secret = await callIn(world, 'secretsmanager')('GetSecretValue', { SecretId: 'shop/staging/token' });
    expect(secret.SecretString).toBe('sandbox-token');
    expect((await callIn(world, 'iam')('GetRole', { RoleName: 'shop-task' })).Role.Arn).toContain(':role/shop-task');
    const images = await callIn(world, 'ecr')('DescribeImages', {
      repositoryName: 'shop-api',
      imageIds: [{ imageTag: 'any' }],
    });
    expect(images.imageDetails[0].imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('does nothing the second time and takes no AWS time', async () => {
    const { world } = await seededWorld();
    const before = world.now;
    expect(await applySeed({ world, document: seedDocument() })).toEqual({ added: [] });
    expect(world.now).toBe(before);
  });

  it('never changes what is there: a parameter keeps its value, a service its count', async () => {
    const { world } = await seededWorld();
    await callIn(world, 'ssm')('PutParameter', { Name: '/shop/staging/DATABASE_URL', Value: 'mine', Overwrite: true });
    await callIn(world, 'ecs')(
      'UpdateService',
      { cluster: 'shop-staging', service: 'shop-staging-api', desiredCount: 1 },
      { region },
    );
    await applySeed({ world, document: seedDocument() });
    const parameter = await callIn(world, 'ssm')('GetParameter', {
      Name: '/shop/staging/DATABASE_URL',
      WithDecryption: true,
    });
    expect(parameter.Parameter.Value).toBe('mine');
    expect((await servicesOf(world))[0].desiredCount).toBe(1);
  });

  it('makes the network that the project names', async () => {
    const world = worldOf(...createModules());
    const network = {
      vpc: 'shop-vpc',
      subnets: ['subnet-0123456789abcdef0', 'private-b'],
      securityGroups: ['shop-tasks'],
    };
    await applySeed({ world, document: seedDocument({ network: { ...network, assignPublicIp: false } }) });
    const [service] = await servicesOf(world);
    const { subnets, securityGroups, assignPublicIp } = service.networkConfiguration.awsvpcConfiguration;
    expect(subnets[0]).toBe('subnet-0123456789abcdef0');
    expect([subnets.length, securityGroups.length, assignPublicIp]).toEqual([2, 1, 'DISABLED']);
  });

  it('keeps target group names within 32 characters and apart', () => {
    const long = 'a-rather-long-project-production-checkout';
    const names = [targetGroupName(long, 'a'), targetGroupName(long, 'b'), targetGroupName(`${long}-x`, 'a')];
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,32}$/);
  });
});
