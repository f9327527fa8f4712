import { afterEach, describe, expect, it } from 'vitest';
import type { Block } from '../../src/lib/logs/model.js';
import type { LogsOptions } from '../../src/lib/logs/open-logs.js';
import { messages, reading, region, search, tail, write } from '../helpers/logs-rig.js';
import { createRig, type Rig, type RigOptions } from '../operations/sandbox-rig.js';

let rig: Rig | undefined;
afterEach(() => rig?.dispose());

const asleep = (...names: readonly string[]): RigOptions => ({
  services: names.map((name) => ({ name, desiredCount: 0 })),
});

const rigWith = async (options: RigOptions): Promise<Rig> => {
  rig = await createRig(options);
  return rig;
};

/** Time passes until everything written is visible. */
const settle = (of: Rig): Promise<void> => of.drive(of.clocks.service.sleep(10_000));

const calls = (of: Rig, operation: string): number =>
  of.world.state.timeline.filter((entry) => entry.kind === 'call' && entry.operation === operation).length;

interface Definition {
  readonly containerDefinitions: { readonly name: string; logConfiguration?: object }[];
}

const definitionsOf = (of: Rig): readonly Definition[] => {
  const { families } = of.world.service<{ families: Record<string, { revisions: Record<string, Definition> }> }>(
    region,
    'ecs',
  );
  return Object.values(families).flatMap(({ revisions }) => Object.values(revisions));
};

describe('a search', () => {
  it('merges services in order of time, oldest or newest first, as many as asked for', async () => {
    const of = await rigWith(asleep('api', 'web'));
    for (let index = 0; index < 6; index += 1) {
      write(of, index % 2 === 0 ? 'api' : 'web', [`line ${index}`]);
      await of.drive(of.clocks.service.sleep(1_000));
    }
    await settle(of);
    const [all, newest, some] = [reading(), reading(), reading()];
    const report = await of.drive(search(of, all));
    expect(messages(all)).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    expect(all.events.map(({ origin }) => origin.service)).toEqual(['api', 'web', 'api', 'web', 'api', 'web']);
    expect(report).toMatchObject({ result: { read: 6, shown: 6, cut: false }, lines: [] });
    expect((await of.drive(search(of, newest, { order: 'newest-first', limit: 2 }))).result.cut).toBe(true);
    expect(messages(newest)).toEqual(['line 5', 'line 4']);
    await of.drive(search(of, some, { services: ['web'], limit: 2 }));
    expect(messages(some)).toEqual(['line 1', 'line 3']);
  });

  it('reads more pages than one, without losing or doubling an event', async () => {
    const of = await rigWith({ ...asleep('api'), limits: 'enforced' });
    for (let part = 0; part < 5; part += 1)
      write(
        of,
        'api',
        Array.from({ length: 8_000 }, (_, index) => `n${part * 8_000 + index}`),
        `api/api/t${part}`,
      );
    await settle(of);
    const into = reading();
    await of.drive(search(of, into));
    // The rings keep ten thousand a stream; eight thousand each fit.
    expect(into.events.length).toBe(40_000);
    expect(new Set(messages(into)).size).toBe(40_000);
    const backwards = reading();
    await of.drive(search(of, backwards, { order: 'newest-first' }));
    expect(backwards.events.length).toBe(40_000);
  });

  it('keeps stack traces together in either direction, also over filters', async () => {
    const of = await rigWith(asleep('api'));
    const trace = ['Error: no stock', '    at ship (/app/orders.js:4:1)', '    at run (/app/server.js:9:3)'];
    write(of, 'api', ['{"level":"info","msg":"ready"}', ...trace, '{"level":"info","msg":"next"}']);
    await settle(of);
    for (const order of ['oldest-first', 'newest-first'] as const) {
      const into = reading();
      await of.drive(search(of, into, { order, level: 'error' }));
      expect(messages(into), order).toEqual(trace);
      expect(into.blocks).toHaveLength(1);
    }
  });

  it("leaves CloudWatch's own pattern to CloudWatch", async () => {
    const of = await rigWith(asleep('api'));
    write(of, 'api', ['{"status":200}', '{"status":503}']);
    await settle(of);
    const into = reading();
    const { result } = await of.drive(search(of, into, { filter: '{ $.status >= 500 }' }));
    expect(messages(into)).toEqual(['{"status":503}']);
    expect(result.read).toBe(1);
  });

  it('that finds nothing says where it looked', async () => {
    const of = await rigWith(asleep('api'));
    const report = await of.drive(search(of, reading(), { since: '10m' }));
    expect(report.exitCode ?? 0).toBe(0);
    expect(report.warnings?.[0]?.message).toMatch(
      /no events between 2026-11-23T11:5.* and 2026-11-23T12:0.* in \/ecs\/shop-staging-api/,
    );
  });

  it('goes on without a group that is missing, says so, and ends with 5 only when none is there', async () => {
    const of = await rigWith(asleep('api', 'web'));
    write(of, 'web', ['here']);
    await settle(of);
    delete (of.world.service(region, 'logs') as { groups: Record<string, unknown> }).groups['/ecs/shop-staging-api'];
    const into = reading();
    const report = await of.drive(search(of, into));
    expect(messages(into)).toEqual(['here']);
    expect(report.exitCode ?? 0).toBe(0);
    expect(into.notices).toMatchObject([
      {
        code: 'W_LOG_GROUP_MISSING',
        message: expect.stringContaining('api: there is no log group /ecs/shop-staging-api'),
      },
    ]);
    expect(await of.drive(search(of, reading(), { services: ['api'] }))).toMatchObject({
      exitCode: 5,
      error: { code: 'E_NOT_FOUND' },
    });
  });

  it('without permission ends with 4 and names the action', async () => {
    const of = await rigWith(asleep('api'));
    of.fault({ kind: 'deny', operation: 'logs:FilterLogEvents' });
    await expect(of.drive(search(of, reading()))).rejects.toMatchObject({
      exitCode: 4,
      hints: [expect.stringContaining('logs:FilterLogEvents')],
    });
  });

  it('is slowed by throttles and failures, not broken', async () => {
    const of = await rigWith({ ...asleep('api'), limits: 'enforced' });
    for (let stream = 0; stream < 6; stream += 1)
      write(
        of,
        'api',
        Array.from({ length: 9_000 }, (_, index) => `s${stream} n${index}`),
        `api/api/t${stream}`,
      );
    await settle(of);
    of.fault({ kind: 'throttle', operation: 'logs:FilterLogEvents', percent: 40 });
    of.fault({ kind: 'fail', operation: 'logs:FilterLogEvents', percent: 20 });
    const into = reading();
    const { result } = await of.drive(search(of, into));
    expect(into.events.length).toBe(54_000);
    expect(new Set(messages(into)).size).toBe(54_000);
    expect(result.throttled).toBeGreaterThan(0);
    expect(into.notices.filter(({ code }) => code === 'W_THROTTLED').length).toBeLessThanOrEqual(1);
  });

  it('gives up on an AWS that does not answer, with 13', async () => {
    const of = await rigWith(asleep('api'));
    of.fault({ kind: 'drop', operation: 'logs:FilterLogEvents' });
    await expect(of.drive(search(of, reading()))).rejects.toMatchObject({ exitCode: 13 });
  });

  it('waits for its writer before it reads on', async () => {
    const of = await rigWith(asleep('api'));
    for (let stream = 0; stream < 8; stream += 1)
      write(
        of,
        'api',
        Array.from({ length: 9_000 }, () => 'x'.repeat(100)),
        `api/api/t${stream}`,
      );
    await settle(of);
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const before = calls(of, 'FilterLogEvents');
    const into = reading();
    const work = of.drive(tail(of, into, { how: 'once', options: { since: '1h' }, write: () => blocked }));
    for (let turn = 0; turn < 300; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // The page that is being written, and the one asked for meanwhile.
    expect(calls(of, 'FilterLogEvents') - before).toBeLessThanOrEqual(2);
    release();
    await work;
    expect(into.events.length).toBe(72_000);
    expect(calls(of, 'FilterLogEvents') - before).toBeGreaterThan(6);
  });
});

describe('where lines come from', () => {
  it('is said for drivers that are not CloudWatch, per container, while the others are read', async () => {
    const of = await rigWith(asleep('api', 'web'));
    for (const definition of definitionsOf(of))
      for (const container of definition.containerDefinitions)
        if (container.name === 'web')
          container.logConfiguration = {
            logDriver: 'awsfirelens',
            options: { Name: 'datadog', Host: 'http-intake.logs.datadoghq.eu', apikey: 'S3CRET' },
          };
    write(of, 'api', ['here']);
    await settle(of);
    const into = reading();
    const { result } = await of.drive(search(of, into));
    expect(messages(into)).toEqual(['here']);
    expect(into.notices).toEqual([
      {
        code: 'W_LOGS_ELSEWHERE',
        message:
          'web: the logs of container web are not in CloudWatch; they go to Datadog at http-intake.logs.datadoghq.eu, through FireLens',
      },
    ]);
    expect(result.elsewhere).toMatchObject([{ service: 'web', container: 'web', driver: 'awsfirelens' }]);
    expect(result.groups.map(({ group }) => group)).toEqual(['/ecs/shop-staging-api']);
  });

  it('falls back to the configured group for a service that ECS lacks, or that we may not look at', async () => {
    const of = await rigWith(asleep('api'));
    write(of, 'api', ['here']);
    await settle(of);
    of.fault({ kind: 'deny', operation: 'ecs:DescribeServices' });
    const into = reading();
    await of.drive(search(of, into));
    expect(messages(into)).toEqual(['here']);
    expect(into.notices).toMatchObject([{ code: 'W_SERVICES_UNKNOWN' }]);
  });
});

describe('a tail', () => {
  it('shows the last lines over all services, oldest of them first', async () => {
    const of = await rigWith(asleep('api', 'web'));
    for (let index = 0; index < 10; index += 1) {
      write(of, index % 2 === 0 ? 'api' : 'web', [`line ${index}`]);
      await of.drive(of.clocks.service.sleep(500));
    }
    await settle(of);
    const into = reading();
    await of.drive(tail(of, into, { how: 'once', options: { limit: 3 } }));
    expect(messages(into)).toEqual(['line 7', 'line 8', 'line 9']);
  });

  const followed = async (
    of: Rig,
    how: 'follow' | 'live',
    during: () => Promise<void>,
    options: Partial<LogsOptions> = {},
  ) => {
    const into = reading();
    const script = async (): Promise<void> => {
      await of.clocks.service.sleep(5_000);
      await during();
      await of.clocks.service.sleep(30_000);
      into.stop.abort('SIGINT');
    };
    const [report] = await of.drive(Promise.all([tail(of, into, { how, options }), script()]));
    return { into, report };
  };

  it.each([
    'follow',
    'live',
  ] as const)('that goes on (%s) begins with the last lines and has no gap and no double', async (how) => {
    const of = await rigWith(asleep('api'));
    write(of, 'api', ['a', 'b', 'c']);
    await settle(of);
    write(of, 'api', ['on its way']);
    const { into, report } = await followed(
      of,
      how,
      async () => {
        write(of, 'api', ['d']);
        write(of, 'api', ['e'], 'api/api/new-task');
      },
      { limit: 2 },
    );
    expect(messages(into)).toEqual(['b', 'c', 'on its way', 'd', 'e']);
    expect(report.exitCode).toBe(130);
    expect(report.error).toBeUndefined();
  });

  it('picks up a log group that a deployment brings', async () => {
    const of = await rigWith(asleep('api'));
    const { putLogLines, createLogGroup } = await import('../../src/lib/sandbox/services/logs/store.js');
    const { RegisterTaskDefinitionCommand, UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
    const [template] = definitionsOf(of);
    const { into } = await followed(of, 'follow', async () => {
      createLogGroup(of.world, region, '/ecs/other');
      const client = await of.clients.write('ecs');
      const registered = await client.send(
        new RegisterTaskDefinitionCommand({
          ...(template as object),
          family: 'shop-staging-api',
          containerDefinitions: (template?.containerDefinitions ?? []).map((container) => ({
            ...container,
            logConfiguration: {
              logDriver: 'awslogs',
              options: { 'awslogs-group': '/ecs/other', 'awslogs-region': region, 'awslogs-stream-prefix': 'api' },
            },
          })),
        }),
      );
      await client.send(
        new UpdateServiceCommand({
          cluster: 'shop-staging',
          service: 'shop-staging-api',
          taskDefinition: registered.taskDefinition?.taskDefinitionArn,
        }),
      );
      await of.clocks.service.sleep(35_000);
      putLogLines(of.world, region, { group: '/ecs/other', stream: 'api/api/t9', lines: ['from the new group'] });
    });
    expect(messages(into)).toContain('from the new group');
  });

  it('tells of deployments and stopped tasks in the same timeline', async () => {
    const of = await rigWith({ services: [{ name: 'api', desiredCount: 1, port: 3000 }] });
    const { StopTaskCommand, ListTasksCommand } = await import('@aws-sdk/client-ecs');
    const { into } = await followed(
      of,
      'follow',
      async () => {
        const client = await of.clients.write('ecs');
        const { taskArns = [] } = await client.send(new ListTasksCommand({ cluster: 'shop-staging' }));
        await client.send(new StopTaskCommand({ cluster: 'shop-staging', task: taskArns[0], reason: 'test stop' }));
        await of.clocks.service.sleep(120_000);
      },
      { events: 'with' },
    );
    const told = into.events.filter(({ kind }) => kind === 'event').map(({ message }) => message);
    expect(told.filter((message) => /^task .* stopped: test stop/.test(message))).toHaveLength(1);
    expect(told.some((message) => message.includes('deployment'))).toBe(true);
    expect(new Set(into.events.map(({ id }) => id)).size).toBe(into.events.length);
  });

  it('by live tail says its price first, and once when AWS sends a sample', async () => {
    const of = await rigWith(asleep('api'));
    const { into } = await followed(of, 'live', async () => {
      for (let round = 0; round < 3; round += 1) {
        write(
          of,
          'api',
          Array.from({ length: 900 }, (_, index) => `r${round} n${index}`),
        );
        await of.clocks.service.sleep(1_000);
      }
    });
    expect(into.notices[0]?.message).toContain('$0.01 a minute');
    expect(into.notices.filter(({ code }) => code === 'W_LIVE_SAMPLED').length).toBeGreaterThan(0);
  });

  it('by live tail goes on after three hours without a gap', async () => {
    const of = await rigWith(asleep('api'));
    let count = 0;
    const { into } = await followed(of, 'live', async () => {
      const end = of.clocks.service.now() + 3 * 3_600_000 + 120_000;
      while (of.clocks.service.now() < end) {
        // Dense around the end of the session, sparse before.
        const isNear = Math.abs(end - 120_000 - of.clocks.service.now()) < 60_000;
        await of.clocks.service.sleep(isNear ? 300 : 60_000);
        write(of, 'api', [`n${count++}`]);
      }
    });
    expect(messages(into)).toEqual(Array.from({ length: count }, (_, index) => `n${index}`));
    expect(calls(of, 'StartLiveTail')).toBe(2);
  }, 120_000);

  it('never has more than the writer has room for', async () => {
    const of = await rigWith(asleep('api'));
    let isBusy = false;
    const into = reading();
    const write1 = async (blocks: readonly Block[]): Promise<void> => {
      expect(isBusy, 'two writes at once').toBe(false);
      isBusy = true;
      await of.clocks.service.sleep(blocks.length > 0 ? 2_000 : 0);
      isBusy = false;
    };
    const script = async (): Promise<void> => {
      for (let index = 0; index < 40; index += 1) {
        write(of, 'api', [`n${index}`]);
        await of.clocks.service.sleep(1_000);
      }
      await of.clocks.service.sleep(60_000);
      into.stop.abort('SIGINT');
    };
    await of.drive(Promise.all([tail(of, into, { how: 'follow', options: { limit: 0 }, write: write1 }), script()]));
    expect(messages(into)).toEqual(Array.from({ length: 40 }, (_, index) => `n${index}`));
  });
});
