import { describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../src/lib/aws/clients.js';
import { createEcsGateway, type TaskRequest } from '../../../src/lib/aws/ecs.js';
import { type Placement, toPlacement } from '../../../src/lib/aws/ecs-model.js';
import { ActionError, type ActionIo } from '../../../src/lib/engine/action.js';
import { runTask } from '../../../src/lib/runtimes/ecs/actions/run-task.js';
import type { EcsPorts } from '../../../src/lib/runtimes/ecs/ports.js';

const fargate: Placement = {
  network: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
  launchType: 'FARGATE',
  capacityProviders: [],
  platformVersion: '1.4.0',
};

const request = (placement: Placement): TaskRequest => ({
  cluster: 'shop',
  taskDefinition: 'shop-api:3',
  placement,
  container: 'api',
  command: ['node', 'migrate.js'],
  environment: {},
  startedBy: 'platform/1',
  clientToken: 'token',
});

/** A client that keeps what it was sent and gives one answer. */
const answering = (answer: object) => {
  const sent: Record<string, unknown>[] = [];
  const client = {
    send: async (command: { readonly input: Record<string, unknown> }) => {
      sent.push(command.input);
      return answer;
    },
  };
  const clients = { read: async () => client, write: async () => client } as unknown as AwsClients;
  return { sent, ecs: createEcsGateway(clients) };
};

describe('a task beside a service', () => {
  it('has its network, launch type and platform version', async () => {
    const { sent, ecs } = answering({ tasks: [], failures: [] });
    await ecs.runTask(request(fargate));
    expect(sent[0]).toMatchObject({
      count: 1,
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
    });
    expect(sent[0]).not.toHaveProperty('capacityProviderStrategy');
    expect(sent[0]).not.toHaveProperty('overrides.cpu');
  });

  it('never names a launch type and capacity providers at once: AWS refuses that', async () => {
    const { sent, ecs } = answering({ tasks: [], failures: [] });
    await ecs.runTask(request({ ...fargate, capacityProviders: [{ name: 'FARGATE_SPOT', weight: 1, base: 0 }] }));
    expect(sent[0]).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }],
    });
    expect(sent[0]).not.toHaveProperty('launchType');
  });

  it('on EC2 in bridge mode has no network of its own', async () => {
    const bridge = toPlacement({ launchType: 'EC2' });
    expect(bridge).toEqual({ network: null, launchType: 'EC2', capacityProviders: [], platformVersion: null });
    const { sent, ecs } = answering({ tasks: [], failures: [] });
    await ecs.runTask(request(bridge));
    expect(sent[0]).not.toHaveProperty('networkConfiguration');
    expect(sent[0]).not.toHaveProperty('platformVersion');
  });
});

describe('an answer of 200 without a task', () => {
  it('is a definite no, with the reason that AWS gives', async () => {
    const { ecs } = answering({ tasks: [], failures: [{ reason: 'RESOURCE:MEMORY', detail: 'no instance fits' }] });
    const io = { ports: { ecs }, key: 'run/step/1' } as unknown as ActionIo<EcsPorts>;
    const { clientToken: _token, ...input } = request(fargate);
    const started = runTask.start(io, { ...input, cpu: null, memory: null } as never, undefined as never);
    await expect(started).rejects.toBeInstanceOf(ActionError);
    await expect(started).rejects.toMatchObject({
      error: { code: 'not-placed', message: expect.stringContaining('RESOURCE:MEMORY: no instance fits') },
    });
  });
});
