import { afterEach, describe, expect, it } from 'vitest';
import type { StreamedLine } from '../../src/lib/cli/operation.js';
import type { Report } from '../../src/lib/cli/report.js';
import type { EngineEvent } from '../../src/lib/engine/api.js';
import { foldAll } from '../../src/lib/engine/fold.js';
import { registrable } from '../../src/lib/runtimes/ecs/registrable.js';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import { clearFaults } from '../../src/lib/sandbox/faults.js';
import { ecsState } from '../../src/lib/sandbox/services/ecs/state.js';
import { writeLines } from '../../src/lib/sandbox/services/log-sink.js';
import { prepareRun } from '../../src/lib/tasks/prepare-run.js';
import { runTaskSchema } from '../../src/lib/tasks/result-schema.js';
import { runKind } from '../../src/lib/tasks/run-kind.js';
import type { RunRequest, RunTaskResult } from '../../src/lib/tasks/run-types.js';
import { deploy, meanwhile, refusal, serviceRef, wait } from '../operations/deploy-scenario.js';
import { runRequest } from '../operations/run.js';
import { prepareIn, type RunSettings, runOperation, throughEngine } from '../operations/run-operation.js';
import { createRig, logGroupOf, type Rig, type RigService } from '../operations/sandbox-rig.js';
import { databaseUrl, loseParameter } from '../operations/scale.js';

const region = 'eu-west-1';
const hourMs = 3_600_000;
const words = ['api', 'node', 'migrate.js'];

let rig: Rig;
afterEach(() => rig.dispose());

const open = async (
  services: readonly RigService[] = [{ name: 'api', desiredCount: 1, logs: true }],
): Promise<void> => {
  rig = await createRig({ services });
};

const prepare = async (overrides: Partial<RunRequest> = {}) =>
  (await prepareIn(rig, (ctx, at) => prepareRun(ctx, at, runRequest(words, overrides)))).operation;

const run = (overrides: Partial<RunRequest> = {}, settings: RunSettings = {}): Promise<Report<RunTaskResult>> =>
  runOperation(rig, (ctx, at) => prepareRun(ctx, at, runRequest(words, overrides)), settings);

const again = async (
  act: Parameters<typeof throughEngine>[2]['act'],
  settings: RunSettings = {},
): Promise<Report<RunTaskResult>> =>
  throughEngine<RunTaskResult>(rig, await rig.drive(rig.target()), { kind: runKind, act, settings });

const resume = (report: Report<RunTaskResult>, settings: RunSettings = {}): Promise<Report<RunTaskResult>> =>
  again((engine, options) => engine.resume(report.runId ?? '', options), settings);

const undo = (report: Report<RunTaskResult>): Promise<Report<RunTaskResult>> =>
  again((engine, options) => engine.undo(report.runId ?? '', { ...options, by: 'tester' }));

const ownTasks = () =>
  Object.values(ecsState({ world: rig.world, region }).tasks).filter((task) => task.startedBy?.startsWith('platform/'));

const calls = (operation: string): number =>
  rig.world.state.timeline.filter((entry) => entry.kind === 'call' && entry.operation === operation).length;

/** The lines that a person would have seen, and something to do at the first look at the task, or at it running. */
const watching = (act: (taskId: string) => void = () => undefined, when: 'running' | 'at-once' = 'running') => {
  const lines: StreamedLine[] = [];
  let begun = false;
  const onEvent = (event: EngineEvent): void => {
    if (event.kind !== 'progress') return;
    lines.push(...(runKind.streamed?.(event.view, event.progress) ?? []));
    const { status, task } = event.progress as { readonly status: string; readonly task: string };
    if (begun || (when === 'running' && status !== 'RUNNING')) return;
    begun = true;
    act(task);
  };
  return { lines, onEvent };
};

/** Ctrl-C at the first look at the running task. */
const interrupting = (): RunSettings => {
  const controller = new AbortController();
  return { onEvent: watching(() => controller.abort('SIGINT')).onEvent, interrupt: controller.signal };
};

describe('a command', () => {
  it('runs in one task beside the service, and its exit code is ours', async () => {
    await open();
    const seen = watching();
    const report = await run({}, seen);
    expect(report).toMatchObject({ exitCode: 0, passThrough: 0, lines: [] });
    expect(report.result).toMatchObject({ service: 'api', container: 'api', outcome: 'succeeded', exitCode: 0 });
    expect(report.result.containers).toEqual([{ name: 'api', exitCode: 0, reason: null }]);
    expect(seen.lines.map(({ text }) => text)).toEqual([expect.stringContaining('starting api seed')]);
    expect(report.result.logs.map(({ message }) => message)).toEqual(seen.lines.map(({ text }) => text));
    expect(rig.changes()).toEqual(['RunTask']);
    expect(runTaskSchema.parse(report.result)).toEqual(report.result);
  });

  it("has the service's network, launch type and definition, its own words, and the run's name", async () => {
    await open();
    const report = await run({ variables: ['LOG_LEVEL=debug'], cpu: 512, memory: 1024 });
    const [task] = ownTasks();
    const service = Object.values(ecsState({ world: rig.world, region }).services)[0];
    const placement = await rig.drive(rig.ports().ecs.placement(serviceRef('api')));
    expect(task?.overrides.containerOverrides).toEqual([
      { name: 'api', command: ['node', 'migrate.js'], environment: [{ name: 'LOG_LEVEL', value: 'debug' }] },
    ]);
    expect(task?.overrides).toMatchObject({ cpu: '512', memory: '1024' });
    expect(task?.startedBy).toBe(`platform/${report.runId}`);
    expect(task?.startedBy?.length).toBeLessThanOrEqual(36);
    expect(task?.taskDefinition).toBe(service?.taskDefinition);
    expect(placement?.network?.subnets).toContain(task?.network.subnet);
    expect(placement?.launchType).toBe('FARGATE');
  });

  it.each([
    ['fails', 'exit-3', 3],
    ['is killed for its memory', 'oom', 137],
  ])('that %s ends the run as failed, with its own exit code', async (_how, tag, code) => {
    await open();
    // The fault hangs on the tag of what is live.
    if (tag === 'oom') await failingRelease('v2-oom');
    else await failingRelease('v2-bad');
    const report = await run({ taskDefinition: 'latest' });
    expect(report.passThrough).toBe(tag === 'oom' ? code : 1);
    expect(report.exitCode).toBe(6);
    expect(report.error?.code).toBe('E_COMMAND_FAILED');
    expect(report.result.outcome).toBe('failed');
    expect(report.result.card?.cause).toBe(tag === 'oom' ? 'out-of-memory' : undefined);
  });

  it('whose container does not log with awslogs: says so, and still knows the exit code', async () => {
    await open();
    const { ecs } = rig.ports();
    const live = await rig.drive(ecs.taskDefinition('shop-staging-api'));
    const [container] = (live?.definition['containerDefinitions'] ?? []) as readonly object[];
    const logConfiguration = { logDriver: 'splunk', options: { 'splunk-url': 'https://logs.example.com' } };
    const definition = {
      ...registrable(live?.definition ?? {}),
      containerDefinitions: [{ ...container, logConfiguration }],
    };
    await rig.drive(ecs.registerTaskDefinition(definition, {}));
    expect((await prepare({ taskDefinition: 'latest' })).warnings.map(({ code }) => code)).toEqual(['logs-elsewhere']);
    const report = await run({ taskDefinition: 'latest' });
    expect(report).toMatchObject({ exitCode: 0, passThrough: 0, result: { logs: [] } });
  });

  it('waits for no deploy of the service, and no deploy for it', async () => {
    await open();
    expect((await prepare()).plan.locks).toEqual([{ kind: 'run', run: expect.any(String) }]);
    let deployed: Promise<unknown> | undefined;
    const { locks } = { locks: rig.ctx.locks((await rig.drive(rig.target())).target) };
    const seen = watching(() => {
      deployed = locks.read();
    });
    await run({}, seen);
    const row = (await deployed) as { readonly holders: readonly { readonly scope: { readonly kind: string } }[] };
    expect(row.holders.map(({ scope }) => scope.kind)).toEqual(['run']);
  });
});

/** Registered, failed, rolled back: the newest revision of the family, and not the live one. */
const failingRelease = async (tag: string): Promise<void> => {
  expect((await deploy(rig, tag)).exitCode).toBe(7);
  rig.world.state.timeline = [];
};

describe('its log', () => {
  const written = Array.from({ length: 9_000 }, (_, index) => `line ${index + 1}`);

  const writing = (lines: readonly string[]) =>
    watching((task) => {
      writeLines(rig.world, { region, group: logGroupOf('api'), stream: `api/api/${task}` }, [...lines]);
    }, 'at-once');

  it('arrives whole and in order, over throttled and broken reads', async () => {
    await open();
    rig.fault({ kind: 'throttle', operation: 'logs:GetLogEvents', percent: 30 });
    rig.fault({ kind: 'drop', operation: 'logs:GetLogEvents', percent: 20 });
    const seen = writing(written);
    const report = await run({}, seen);
    expect(report.exitCode).toBe(0);
    expect(seen.lines.map(({ text }) => text).filter((text) => text.startsWith('line'))).toEqual(written);
    expect(calls('GetLogEvents')).toBeGreaterThan(10);
    expect(report.result.logs).toHaveLength(50);
  });

  it('that ends late is waited for after the task has stopped', async () => {
    await open();
    const lines: string[] = [];
    let late = false;
    await run(
      {},
      {
        onEvent: (event) => {
          if (event.kind !== 'progress') return;
          lines.push(...(runKind.streamed?.(event.view, event.progress) ?? []).map(({ text }) => text));
          const { status, task } = event.progress as { readonly status: string; readonly task: string };
          if (late || status !== 'STOPPED') return;
          late = true;
          writeLines(rig.world, { region, group: logGroupOf('api'), stream: `api/api/${task}` }, ['its last words']);
        },
      },
    );
    expect(late).toBe(true);
    expect(lines.at(-1)).toBe('its last words');
  });

  it('that may not be read does not hide how the command ended', async () => {
    await open();
    rig.fault({ kind: 'deny', operation: 'logs:GetLogEvents' });
    const report = await run();
    expect(report).toMatchObject({ exitCode: 0, passThrough: 0 });
    expect(report.warnings?.map(({ code }) => code)).toEqual(['log-incomplete']);
  });

  it('is read from its beginning by the process that goes on', async () => {
    await open();
    const report = await run({}, interrupting());
    expect(report.exitCode).toBe(130);
    const seen = watching();
    expect((await resume(report, seen)).passThrough).toBe(0);
    expect(seen.lines[0]?.text).toContain('starting api seed');
  });

  it('keeps secrets out of the journal and of the report', async () => {
    await open();
    const seen = writing(['connecting to postgres://shop:hunter2hunter2@db/shop']);
    const report = await run({}, seen);
    expect(seen.lines.map(({ text }) => text).join()).toContain('hunter2hunter2');
    expect(JSON.stringify(report.result.logs)).toContain('postgres');
    expect(JSON.stringify(report.result)).not.toContain('hunter2hunter2');
    const at = await rig.drive(rig.target());
    const events = await rig.ctx.journals(at.target).read(report.runId ?? '');
    expect(JSON.stringify(events)).not.toContain('hunter2hunter2');
    expect(foldAll(events).state).toBe('succeeded');
  });
});

describe('a task that never starts', () => {
  it.each([
    ['a parameter that is gone', () => loseParameter(rig), 'secret-missing', databaseUrl],
    [
      'an image that is gone',
      () => breakEstate(rig.world, { kind: 'delete-image', region, target: 'shop-api:seed' }),
      'image-not-found',
      'shop-api:seed',
    ],
    [
      'a log group that is gone',
      () => breakEstate(rig.world, { kind: 'delete-log-group', region, target: logGroupOf('api') }),
      'log-group-missing',
      logGroupOf('api'),
    ],
  ] as const)('for %s: exit 6, with a card that names it', async (_what, lose, cause, name) => {
    await open();
    lose();
    const report = await run();
    expect(report.exitCode).toBe(6);
    expect(report.passThrough).toBeUndefined();
    expect(report.result).toMatchObject({ outcome: 'failed', exitCode: null, card: { cause } });
    expect(JSON.stringify(report.result.card)).toContain(name);
    const again = 'platform run api -e staging -- node migrate.js';
    if (cause !== 'image-not-found') expect(report.next?.map(({ command }) => command)).toContain(again);
  });
});

describe('one task, whatever happens to the call', () => {
  it.each([
    'lose-answer',
    'fail-after-write',
  ] as const)('%s of RunTask: the task is found, and not started again', async (kind) => {
    await open();
    rig.fault({ kind, operation: 'ecs:RunTask', count: 1 });
    expect(await run()).toMatchObject({ exitCode: 0, passThrough: 0 });
    expect(calls('RunTask')).toBe(1);
    expect(ownTasks()).toHaveLength(1);
  });

  it('drop of RunTask: it is looked for, then started once', async () => {
    await open();
    rig.fault({ kind: 'drop', operation: 'ecs:RunTask', count: 1 });
    expect((await run()).exitCode).toBe(0);
    expect(ownTasks()).toHaveLength(1);
  });

  it('throttled calls: slower, one task', async () => {
    await open();
    rig.fault({ kind: 'throttle', operation: '*', percent: 20 });
    expect((await run()).exitCode).toBe(0);
    expect(ownTasks()).toHaveLength(1);
  });

  it('credentials that expire while it runs: exit 4, and a resume follows the same task', async () => {
    await open();
    const expire = meanwhile(async () => rig.fault({ kind: 'expire-credentials', operation: '*', count: 60 }));
    const report = await run({}, expire);
    expect(report.exitCode).toBe(4);
    clearFaults(rig.world);
    expect(await resume(report)).toMatchObject({ exitCode: 0, passThrough: 0 });
    expect(ownTasks()).toHaveLength(1);
  });
});

describe('leaving', () => {
  it('by Ctrl-C lets the task go on: exit 130, and both ways on are named', async () => {
    await open();
    const report = await run({}, interrupting());
    expect(report.exitCode).toBe(130);
    expect(report.next?.map(({ command }) => command)).toEqual([
      `platform runs resume ${report.runId}`,
      `platform runs undo ${report.runId}`,
    ]);
    expect(ownTasks().map((task) => task.stop)).toEqual([undefined]);
    expect(await resume(report)).toMatchObject({ passThrough: 0 });
    expect(calls('RunTask')).toBe(1);
  });

  it('and undoing stops the task, and says that the command is not taken back', async () => {
    await open();
    const report = await run({}, interrupting());
    const undone = await undo(report);
    expect(undone.exitCode).toBe(0);
    expect(undone.passThrough).toBeUndefined();
    expect(undone.lines.join()).toContain('not taken back');
    expect(rig.changes()).toEqual(['RunTask', 'StopTask']);
    expect(ownTasks().map((task) => task.stage)).toEqual(['STOPPED']);
  });

  it('undoing a command that has ended stops nothing', async () => {
    await open();
    const report = await run();
    expect((await undo(report)).exitCode).toBe(0);
    expect(rig.changes()).toEqual(['RunTask']);
  });

  it('for so long that ECS has forgotten the task: exit 6, because nobody knows how it ended', async () => {
    await open();
    const report = await run({}, interrupting());
    wait(rig, 3 * hourMs);
    const late = await resume(report);
    expect(late).toMatchObject({ exitCode: 6, error: { message: expect.stringContaining('nobody knows') } });
  });

  it('because of --timeout: exit 10, and the task goes on', async () => {
    await open();
    const report = await run({ deadlineMs: 20_000 });
    expect(report.exitCode).toBe(10);
    expect(report.result.outcome).toBe('timed-out');
    wait(rig, 2 * 60_000);
    expect(await resume(report)).toMatchObject({ passThrough: 0 });
  });
});

describe('what is refused before anything starts', () => {
  it.each([
    ['no command', { words: ['api'] }, 2],
    ['no service', { words: [] }, 2],
    ['an unknown service', { words: ['ap', 'true'] }, 5],
    ['an unknown container', { container: 'sidecar' }, 5],
    ['a secret among the words', { words: ['api', 'psql', 'postgres://shop:hunter2hunter2@db/shop'] }, 3],
    ['a secret variable', { variables: ['API_TOKEN=abcdef123456'] }, 3],
    ["a variable that is one of the service's secrets", { variables: ['DATABASE_URL=x'] }, 3],
    ['a variable without a value', { variables: ['LOG_LEVEL'] }, 2],
  ] as const)('%s', async (_what, overrides, exit) => {
    await open();
    const error = await refusal(run(overrides));
    expect(error.exitCode).toBe(exit);
    expect(`${error.message} ${error.hints.join()} ${JSON.stringify(error.details)}`).not.toMatch(
      /hunter2|abcdef123456/,
    );
    expect(rig.changes()).toEqual([]);
  });
});
