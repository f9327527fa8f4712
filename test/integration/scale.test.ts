import { afterEach, describe, expect, it } from 'vitest';
import { prepareScale } from '../../src/lib/capacity/prepare-scale.js';
import { scaleSchema } from '../../src/lib/capacity/result-schema.js';
import { scaleKind } from '../../src/lib/capacity/scale-kind.js';
import type { ScaledService, ScaleRequest, ScaleResult } from '../../src/lib/capacity/scale-types.js';
import type { Report } from '../../src/lib/cli/report.js';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import { clearFaults } from '../../src/lib/sandbox/faults.js';
import { deploy, liveState, meanwhile, refusal, serviceRef, wait } from '../operations/deploy-scenario.js';
import { prepareIn, type RunSettings, runOperation, throughEngine } from '../operations/run-operation.js';
import { createRig, type Rig, type RigService } from '../operations/sandbox-rig.js';
import { autoscale, databaseUrl, loseParameter, scaleRequest } from '../operations/scale.js';

const region = 'eu-west-1';
const minuteMs = 60_000;

let rig: Rig;
afterEach(() => rig.dispose());

const open = async (services?: readonly RigService[]): Promise<void> => {
  rig = await createRig(services ? { services } : {});
};

const prepare = async (counts: readonly string[], overrides: Partial<ScaleRequest> = {}) =>
  (await prepareIn(rig, (ctx, at) => prepareScale(ctx, at, scaleRequest(counts, overrides)))).operation;

const scale = (
  counts: readonly string[],
  overrides: Partial<ScaleRequest> = {},
  settings: RunSettings = {},
): Promise<Report<ScaleResult>> =>
  runOperation(rig, (ctx, at) => prepareScale(ctx, at, scaleRequest(counts, overrides)), settings);

const again = async (act: Parameters<typeof throughEngine>[2]['act']): Promise<Report<ScaleResult>> =>
  throughEngine<ScaleResult>(rig, await rig.drive(rig.target()), { kind: scaleKind, act });

const undo = (report: Report<ScaleResult>, force: readonly string[] = []): Promise<Report<ScaleResult>> =>
  again((engine, options) => engine.undo(report.runId ?? '', { ...options, by: 'tester', force }));

const resume = (report: Report<ScaleResult>): Promise<Report<ScaleResult>> =>
  again((engine, options) => engine.resume(report.runId ?? '', options));

const only = (report: Report<ScaleResult>): ScaledService => {
  const [service] = report.result.services;
  if (!service) throw new Error('the report has no service');
  return service;
};

const setCount = (desiredCount: number): Promise<unknown> =>
  rig.ports().ecs.updateService({ ...serviceRef('api'), desiredCount });

const rangeOf = async (): Promise<unknown> => {
  const [target] = (await rig.drive(rig.ports().autoscaling.targets([serviceRef('api')]))).values();
  return target && [target.min, target.max];
};

describe('scaling up', () => {
  it('asks for the count once and ends when as many healthy tasks run, behind the balancer too', async () => {
    await open();
    const report = await scale(['api=4']);
    expect(report.exitCode).toBe(0);
    expect(only(report)).toMatchObject({
      outcome: 'succeeded',
      before: 2,
      asked: 4,
      desired: 4,
      running: 4,
      healthy: 4,
    });
    expect(only(report).targets).toEqual({ healthy: 4, total: 4 });
    expect(rig.changes()).toEqual(['UpdateService']);
    expect(scaleSchema.parse(report.result)).toEqual(report.result);
  });

  it('does not take one good look for the end: the tasks must be seen healthy twice', async () => {
    await open([{ name: 'workers', desiredCount: 1 }]);
    const looks: string[] = [];
    await scale(
      ['workers=2'],
      {},
      {
        onEvent: (event) => {
          if (event.kind === 'progress') looks.push((event.progress as { phase: string }).phase);
        },
      },
    );
    expect(looks.filter((phase) => phase === 'steadying').length).toBeGreaterThanOrEqual(2);
  });

  it('does nothing when the count is live already', async () => {
    await open();
    const report = await scale(['api=2']);
    expect(report).toMatchObject({ exitCode: 0, result: { services: [{ outcome: 'unchanged' }] } });
    expect(rig.changes()).toEqual([]);
  });

  it('changes only the services whose count differs', async () => {
    await open([
      { name: 'api', desiredCount: 2, port: 3000 },
      { name: 'workers', desiredCount: 1 },
    ]);
    const report = await scale(['api=2', 'workers=2']);
    expect(report.result.services.map(({ service, outcome }) => [service, outcome])).toEqual([
      ['api', 'unchanged'],
      ['workers', 'succeeded'],
    ]);
    expect(rig.changes()).toEqual(['UpdateService']);
  });
});

describe('tasks that do not come', () => {
  it('are explained, and the count of before is asked for again: exit 7', async () => {
    await open();
    loseParameter(rig);
    const report = await scale(['api=4'], { force: [databaseUrl] });
    expect(report.exitCode).toBe(7);
    expect(only(report)).toMatchObject({ outcome: 'rolled-back', desired: 2, running: 2 });
    expect(only(report).card).toMatchObject({ cause: 'secret-missing' });
    expect(only(report).card?.next.map(({ command }) => command)).toContain('platform scale api=4 -e staging');
    expect(rig.changes()).toEqual(['UpdateService', 'UpdateService']);
    expect(await liveState(rig)).toMatchObject({ desired: 2, running: 2 });
  });

  it('in time are left alone with --on-timeout leave: exit 10, and a resume looks again', async () => {
    await open();
    const report = await scale(['api=4'], { onTimeout: 'leave', deadlineMs: 10_000 });
    expect(report.exitCode).toBe(10);
    expect(only(report).outcome).toBe('timed-out');
    expect(await liveState(rig)).toMatchObject({ desired: 4 });
    wait(rig, 5 * minuteMs);
    expect((await resume(report)).exitCode).toBe(0);
  });

  it('in time are taken back otherwise: exit 7, and the card says how many were healthy', async () => {
    await open();
    const report = await scale(['api=4'], { deadlineMs: 10_000 });
    expect(report.exitCode).toBe(7);
    expect(only(report).card).toMatchObject({ cause: 'not-ready-in-time' });
    expect(report.error?.message).toMatch(/of 4 tasks are healthy/);
    wait(rig, 5 * minuteMs);
    expect(await liveState(rig)).toMatchObject({ desired: 2, running: 2 });
  });

  it('are explained by tasks that stopped since, not by those of an earlier try', async () => {
    await open();
    loseParameter(rig);
    expect((await scale(['api=3'], { force: [databaseUrl] })).exitCode).toBe(7);
    const { PutParameterCommand } = await import('@aws-sdk/client-ssm');
    const client = await rig.clients.write('ssm');
    await rig.drive(client.send(new PutParameterCommand({ Name: databaseUrl, Value: 'there again', Type: 'String' })));
    const second = await scale(['api=3'], { deadlineMs: 1_000 });
    expect(only(second).card).toMatchObject({ cause: 'not-ready-in-time' });
    expect(only(second).card?.evidence.filter(({ source }) => source === 'task')).toEqual([]);
  });
});

describe('what new tasks need', () => {
  it.each([
    ['a parameter', () => loseParameter(rig), databaseUrl],
    [
      'an image',
      () => breakEstate(rig.world, { kind: 'delete-image', region, target: 'shop-api:seed' }),
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-api:seed',
    ],
    [
      'a log group',
      () => breakEstate(rig.world, { kind: 'delete-log-group', region, target: '/ecs/shop-staging/api' }),
      '/ecs/shop-staging/api',
    ],
  ] as const)('%s that is gone is named before anything starts: exit 5', async (_what, lose, name) => {
    await open([{ name: 'api', desiredCount: 2, logs: true }]);
    lose();
    const error = await refusal(scale(['api=3']));
    expect(error.exitCode).toBe(5);
    expect(error.message).toContain(name);
    expect(error.hints.join('\n')).toContain(`--force ${name}`);
    expect(rig.changes()).toEqual([]);
    expect((await prepare(['api=3'], { force: [name] })).plan.steps).toHaveLength(1);
  });

  it('the digest of a release that was deleted from the registry', async () => {
    await open();
    await deploy(rig, 'v2');
    const { BatchDeleteImageCommand, DescribeImagesCommand } = await import('@aws-sdk/client-ecr');
    const client = await rig.clients.write('ecr');
    const of = { repositoryName: 'shop-api', imageIds: [{ imageTag: 'v2' }] };
    const { imageDetails } = await rig.drive(client.send(new DescribeImagesCommand(of)));
    const imageDigest = imageDetails?.[0]?.imageDigest;
    await rig.drive(client.send(new BatchDeleteImageCommand({ ...of, imageIds: [{ imageDigest }] })));
    expect(await refusal(scale(['api=3']))).toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('@sha256:'),
    });
  });

  it("is nobody's business when fewer are asked for", async () => {
    await open();
    loseParameter(rig);
    expect((await scale(['api=1'])).exitCode).toBe(0);
  });
});

describe('scaling down', () => {
  it('ends when the tasks are gone', async () => {
    await open();
    expect(only(await scale(['api=1']))).toMatchObject({ outcome: 'succeeded', running: 1, healthy: 1 });
  });

  it('to nothing needs consent, up needs none', async () => {
    await open();
    expect((await prepare(['api=0'])).plan.danger).toBe('confirm');
    expect((await prepare(['api=1'])).plan.danger).toBe('none');
    expect((await prepare(['api=4'])).plan.danger).toBe('none');
    expect(only(await scale(['api=0']))).toMatchObject({ outcome: 'succeeded', running: 0, desired: 0 });
    expect((await prepare(['api=1'])).plan.danger).toBe('none');
  });
});

describe('autoscaling', () => {
  it.each([
    ['above its maximum', 'api=6', 'maximum is 4'],
    ['below its minimum', 'api=1', 'minimum is 2'],
  ])('a count %s is refused with the reason and the flag that moves it', async (_where, count, reason) => {
    await open();
    await autoscale(rig, 'api', { min: 2, max: 4 });
    const error = await refusal(scale([count]));
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining(reason) });
    expect(error.hints.join()).toContain('--move-bounds');
  });

  it.each([
    ['api=6', [2, 6], 6],
    ['api=0', [0, 4], 0],
  ] as const)('%s with --move-bounds moves the range first, and an undo gives both back', async (count, range, running) => {
    await open();
    await autoscale(rig, 'api', { min: 2, max: 4, policy: 'cpu' });
    rig.world.state.timeline = [];
    const report = await scale([count], { bounds: 'move' });
    expect(report.exitCode).toBe(0);
    expect(only(report).autoscaling).toEqual({ min: range[0], max: range[1], movedFrom: { min: 2, max: 4 } });
    expect(rig.changes()).toEqual(['RegisterScalableTarget', 'UpdateService']);
    expect(await rangeOf()).toEqual(range);
    expect(await liveState(rig)).toMatchObject({ desired: running });
    expect((await undo(report)).exitCode).toBe(0);
    expect(rig.changes().slice(2)).toEqual(['UpdateService', 'RegisterScalableTarget']);
    expect(await rangeOf()).toEqual([2, 4]);
    expect(await liveState(rig)).toMatchObject({ desired: 2, running: 2 });
  });

  it('moves the range back when the tasks do not come', async () => {
    await open();
    await autoscale(rig, 'api', { min: 1, max: 3 });
    loseParameter(rig);
    expect((await scale(['api=5'], { bounds: 'move', force: [databaseUrl] })).exitCode).toBe(7);
    expect(await rangeOf()).toEqual([1, 3]);
    expect(await liveState(rig)).toMatchObject({ desired: 2, running: 2 });
  });

  it('that may change the count again is said, and so is one that is suspended', async () => {
    await open();
    await autoscale(rig, 'api', { min: 1, max: 4, policy: 'cpu-60' });
    const warned = (await prepare(['api=3'])).warnings;
    expect(warned).toEqual([{ code: 'autoscaling-active', message: expect.stringContaining('cpu-60') }]);
    await autoscale(rig, 'api', { min: 1, max: 4, suspended: true });
    expect((await prepare(['api=3'])).warnings).toEqual([
      { code: 'autoscaling-suspended', message: expect.stringContaining('suspended') },
    ]);
  });

  it('that we may not ask is a warning, not the end', async () => {
    await open();
    rig.fault({ kind: 'deny', operation: 'autoscaling:*' });
    expect((await prepare(['api=3'])).warnings.map(({ code }) => code)).toEqual(['autoscaling-unchecked']);
  });
});

describe('somebody else', () => {
  it('deploys already: exit 9 and nothing is sent', async () => {
    await open();
    await rig.drive(rig.ports().ecs.updateService({ ...serviceRef('api'), forceNewDeployment: true }));
    expect((await refusal(scale(['api=3']))).exitCode).toBe(9);
  });

  it('deploys meanwhile: exit 9, and the count is left to them', async () => {
    await open();
    const begin = meanwhile(() => rig.ports().ecs.updateService({ ...serviceRef('api'), forceNewDeployment: true }));
    const report = await scale(['api=4'], {}, begin);
    expect(report.exitCode).toBe(9);
    expect(await liveState(rig)).toMatchObject({ desired: 4 });
  });

  it('changes the count meanwhile: exit 9, and theirs stays', async () => {
    await open();
    const report = await scale(
      ['api=4'],
      {},
      meanwhile(() => setCount(3)),
    );
    expect(report.exitCode).toBe(9);
    expect(only(report)).toMatchObject({ outcome: 'superseded', desired: 3 });
    expect(await liveState(rig)).toMatchObject({ desired: 3 });
  });

  it('changed the count since: an undo stops with the difference, unless it is accepted', async () => {
    await open();
    const report = await scale(['api=4']);
    await rig.drive(setCount(5));
    expect((await undo(report)).exitCode).toBe(9);
    expect(await liveState(rig)).toMatchObject({ desired: 5 });
    expect((await undo(report, ['scale[api]'])).exitCode).toBe(0);
    expect(await liveState(rig)).toMatchObject({ desired: 2 });
  });
});

describe('a bad line to AWS', () => {
  it.each([
    'lose-answer',
    'fail-after-write',
  ] as const)('%s of UpdateService: it is looked for, not sent again', async (kind) => {
    await open();
    rig.fault({ kind, operation: 'ecs:UpdateService', count: 1 });
    expect((await scale(['api=4'])).exitCode).toBe(0);
    expect(
      rig.world.state.timeline.filter((entry) => entry.kind === 'call' && entry.operation === 'UpdateService'),
    ).toHaveLength(1);
  });

  it('drops the request: it is sent once more, after it was looked for', async () => {
    await open();
    rig.fault({ kind: 'drop', operation: 'ecs:UpdateService', count: 1 });
    expect((await scale(['api=4'])).exitCode).toBe(0);
    expect(await liveState(rig)).toMatchObject({ desired: 4 });
  });

  it('throttles every fifth call: slower, not broken', async () => {
    await open();
    rig.fault({ kind: 'throttle', operation: '*', percent: 20 });
    expect((await scale(['api=4'])).exitCode).toBe(0);
  });

  it('pauses with exit 4 when credentials expire, and a resume finishes without another call', async () => {
    await open();
    const expire = meanwhile(async () => rig.fault({ kind: 'expire-credentials', operation: 'ecs:*', count: 40 }));
    const report = await scale(['api=4'], {}, expire);
    expect(report.exitCode).toBe(4);
    clearFaults(rig.world);
    expect((await resume(report)).exitCode).toBe(0);
    expect(rig.changes()).toEqual(['UpdateService']);
  });
});

describe('a count that is none', () => {
  it.each(['api', 'api=', 'api=-1', 'api=2.5', 'api=two', '=2', 'api=1=2'])('%s: exit 2', async (word) => {
    await open();
    expect((await refusal(scale([word]))).exitCode).toBe(2);
  });

  it('a service that is named twice, and one that does not exist', async () => {
    await open();
    expect((await refusal(scale(['api=2', 'api=3']))).exitCode).toBe(2);
    expect((await refusal(scale(['ap=2']))).exitCode).toBe(5);
  });
});
