import { describe, expect, it } from 'vitest';
import { toService } from '../../../src/lib/aws/ecs-model.js';

describe('a service as ECS answers it', () => {
  it('has its alarms, revisions, load balancers and network', () => {
    const service = toService({
      serviceName: 'shop-staging-api',
      deploymentConfiguration: { alarms: { alarmNames: ['api-5xx'], enable: true, rollback: false } },
      currentServiceRevisions: [{ arn: 'arn:revision' }],
      loadBalancers: [{ targetGroupArn: 'arn:tg', containerName: 'api', containerPort: 3000 }],
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
      },
    });
    expect(service).toMatchObject({
      alarmNames: ['api-5xx'],
      revisions: ['arn:revision'],
      targetGroups: ['arn:tg'],
      loadBalancers: [{ targetGroup: 'arn:tg', container: 'api', port: 3000 }],
      network: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: true },
    });
  });

  it('may have none of them', () => {
    expect(toService({ serviceName: 'workers' })).toMatchObject({
      alarmNames: [],
      revisions: [],
      loadBalancers: [],
      network: undefined,
    });
  });
});
