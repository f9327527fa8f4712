import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../src/lib/sandbox/service.js';
import { network, region, Scenario } from './ecs-scenario.js';

const refusalOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

const run = (scenario: Scenario, input: object = {}): { tasks: { taskArn: string }[]; failures: unknown[] } =>
  scenario.call('RunTask', { cluster: 'shop', taskDefinition: 'api', networkConfiguration: network, ...input });

const describeTask = (scenario: Scenario, arn: string | undefined) =>
  scenario.call('DescribeTasks', { cluster: 'shop', tasks: [arn] }).tasks[0];

describe('a task', () => {
  it.each([
    { tag: 'v1', exitCode: 0, reason: undefined },
    { tag: 'v1-bad', exitCode: 1, reason: undefined },
    { tag: 'v1-oom', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
  ])('that runs a command with tag $tag ends with exit code $exitCode', ({ tag, exitCode, reason }) => {
    const scenario = new Scenario().prepare();
    scenario.register(tag, { command: ['node', 'migrate.js'] });
    const { tasks, failures } = run(scenario, { startedBy: 'platform', group: 'migrations' });
    expect(failures).toEqual([]);
    expect(describeTask(scenario, tasks[0]?.taskArn)).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
    });
    scenario.seconds(120);
    const task = describeTask(scenario, tasks[0]?.taskArn);
    expect(task).toMatchObject({
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      startedBy: 'platform',
      group: 'migrations',
    });
    expect(task.containers[0].exitCode).toBe(exitCode);
    expect(task.containers[0].reason).toBe(reason);
  });

  it('takes its exit code from SANDBOX_FAULT of an override', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1', { command: ['node', 'migrate.js'] });
    const { tasks } = run(scenario, {
      overrides: { containerOverrides: [{ name: 'api', environment: [{ name: 'SANDBOX_FAULT', value: 'exit-3' }] }] },
    });
    scenario.seconds(120);
    expect(describeTask(scenario, tasks[0]?.taskArn).containers[0].exitCode).toBe(3);
  });

  it('goes through every stage in order, with the times of each', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1', { command: ['true'] });
    const { tasks } = run(scenario);
    const stages: string[] = [];
    for (let second = 0; second < 120; second += 1) {
      const { lastStatus } = describeTask(scenario, tasks[0]?.taskArn);
      if (stages.at(-1) !== lastStatus) stages.push(lastStatus);
      scenario.seconds(1);
    }
    expect(stages).toEqual([
      'PROVISIONING',
      'PENDING',
      'ACTIVATING',
      'RUNNING',
      'DEACTIVATING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ]);
    const task = describeTask(scenario, tasks[0]?.taskArn);
    const times = [
      'createdAt',
      'pullStartedAt',
      'pullStoppedAt',
      'startedAt',
      'stoppingAt',
      'executionStoppedAt',
      'stoppedAt',
    ];
    const values = times.map((name) => task[name].getTime());
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(task.attachments[0]).toMatchObject({ type: 'ElasticNetworkInterface', status: 'DELETED' });
  });

  it('has an address, a network interface and a digest while it runs', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1');
    const { tasks } = run(scenario);
    scenario.seconds(60);
    const task = describeTask(scenario, tasks[0]?.taskArn);
    expect(task.lastStatus).toBe('RUNNING');
    const names = task.attachments[0].details.map((detail: { name: string }) => detail.name);
    expect(names).toEqual(['subnetId', 'networkInterfaceId', 'macAddress', 'privateDnsName', 'privateIPv4Address']);
    expect(task.containers[0]).toMatchObject({
      lastStatus: 'RUNNING',
      imageDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      runtimeId: expect.stringMatching(/^[0-9a-f]{32}-\d{10}$/),
      networkInterfaces: [{ privateIpv4Address: expect.stringMatching(/^10\.0\.\d+\.\d+$/) }],
    });
  });

  it('stops every container when an essential one exits', () => {
    const scenario = new Scenario().prepare();
    const other = { name: 'proxy', image: 'example.com/proxy:1', essential: true };
    const helper = { name: 'helper', image: 'example.com/helper:x-bad', essential: false };
    scenario.call('RegisterTaskDefinition', {
      family: 'pair',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'main', image: 'example.com/main:bad' }, other, helper],
    });
    const { tasks } = run(scenario, { taskDefinition: 'pair' });
    scenario.seconds(120);
    const task = describeTask(scenario, tasks[0]?.taskArn);
    const codes = task.containers.map((each: { name: string; exitCode: number }) => [each.name, each.exitCode]);
    expect(codes).toEqual([
      ['main', 1],
      ['proxy', 0],
      ['helper', 1],
    ]);
  });

  it('goes on when only a container that is not essential exits', () => {
    const scenario = new Scenario().prepare();
    scenario.call('RegisterTaskDefinition', {
      family: 'pair',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        { name: 'main', image: 'example.com/main:1' },
        { name: 'helper', image: 'example.com/helper:x-bad', essential: false },
      ],
    });
    const { tasks } = run(scenario, { taskDefinition: 'pair' });
    scenario.seconds(120);
    expect(describeTask(scenario, tasks[0]?.taskArn)).toMatchObject({
      lastStatus: 'RUNNING',
      containers: [{ lastStatus: 'RUNNING' }, { lastStatus: 'STOPPED', exitCode: 1 }],
    });
  });

  it('can be described for an hour after it stopped, then is missing', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1', { command: ['true'] });
    const { tasks } = run(scenario);
    scenario.seconds(3_500);
    expect(describeTask(scenario, tasks[0]?.taskArn).lastStatus).toBe('STOPPED');
    expect(scenario.tasks('STOPPED')).toHaveLength(1);
    scenario.seconds(300);
    const answer = scenario.call('DescribeTasks', { cluster: 'shop', tasks: [tasks[0]?.taskArn] });
    expect(answer).toEqual({ tasks: [], failures: [{ arn: tasks[0]?.taskArn, reason: 'MISSING' }] });
  });

  it('runs once per client token', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1');
    const first = run(scenario, { clientToken: 'once', count: 2 });
    const again = run(scenario, { clientToken: 'once', count: 2 });
    expect(again.tasks.map((task) => task.taskArn)).toEqual(first.tasks.map((task) => task.taskArn));
    expect(scenario.tasks()).toHaveLength(2);
    expect(refusalOf(() => run(scenario, { clientToken: 'once', count: 3 }))).toMatch(/^ConflictException/);
  });

  it('makes its log group when awslogs-create-group says so', () => {
    const scenario = new Scenario().prepare();
    scenario.register('v1', {
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/made',
          'awslogs-region': region,
          'awslogs-stream-prefix': 'api',
          'awslogs-create-group': 'true',
        },
      },
    });
    run(scenario);
    scenario.seconds(60);
    expect(scenario.tasks()[0]?.lastStatus).toBe('RUNNING');
    expect(scenario.logs('/made').join('\n')).toMatch(/listening on port 8080/);
  });

  it.each([
    { input: { count: 11 }, text: /^InvalidParameterException: Count must be between/ },
    {
      input: { networkConfiguration: undefined },
      text: /Network Configuration must be provided when networkMode 'awsvpc'/,
    },
    { input: { taskDefinition: 'gone' }, text: /^ClientException: TaskDefinition not found\.$/ },
    { input: { cluster: 'gone' }, text: /^ClusterNotFoundException/ },
    { input: { overrides: { containerOverrides: [{ name: 'x' }] } }, text: /is not a container in the TaskDefinition/ },
  ])('is refused: $text', ({ input, text }) => {
    const scenario = new Scenario().prepare();
    scenario.register('v1');
    expect(refusalOf(() => run(scenario, input))).toMatch(text);
  });
});

describe('a task definition', () => {
  const base = {
    family: 'web',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'web', image: 'example.com/web:1', portMappings: [{ containerPort: 80 }] }],
  };

  it('comes back with the defaults of AWS', () => {
    const scenario = new Scenario();
    const { taskDefinition, tags } = scenario.call('RegisterTaskDefinition', {
      ...base,
      cpu: '.25 vCPU',
      memory: '0.5 GB',
      tags: [{ key: 'platform:release', value: 'v1' }],
    });
    expect(taskDefinition).toMatchObject({
      taskDefinitionArn: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1',
      revision: 1,
      status: 'ACTIVE',
      cpu: '256',
      memory: '512',
      compatibilities: ['EC2', 'FARGATE'],
      volumes: [],
      placementConstraints: [],
      registeredAt: expect.any(Date),
    });
    expect(taskDefinition.containerDefinitions).toEqual([
      {
        name: 'web',
        image: 'example.com/web:1',
        cpu: 0,
        portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
        essential: true,
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
      },
    ]);
    expect(tags).toEqual([{ key: 'platform:release', value: 'v1' }]);
    const described = scenario.call('DescribeTaskDefinition', { taskDefinition: 'web', include: ['TAGS'] });
    expect(described).toEqual({ taskDefinition, tags });
  });

  it.each([
    { change: { cpu: '300' }, text: 'No Fargate configuration exists for given values.' },
    { change: { memory: '8192' }, text: 'No Fargate configuration exists for given values.' },
    { change: { networkMode: 'bridge' }, text: 'Fargate only supports network mode ‘awsvpc’.' },
    { change: { cpu: undefined }, text: "Fargate requires that 'cpu' be defined at the task level." },
    { change: { containerDefinitions: [] }, text: 'Container list cannot be empty.' },
    {
      change: {
        containerDefinitions: [{ name: 'web', image: 'x:1', logConfiguration: { logDriver: 'awslogs', options: {} } }],
      },
      text: 'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    },
    {
      change: {
        containerDefinitions: [{ name: 'web', image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:1' }],
      },
      text: 'Fargate requires task definition to have execution role ARN to support ECR images.',
    },
  ])('is refused: $text', ({ change, text }) => {
    expect(refusalOf(() => new Scenario().call('RegisterTaskDefinition', { ...base, ...change }))).toBe(
      `ClientException: ${text}`,
    );
  });

  it('is listed by family, status and order, and cannot be used once deregistered', () => {
    const scenario = new Scenario().prepare();
    for (let index = 0; index < 3; index += 1) scenario.call('RegisterTaskDefinition', base);
    scenario.call('RegisterTaskDefinition', { ...base, family: 'web-admin' });
    const names = (input: object): string[] =>
      scenario
        .call('ListTaskDefinitions', input)
        .taskDefinitionArns.map((arn: string) => arn.slice(arn.lastIndexOf('/') + 1));
    expect(names({ familyPrefix: 'web', sort: 'DESC' })).toEqual(['web:3', 'web:2', 'web:1']);
    scenario.call('DeregisterTaskDefinition', { taskDefinition: 'web:3' });
    expect(names({ familyPrefix: 'web' })).toEqual(['web:1', 'web:2']);
    expect(names({ familyPrefix: 'web', status: 'INACTIVE' })).toEqual(['web:3']);
    expect(scenario.call('ListTaskDefinitionFamilies', { familyPrefix: 'web' }).families).toEqual(['web', 'web-admin']);
    expect(scenario.call('DescribeTaskDefinition', { taskDefinition: 'web' }).taskDefinition.revision).toBe(2);
    expect(refusalOf(() => run(scenario, { taskDefinition: 'web:3' }))).toBe(
      'ClientException: TaskDefinition is inactive',
    );
    const page = scenario.call('ListTaskDefinitions', { maxResults: 2 });
    expect(page.taskDefinitionArns).toHaveLength(2);
    expect(
      scenario.call('ListTaskDefinitions', { maxResults: 2, nextToken: page.nextToken }).taskDefinitionArns,
    ).toHaveLength(1);
  });

  it('carries tags that can be changed', () => {
    const scenario = new Scenario();
    const { taskDefinition } = scenario.call('RegisterTaskDefinition', base);
    const resourceArn = taskDefinition.taskDefinitionArn;
    scenario.call('TagResource', {
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    scenario.call('UntagResource', { resourceArn, tagKeys: ['a'] });
    expect(scenario.call('ListTagsForResource', { resourceArn }).tags).toEqual([{ key: 'b', value: '2' }]);
    expect(refusalOf(() => scenario.call('TagResource', { resourceArn: `${resourceArn}9`, tags: [] }))).toMatch(
      /^ResourceNotFoundException/,
    );
  });
});
