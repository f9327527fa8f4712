import { describe, expect, it } from 'vitest';
import { createModules } from '../../../src/lib/sandbox/modules.js';
import { AwsError } from '../../../src/lib/sandbox/service.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { network, region, Scenario, startOfTime } from './ecs-scenario.js';

const taskRoleArn = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

/** With IAM, so that a role may be denied something. */
const scenarioWith = (container: object = {}, definition: object = { taskRoleArn }) => {
  const scenario = new Scenario(new World(createModules(), { now: startOfTime, sandboxId: 's' })).prepare();
  scenario.register('v1', container, definition);
  return scenario;
};

const launch = (scenario: Scenario, enableExecuteCommand: boolean): string =>
  scenario.call('RunTask', {
    cluster: 'shop',
    taskDefinition: 'api',
    networkConfiguration: network,
    enableExecuteCommand,
  }).tasks[0].taskArn;

const task = (scenario: Scenario, arn: string) =>
  scenario.call('DescribeTasks', { cluster: 'shop', tasks: [arn] }).tasks[0];

const execute = (scenario: Scenario, arn: string, input: object = {}) =>
  scenario.call('ExecuteCommand', { cluster: 'shop', task: arn, command: 'sh', interactive: true, ...input });

const refusalOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

const notEnabled =
  "InvalidParameterException: The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again.";

describe('ExecuteCommand', () => {
  it('answers with a session once the agent runs', () => {
    const scenario = scenarioWith();
    const arn = launch(scenario, true);
    expect(task(scenario, arn)).toMatchObject({ enableExecuteCommand: true });
    scenario.seconds(31);
    expect(task(scenario, arn).containers[0].managedAgents).toEqual([
      { name: 'ExecuteCommandAgent', lastStatus: 'PENDING' },
    ]);
    expect(refusalOf(() => execute(scenario, arn))).toBe(notEnabled);
    scenario.seconds(10);
    expect(task(scenario, arn).containers[0].managedAgents).toMatchObject([{ lastStatus: 'RUNNING' }]);
    const answer = execute(scenario, arn);
    expect(answer).toMatchObject({ containerName: 'api', interactive: true, taskArn: arn });
    expect(answer.session.sessionId).toMatch(/^ecs-execute-command-[a-z0-9]{17}$/);
    expect(answer.session.tokenValue.length).toBeGreaterThan(40);
    expect(JSON.stringify(scenario.world.state)).not.toContain(answer.session.tokenValue);
  });

  it('gives a session an id that no other sandbox gives: the plugin names a socket by it', () => {
    const ids = [1, 2].map(() => {
      const scenario = scenarioWith();
      const arn = launch(scenario, true);
      scenario.seconds(60);
      return execute(scenario, arn).session.sessionId;
    });
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('is refused where it was not enabled when the task was run', () => {
    const scenario = scenarioWith();
    const arn = launch(scenario, false);
    scenario.seconds(60);
    expect(task(scenario, arn).containers[0].managedAgents).toBeUndefined();
    expect(refusalOf(() => execute(scenario, arn))).toBe(notEnabled);
  });

  it('is refused in a container that the agent cannot write to', () => {
    const scenario = scenarioWith({ readonlyRootFilesystem: true });
    const arn = launch(scenario, true);
    scenario.seconds(60);
    expect(task(scenario, arn).containers[0].managedAgents).toMatchObject([{ lastStatus: 'STOPPED' }]);
    expect(refusalOf(() => execute(scenario, arn))).toBe(notEnabled);
  });

  it('does not reach an agent whose task role may not speak to Session Manager', () => {
    const scenario = scenarioWith();
    const arn = launch(scenario, true);
    scenario.seconds(60);
    const iam = scenario.world.service<{ roles: Record<string, { denied: string[] }> }>('aws-global', 'iam');
    iam.roles['ecsTaskExecutionRole']?.denied.push('ssmmessages');
    expect(refusalOf(() => execute(scenario, arn))).toBe(
      'TargetNotConnectedException: The execute command failed due to an internal error. Try again later.',
    );
  });

  it.each([
    { input: { interactive: false }, text: /^InvalidParameterException: Only interactive/ },
    { input: { container: 'nobody' }, text: /^InvalidParameterException: The container nobody/ },
    { input: { task: 'gone' }, text: /^InvalidParameterException: The referenced task was not found/ },
    { input: { cluster: 'gone' }, text: /^ClusterNotFoundException/ },
  ])('is refused: $text', ({ input, text }) => {
    const scenario = scenarioWith();
    const arn = launch(scenario, true);
    scenario.seconds(60);
    expect(refusalOf(() => execute(scenario, arn, input))).toMatch(text);
  });

  it('is refused in a task that is on its way out, and its sessions end with the container', () => {
    const scenario = scenarioWith();
    const arn = launch(scenario, true);
    scenario.seconds(60);
    execute(scenario, arn);
    expect(scenario.call('DescribeSessions', { State: 'Active' }, 'ssm').Sessions).toHaveLength(1);
    scenario.call('StopTask', { cluster: 'shop', task: arn });
    expect(refusalOf(() => execute(scenario, arn))).toMatch(/The task is not running/);
    scenario.seconds(60);
    expect(scenario.call('DescribeSessions', { State: 'Active' }, 'ssm').Sessions).toHaveLength(0);
    expect(scenario.call('DescribeSessions', { State: 'History' }, 'ssm').Sessions).toMatchObject([
      { Status: 'Terminated', DocumentName: 'AmazonECS-ExecuteInteractiveCommand' },
    ]);
  });

  it('cannot be switched on without a task role', () => {
    const scenario = scenarioWith({}, {});
    const text = 'because a valid taskRoleArn is not being used. Specify a valid task role in your task definition';
    expect(refusalOf(() => launch(scenario, true))).toContain(text);
    const service = {
      cluster: 'shop',
      serviceName: 'api',
      taskDefinition: 'api',
      desiredCount: 1,
      networkConfiguration: network,
    };
    expect(refusalOf(() => scenario.call('CreateService', { ...service, enableExecuteCommand: true }))).toContain(text);
    scenario.call('CreateService', service);
    const change = { cluster: 'shop', service: 'api', enableExecuteCommand: true };
    expect(refusalOf(() => scenario.call('UpdateService', change))).toContain(
      `The service couldn't be updated ${text}`,
    );
  });

  it('is a setting that a service keeps, and its new tasks get', () => {
    const scenario = scenarioWith();
    scenario.call('CreateService', {
      cluster: 'shop',
      serviceName: 'api',
      taskDefinition: 'api',
      desiredCount: 1,
      networkConfiguration: network,
    });
    scenario.seconds(60);
    const tasks = () =>
      scenario
        .call('ListTasks', { cluster: 'shop', serviceName: 'api' })
        .taskArns.map((arn: string) => task(scenario, arn).enableExecuteCommand);
    scenario.call('UpdateService', { cluster: 'shop', service: 'api', enableExecuteCommand: true });
    expect(scenario.call('DescribeServices', { cluster: 'shop', services: ['api'] }).services[0]).toMatchObject({
      enableExecuteCommand: true,
    });
    scenario.seconds(60);
    expect(tasks()).toEqual([false]);
    scenario.call('UpdateService', { cluster: 'shop', service: 'api', forceNewDeployment: true });
    scenario.seconds(300);
    expect(tasks()).toEqual([true]);
  });
});

describe('StartSession', () => {
  const parameters = { host: ['127.0.0.1'], portNumber: ['5432'], localPortNumber: ['0'] };
  const start = (scenario: Scenario, input: object) =>
    scenario.call(
      'StartSession',
      { DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost', Parameters: parameters, ...input },
      'ssm',
    );
  const ready = () => {
    const scenario = scenarioWith();
    const arn = launch(scenario, true);
    scenario.seconds(60);
    const { runtimeId } = task(scenario, arn).containers[0];
    return { scenario, Target: `ecs:shop_${arn.split('/').at(-1)}_${runtimeId}` };
  };

  it('opens a tunnel through a container whose agent runs', () => {
    const { scenario, Target } = ready();
    expect(start(scenario, { Target })).toMatchObject({ StreamUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:/) });
    expect(scenario.world.state.timeline.at(-1)).toMatchObject({ kind: 'state', to: 'Connected', region });
  });

  it.each([
    { input: { Target: 'ecs:shop_0_1-1' }, text: 'TargetNotConnected: ecs:shop_0_1-1 is not connected.' },
    { input: { Target: 'i-0123' }, text: 'TargetNotConnected: i-0123 is not connected.' },
    { input: { DocumentName: 'AWS-StartSSHSession' }, text: /^InvalidDocument/ },
    { input: { Parameters: { portNumber: ['5432'] } }, text: /^InvalidParameters: Parameter host/ },
    { input: { Parameters: { ...parameters, portNumber: ['x'] } }, text: /^InvalidParameters: Parameter portNumber/ },
  ])('is refused: $text', ({ input, text }) => {
    const { scenario, Target } = ready();
    const refusal = refusalOf(() => start(scenario, { Target, ...input }));
    if (typeof text === 'string') expect(refusal).toBe(text);
    else expect(refusal).toMatch(text);
  });
});
