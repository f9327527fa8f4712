/** A world with ECS, ELBv2 and what they need, on a manual clock, and a direct way to their handlers. */
import type { Service, ServiceDeployment, Task } from '@aws-sdk/client-ecs';
import { manualClock } from '../../../src/lib/sandbox/clock.js';
import type { Call, ServiceModule } from '../../../src/lib/sandbox/service.js';
import { ecsModule } from '../../../src/lib/sandbox/services/ecs/module.js';
import { elbv2Module } from '../../../src/lib/sandbox/services/elbv2/module.js';
import { logsModule } from '../../../src/lib/sandbox/services/logs/module.js';
import { createLogGroup, logsState } from '../../../src/lib/sandbox/services/logs/store.js';
import { secretsManagerModule } from '../../../src/lib/sandbox/services/secretsmanager/module.js';
import { ssmModule } from '../../../src/lib/sandbox/services/ssm/module.js';
import { addParameter } from '../../../src/lib/sandbox/services/ssm/store.js';
import { World } from '../../../src/lib/sandbox/world.js';

export const region = 'eu-central-1';
export const startOfTime = Date.UTC(2026, 0, 5, 9, 0, 0);
export const network = { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'] } };
const role = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

export const modules = (): ServiceModule[] => [
  ecsModule,
  elbv2Module,
  logsModule(),
  ssmModule(),
  secretsManagerModule(),
];

export const newWorld = (): World => new World(modules(), { now: startOfTime, sandboxId: 'sandbox-1' });

export class Scenario {
  readonly clock;
  constructor(readonly world: World = newWorld()) {
    this.clock = manualClock(world);
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers come in the shapes of many operations.
  call(operation: string, input: object = {}, service = 'ecs'): any {
    const handler = this.world.modules.get(service)?.operations[operation];
    if (!handler) throw new Error(`no operation ${service}:${operation}`);
    const call: Call = {
      world: this.world,
      region,
      account: this.world.state.account,
      operation,
      caller: { accessKeyId: 'test', userAgent: 'vitest' },
      signal: new AbortController().signal,
    };
    return handler(input, call);
  }

  elb(operation: string, input: object = {}): ReturnType<Scenario['call']> {
    return this.call(operation, input, 'elbv2');
  }

  seconds(count: number): void {
    this.clock.advance(count * 1_000);
  }

  /** Cluster, log group, parameter, load balancer with one target group. */
  prepare(): this {
    this.call('CreateCluster', { clusterName: 'shop' });
    createLogGroup(this.world, region, '/shop/api');
    addParameter(this.world, region, { name: '/shop/DATABASE_URL', value: 'postgres://db' });
    const [balancer] = this.elb('CreateLoadBalancer', {
      Name: 'shop',
      Subnets: ['subnet-a', 'subnet-b'],
    }).LoadBalancers;
    const [group] = this.elb('CreateTargetGroup', {
      Name: 'api-blue',
      Port: 8080,
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }).TargetGroups;
    this.elb('ModifyTargetGroupAttributes', {
      TargetGroupArn: group.TargetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }],
    });
    this.elb('CreateListener', {
      LoadBalancerArn: balancer.LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn: group.TargetGroupArn }],
    });
    return this;
  }

  targetGroup(): string {
    return this.elb('DescribeTargetGroups', { Names: ['api-blue'] }).TargetGroups[0].TargetGroupArn;
  }

  /** Registers a task definition of the api with this image tag. */
  register(tag: string, container: object = {}, definition: object = {}): string {
    return this.call('RegisterTaskDefinition', {
      family: 'api',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn: role,
      containerDefinitions: [
        {
          name: 'api',
          image: `example.com/shop/api:${tag}`,
          portMappings: [{ containerPort: 8080 }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': '/shop/api', 'awslogs-region': region, 'awslogs-stream-prefix': 'api' },
          },
          ...container,
        },
      ],
      ...definition,
    }).taskDefinition.taskDefinitionArn;
  }

  /** Creates the service `api` and lets it become steady. */
  running(
    options: { readonly balanced?: boolean; readonly desiredCount?: number; readonly service?: object } = {},
  ): this {
    this.create('v1', options);
    this.seconds(180);
    return this;
  }

  create(
    tag: string,
    options: { readonly balanced?: boolean; readonly desiredCount?: number; readonly service?: object } = {},
  ): void {
    this.call('CreateService', {
      cluster: 'shop',
      serviceName: 'api',
      taskDefinition: this.register(tag),
      desiredCount: options.desiredCount ?? 2,
      networkConfiguration: network,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      ...(options.balanced === false
        ? {}
        : { loadBalancers: [{ targetGroupArn: this.targetGroup(), containerName: 'api', containerPort: 8080 }] }),
      ...options.service,
    });
  }

  update(input: object): Service {
    return this.call('UpdateService', { cluster: 'shop', service: 'api', ...input }).service;
  }

  service(): Service {
    return this.call('DescribeServices', { cluster: 'shop', services: ['api'] }).services[0];
  }

  /** The newest service deployment, or the one before. */
  deployment(index = 0): ServiceDeployment {
    const { serviceDeployments } = this.call('ListServiceDeployments', { cluster: 'shop', service: 'api' });
    const arn = serviceDeployments[index]?.serviceDeploymentArn;
    return this.call('DescribeServiceDeployments', { serviceDeploymentArns: [arn] }).serviceDeployments[0];
  }

  tasks(desiredStatus = 'RUNNING'): Task[] {
    const { taskArns } = this.call('ListTasks', { cluster: 'shop', desiredStatus });
    return taskArns.length ? this.call('DescribeTasks', { cluster: 'shop', tasks: taskArns }).tasks : [];
  }

  events(): string[] {
    return (this.service().events ?? []).map((event) => event.message ?? '').reverse();
  }

  /** Advances until the newest service deployment has ended; the AWS seconds that took. */
  settle(limitSeconds = 3_600): number {
    for (let passed = 0; passed < limitSeconds; passed += 1) {
      if (this.deployment().finishedAt) return passed;
      this.seconds(1);
    }
    throw new Error(`the deployment is still ${this.deployment().status} after ${limitSeconds} s`);
  }

  logs(group = '/shop/api'): string[] {
    const found = logsState(this.world, region).groups[group];
    return Object.values(found?.streams ?? {}).flatMap((stream) => stream.events.map((event) => event.message));
  }

  timeline(): string[] {
    return this.world.state.timeline.map(
      (entry) => `${entry.at} ${entry.seq} ${entry.kind} ${JSON.stringify({ ...entry, at: 0, seq: 0 })}`,
    );
  }
}
