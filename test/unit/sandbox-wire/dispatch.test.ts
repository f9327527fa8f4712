import {
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../../src/lib/sandbox/dispatch.js';
import type { Fault, FaultCall } from '../../../src/lib/sandbox/fault-plan.js';
import { AwsError, type ServiceModule } from '../../../src/lib/sandbox/service.js';
import { textToBytes, type WireRequest } from '../../../src/lib/sandbox/wire/message.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { inProcessConfig } from '../../helpers/sandbox-client.js';

interface EcsState {
  updates: number;
}

const ecsModule: ServiceModule = {
  id: 'ecs',
  signingName: 'ecs',
  target: 'AmazonEC2ContainerServiceV20141113',
  loadSchema: () => import('@aws-sdk/client-ecs'),
  initial: (): EcsState => ({ updates: 0 }),
  limits: [{ operations: ['UpdateService'], perSecond: 2, burst: 3, code: 'ThrottlingException' }],
  operations: {
    DescribeServices: () => ({ services: [] }),
    UpdateService: (input: { cluster?: string }, { world, region }) => {
      if (input.cluster === 'gone') throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
      world.service<EcsState>(region, 'ecs').updates++;
      return {};
    },
    RegisterTaskDefinition: () => ({ taskDefinition: { registeredAt: 'not a date' } }),
  },
};

const elbModule: ServiceModule = {
  id: 'elbv2',
  signingName: 'elasticloadbalancing',
  loadSchema: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  initial: () => ({}),
  operations: {
    DescribeTargetGroups: () => {
      throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found');
    },
  },
};

const setUp = (options: Partial<DispatcherOptions> = {}) => {
  const modules = [ecsModule, elbModule];
  const world = new World(modules, { now: 1_800_000_000_000, sandboxId: 'test' });
  const dispatcher = createDispatcher({ world, modules, ...options });
  return {
    world,
    dispatcher,
    ecs: new ECSClient(inProcessConfig(dispatcher)),
    elb: new ElasticLoadBalancingV2Client(inProcessConfig(dispatcher)),
    updates: () => world.service<EcsState>('us-east-1', 'ecs').updates,
  };
};

const always = (fault: Fault) => {
  const calls: FaultCall[] = [];
  const waits: number[] = [];
  return {
    calls,
    waits,
    decide: (call: FaultCall): Fault => {
      calls.push(call);
      return fault;
    },
    wait: async (delayMs: number): Promise<void> => {
      waits.push(delayMs);
    },
  };
};

const update = new UpdateServiceCommand({ cluster: 'main', service: 'api', desiredCount: 3 });

const raw = (dispatcher: Dispatcher, change: Partial<WireRequest> & { readonly text?: string }) =>
  dispatcher.handle({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {
      'x-amz-target': 'AmazonEC2ContainerServiceV20141113.UpdateService',
      'content-type': 'application/x-amz-json-1.1',
      authorization:
        'AWS4-HMAC-SHA256 Credential=dummy/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: textToBytes(change.text ?? '{}'),
    signal: new AbortController().signal,
    ...change,
  });

const errorOf = async (dispatcher: Dispatcher, text: string): Promise<Record<string, unknown>> => {
  const { body } = await raw(dispatcher, { text });
  return JSON.parse(new TextDecoder().decode(body as Uint8Array)) as Record<string, unknown>;
};

describe('the timeline', () => {
  it('has each call with who made it, its outcome and small ids only', async () => {
    const { world, ecs } = setUp();
    await ecs.send(update);
    await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['api'] }));
    await expect(ecs.send(new UpdateServiceCommand({ cluster: 'gone', service: 'api' }))).rejects.toThrow();
    expect(world.state.timeline).toMatchObject([
      {
        kind: 'call',
        region: 'us-east-1',
        service: 'ecs',
        operation: 'UpdateService',
        mutating: true,
        status: 200,
        summary: { cluster: 'main', service: 'api', desiredCount: 3 },
      },
      { operation: 'DescribeServices', mutating: false, status: 200 },
      { operation: 'UpdateService', mutating: true, status: 400, error: 'ClusterNotFoundException' },
    ]);
    expect(world.state.timeline[0]).toMatchObject({ caller: expect.stringMatching(/^sandbox aws-sdk-js\//) });
  });

  it('never has a secret of a task definition', async () => {
    const { world, ecs } = setUp();
    const environment = [{ name: 'PASSWORD', value: 'planted-secret' }];
    const register = new RegisterTaskDefinitionCommand({
      family: 'api',
      containerDefinitions: [{ name: 'app', environment }],
    });
    await expect(ecs.send(register)).rejects.toThrow();
    expect(JSON.stringify(world.state.timeline)).not.toContain('planted-secret');
    expect(world.state.timeline).toMatchObject([{ summary: { family: 'api' } }]);
  });

  it('shows the app id of a caller that has one', async () => {
    const { world, dispatcher } = setUp();
    const ecs = new ECSClient({ ...inProcessConfig(dispatcher), userAgentAppId: 'platform-run-1' });
    await ecs.send(update);
    expect(world.state.timeline).toMatchObject([{ caller: 'sandbox platform-run-1' }]);
  });

  it('does not use up the random numbers of the world', async () => {
    const { world, ecs } = setUp();
    const before = world.state.random;
    await ecs.send(update);
    expect(world.state.random).toBe(before);
  });
});

describe('what AWS refuses', () => {
  it('is a typed error of the client, with the query code where the protocol is a query', async () => {
    const { ecs, elb, dispatcher } = setUp();
    const { ClusterNotFoundException } = await import('@aws-sdk/client-ecs');
    const { TargetGroupNotFoundException } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const refused = ecs.send(new UpdateServiceCommand({ cluster: 'gone', service: 'api' }));
    await expect(refused).rejects.toBeInstanceOf(ClusterNotFoundException);
    await expect(elb.send(new DescribeTargetGroupsCommand({}))).rejects.toBeInstanceOf(TargetGroupNotFoundException);
    const answer = await raw(dispatcher, {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          'AWS4-HMAC-SHA256 Credential=dummy/20260101/eu-west-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0',
      },
      text: 'Action=DescribeTargetGroups&Version=2015-12-01',
    });
    expect(new TextDecoder().decode(answer.body as Uint8Array)).toContain('<Code>TargetGroupNotFound</Code>');
  });

  it('includes requests without a required member', async () => {
    const { dispatcher } = setUp();
    expect(await errorOf(dispatcher, '{}')).toEqual({
      __type: 'InvalidParameterException',
      message:
        "1 validation error detected: Value null at 'service' failed to satisfy constraint: Member must not be null",
    });
    const nested = {
      service: 'api',
      networkConfiguration: { awsvpcConfiguration: {} },
      loadBalancers: [{}],
      serviceRegistries: null,
    };
    expect((await errorOf(dispatcher, JSON.stringify(nested)))['message']).toContain(
      "'networkConfiguration.awsvpcConfiguration.subnets'",
    );
  });

  it.each([
    ['not json', 'is not valid JSON'],
    ['[]', 'is not an object'],
    ['{"service":7}', 'service is not a string'],
    ['{"service":"a","desiredCount":"3"}', 'desiredCount is not a number'],
    ['{"service":"a","loadBalancers":{}}', 'loadBalancers is not a list'],
  ])('includes the malformed body %s', async (text, problem) => {
    const { dispatcher, updates } = setUp();
    const error = await errorOf(dispatcher, text);
    expect(error['__type']).toBe('SerializationException');
    expect(error['message']).toContain(problem);
    expect(updates()).toBe(0);
  });

  it('does not include the sandbox’s own mistakes: those are 500 and say where', async () => {
    const { ecs } = setUp();
    const register = new RegisterTaskDefinitionCommand({ family: 'api', containerDefinitions: [] });
    await expect(ecs.send(register)).rejects.toMatchObject({
      name: 'InternalFailure',
      message: "the sandbox's answer is wrong: taskDefinition.registeredAt is not a Date",
      $metadata: { httpStatusCode: 500 },
    });
  });
});

describe('rate limits', () => {
  const burst = async (ecs: ECSClient, count: number): Promise<number> => {
    let refused = 0;
    for (let index = 0; index < count; index++) {
      await ecs.send(update).catch((error: Error) => {
        expect(error.name).toBe('ThrottlingException');
        refused++;
      });
    }
    return refused;
  };

  it('refuse beyond the burst and refill in AWS time', async () => {
    const { world, ecs, updates } = setUp();
    expect(await burst(ecs, 5)).toBe(2);
    expect(updates()).toBe(3);
    world.advance(500);
    expect(await burst(ecs, 2)).toBe(1);
    world.advance(60_000);
    expect(await burst(ecs, 4)).toBe(1);
  });

  it('are counted per region and kept by a snapshot', async () => {
    const { world, ecs, dispatcher } = setUp();
    await burst(ecs, 3);
    const elsewhere = new ECSClient({ ...inProcessConfig(dispatcher), region: 'eu-west-1' });
    expect(await burst(elsewhere, 3)).toBe(0);
    world.restore(world.snapshot());
    expect(await burst(ecs, 1)).toBe(1);
  });

  it('can be switched off', async () => {
    const { ecs } = setUp({ limits: 'off' });
    expect(await burst(ecs, 20)).toBe(0);
  });
});

describe('faults', () => {
  const outcome = async (fault: Fault) => {
    const faults = always(fault);
    const { ecs, updates, world } = setUp({ faults });
    const error = await ecs.send(update).then(
      () => undefined,
      (caught: Error & { code?: string; $metadata?: { httpStatusCode?: number } }) => caught,
    );
    return { error, applied: updates(), timeline: world.state.timeline, faults };
  };

  it.each([
    [{ kind: 'none' }, undefined, 1],
    [{ kind: 'throttle' }, 'ThrottlingException', 0],
    [{ kind: 'deny' }, 'AccessDeniedException', 0],
    [{ kind: 'expired-credentials' }, 'ExpiredTokenException', 0],
    [{ kind: 'error-before' }, 'ServerException', 0],
    [
      { kind: 'error-before', code: 'ServiceNotActiveException', message: 'Service was not ACTIVE.' },
      'ServiceNotActiveException',
      0,
    ],
    [{ kind: 'error-after-write' }, 'ServerException', 1],
  ] as const)('%j ends in %s with %i updates applied', async (fault, name, applied) => {
    const found = await outcome(fault);
    expect(found.error?.name).toBe(name);
    expect(found.applied).toBe(applied);
    expect(found.timeline).toHaveLength(1);
  });

  it('error-after-write is a 500, which retrying clients send again', async () => {
    expect((await outcome({ kind: 'error-after-write' })).error?.$metadata?.httpStatusCode).toBe(500);
  });

  it.each([
    [{ kind: 'lose-answer' }, 1, 'AnswerLost'],
    [{ kind: 'drop-request' }, 0, 'RequestDropped'],
  ] as const)('%j is a network error with %i updates applied', async (fault, applied, error) => {
    const found = await outcome(fault);
    expect(found.error?.code).toBe('ECONNRESET');
    expect(found.applied).toBe(applied);
    expect(found.timeline).toMatchObject([{ status: 0, error }]);
  });

  it('delay waits before the handler', async () => {
    const { faults, applied } = await outcome({ kind: 'delay', delayMs: 1_500 });
    expect(faults.waits).toEqual([1_500]);
    expect(applied).toBe(1);
  });

  it('are asked with what the timeline shows of the call', async () => {
    const { faults } = await outcome({ kind: 'none' });
    expect(faults.calls).toEqual([
      {
        service: 'ecs',
        operation: 'UpdateService',
        region: 'us-east-1',
        mutating: true,
        accessKeyId: 'sandbox',
        summary: { cluster: 'main', service: 'api', desiredCount: 3 },
      },
    ]);
  });
});

describe('loading', () => {
  it('reads the schema of a service at its first request only', async () => {
    let loads = 0;
    const counted: ServiceModule = {
      ...ecsModule,
      loadSchema: async () => {
        loads++;
        return import('@aws-sdk/client-ecs');
      },
    };
    const world = new World([counted], { now: 0, sandboxId: 'test' });
    const dispatcher = createDispatcher({ world, modules: [counted] });
    expect(loads).toBe(0);
    const ecs = new ECSClient(inProcessConfig(dispatcher));
    await Promise.all([ecs.send(update), ecs.send(update)]);
    expect(loads).toBe(1);
  });
});
