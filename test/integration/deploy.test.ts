import { afterEach, describe, expect, it } from 'vitest';
import { prepareDeploy } from '../../src/lib/deployments/prepare-deploy.js';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import {
  configure,
  deploy,
  liveState,
  meanwhile,
  only,
  refusal,
  request,
  resume,
  serviceRef,
  undo,
  wait,
} from '../operations/deploy-scenario.js';
import { prepareIn } from '../operations/run-operation.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

const region = 'eu-west-1';
const breakerOff = { deploymentCircuitBreaker: { enable: false, rollback: false } };
const minuteMs = 60_000;

let rig: Rig;
afterEach(() => rig.dispose());

describe('a deploy that succeeds', () => {
  it('registers once, updates once, records that it worked, and says with evidence what runs', async () => {
    rig = await createRig();
    const report = await deploy(rig, 'v1');
    expect(report.exitCode).toBe(0);
    expect(only(report)).toMatchObject({
      service: 'api',
      outcome: 'succeeded',
      release: 2,
      previous: 1,
      strategy: 'rolling',
    });
    expect(only(report).evidence).toMatchObject({ status: 'SUCCESSFUL', targets: { healthy: 2, total: 2 } });
    expect(only(report).evidence?.digests).toEqual([
      { container: 'api', digest: expect.stringMatching(/^sha256:/), tasks: 2 },
    ]);
    expect(only(report).seconds).toBeGreaterThan(0);
    expect(rig.changes()).toEqual(['RegisterTaskDefinition', 'UpdateService', 'TagResource']);
    const record = await rig.drive(rig.ports().ecs.taskDefinition('shop-staging-api'));
    expect(record?.tags).toMatchObject({
      'platform:project': 'shop',
      'platform:environment': 'staging',
      'platform:service': 'api',
      'platform:tag': 'v1',
      'platform:outcome': 'worked',
      'platform:run': report.runId,
    });
  });

  it('never sends a desired count, so that autoscaling keeps its own', async () => {
    rig = await createRig();
    await deploy(
      rig,
      'v1',
      {},
      meanwhile(async () => rig.ports().ecs.updateService({ ...serviceRef('api'), desiredCount: 4 })),
    );
    expect(await liveState(rig)).toMatchObject({ release: 2, desired: 4 });
  });

  it('is unchanged when the same digest and manifest are live: no call changes anything', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    const before = rig.changes().length;
    const report = await deploy(rig, 'v1');
    expect(only(report)).toMatchObject({ outcome: 'unchanged', release: 2 });
    expect(report.exitCode).toBe(0);
    expect(rig.changes()).toHaveLength(before);
  });

  it('ships again when the same tag has a new digest', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    breakEstate(rig.world, { kind: 'move-tag', region, target: 'shop-api:v1' });
    expect(only(await deploy(rig, 'v1'))).toMatchObject({ outcome: 'succeeded', release: 3 });
  });

  it('plans without one mutating call', async () => {
    rig = await createRig();
    const { operation } = await prepareIn(rig, (ctx, at) => prepareDeploy(ctx, at, request({ tag: 'v1' })));
    expect(operation.plan.steps.map((step) => step.id)).toEqual(['register[api]', 'update[api]', 'tag[api]']);
    expect(rig.changes()).toEqual([]);
  });
});

describe('a release that fails', () => {
  it.each([
    ['bad', 'exit-code'],
    ['oom', 'out-of-memory'],
    ['nopull', 'image-not-found'],
    ['unhealthy', 'unhealthy'],
  ])('tagged %s is rolled back by the service’s breaker, and the card names %s', async (fault, cause) => {
    rig = await createRig();
    const report = await deploy(rig, `v2-${fault}`);
    expect(report.exitCode).toBe(7);
    expect(only(report)).toMatchObject({ outcome: 'rolled-back', release: 2, previous: 1, card: { cause } });
    expect(report.error?.code).toBe('E_ROLLED_BACK');
    expect(await liveState(rig)).toMatchObject({ release: 1, desired: 2, running: 2 });
    // ECS rolled back, not we.
    expect(rig.changes().filter((operation) => operation !== 'TagResource')).toEqual([
      'RegisterTaskDefinition',
      'UpdateService',
    ]);
    const record = await rig.drive(rig.ports().ecs.taskDefinition('shop-staging-api:2'));
    expect(record?.tags['platform:outcome']).toBe('rolled-back');
  });

  it('shows the last log lines of the container that failed', async () => {
    rig = await createRig();
    const card = only(await deploy(rig, 'v2-bad')).card;
    expect(
      card?.evidence
        .filter((line) => line.source === 'log')
        .map((line) => line.text)
        .join('\n'),
    ).toContain('DATABASE_URL is not set');
  });

  it.each([
    ['secret-missing', 'delete-parameter', '/shop/staging/DATABASE_URL'],
    ['log-group-missing', 'delete-log-group', '/ecs/shop-staging-api'],
  ] as const)('for want of what it refers to gets the card %s and was warned about it', async (cause, kind, target) => {
    rig = await createRig();
    breakEstate(rig.world, { kind, region, target });
    const { operation } = await prepareIn(rig, (ctx, at) => prepareDeploy(ctx, at, request({ tag: 'v1' })));
    expect(operation.warnings.map((warning) => warning.message).join()).toContain(target);
    const report = await deploy(rig, 'v1');
    expect(only(report)).toMatchObject({ outcome: 'rolled-back', card: { cause } });
  });

  it('is stopped by our own breaker after three equal failures where the service has none', async () => {
    rig = await createRig();
    await configure(rig, breakerOff);
    const report = await deploy(rig, 'v2-bad');
    expect(report.exitCode).toBe(7);
    expect(only(report)).toMatchObject({ outcome: 'rolled-back', card: { cause: 'exit-code' } });
    expect(report.error?.message).toMatch(/[34] tasks .* the same way/);
    expect(rig.changes()).toContain('StopServiceDeployment');
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
  });

  it('is rolled back when no task is healthy before the deadline', async () => {
    rig = await createRig();
    await configure(rig, breakerOff);
    const report = await deploy(rig, 'v2-slow', { deadlineMs: 2 * minuteMs });
    expect(report.exitCode).toBe(7);
    expect(report.error?.message).toContain('within 120 s');
    // The update step last saw it under way; the roll-back that followed knows how it ended, and when.
    expect(only(report).evidence?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(only(report).seconds).toBeGreaterThan(120);
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
  });

  it('is left alone on --on-timeout leave: exit 10, and a resume sees it through', async () => {
    rig = await createRig();
    const report = await deploy(rig, 'v1', { deadlineMs: 20_000, onTimeout: 'leave' });
    expect(report.exitCode).toBe(10);
    expect(only(report).outcome).toBe('timed-out');
    expect(rig.changes()).toEqual(['RegisterTaskDefinition', 'UpdateService']);
    wait(rig, 10 * minuteMs);
    expect(only(await resume(rig, report.runId ?? ''))).toMatchObject({ outcome: 'succeeded' });
  });

  it('by its smoke test is rolled back although ECS was content', async () => {
    const smoke = {
      http: async () => ({ passed: false, result: 'HTTP 500 instead of 200' }),
      command: async () => ({ passed: true, result: 'exit 0' }),
    };
    rig = await createRig({
      smoke,
      services: [{ name: 'api', port: 3000, extra: ['smoke: { url: /health, attempts: 2 }'] }],
    });
    const report = await deploy(rig, 'v1');
    expect(report.exitCode).toBe(7);
    expect(only(report)).toMatchObject({ outcome: 'rolled-back', card: { cause: 'smoke-failed' } });
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
  });
});

describe('a bad line to AWS', () => {
  it('loses the answer of UpdateService: there is exactly one deployment, and it is followed', async () => {
    rig = await createRig();
    rig.fault({ kind: 'lose-answer', operation: 'ecs:UpdateService', count: 1 });
    const report = await deploy(rig, 'v1');
    expect(only(report)).toMatchObject({ outcome: 'succeeded', release: 2 });
    const deployments = await rig.drive(rig.ports().ecs.listServiceDeployments(serviceRef('api')));
    expect(deployments).toHaveLength(2);
  });

  it('loses the answer of RegisterTaskDefinition: one revision', async () => {
    rig = await createRig();
    rig.fault({ kind: 'lose-answer', operation: 'ecs:RegisterTaskDefinition', count: 1 });
    expect(only(await deploy(rig, 'v1'))).toMatchObject({ outcome: 'succeeded', release: 2 });
    expect(await rig.drive(rig.ports().ecs.revisions('shop-staging-api'))).toHaveLength(2);
  });

  it('throttles every second call: slower, not broken', async () => {
    rig = await createRig();
    rig.fault({ kind: 'throttle', operation: 'ecs:*', percent: 20 });
    expect(only(await deploy(rig, 'v1'))).toMatchObject({ outcome: 'succeeded' });
  });

  it('pauses with exit 4 when credentials expire, and a resume finishes', async () => {
    rig = await createRig();
    const expire = meanwhile(async () => rig.fault({ kind: 'expire-credentials', operation: 'ecs:*', count: 40 }));
    const report = await deploy(rig, 'v1', {}, expire);
    expect(report.exitCode).toBe(4);
    expect(report.error?.code).toBe('E_CREDENTIALS');
    const { clearFaults } = await import('../../src/lib/sandbox/faults.js');
    clearFaults(rig.world);
    expect(only(await resume(rig, report.runId ?? ''))).toMatchObject({ outcome: 'succeeded' });
    expect(rig.changes().filter((operation) => operation === 'UpdateService')).toHaveLength(1);
  });
});

describe('what is refused before the plan', () => {
  it.each([
    ['a tag that ECR lacks', { tag: 'gone' }, 5],
    ['a service that platform.yaml lacks', { services: ['ap'] }, 5],
    ['the tag latest', { tag: 'latest' }, 2],
    ['a reference without tag or digest', { images: ['api=shop-api'] }, 2],
    ['two sources of an image', { tag: 'v1', from: 'production' }, 2],
  ])('%s', async (_what, overrides, exit) => {
    rig = await createRig();
    breakEstate(rig.world, { kind: 'delete-image', region, target: 'shop-api:gone' });
    const error = await refusal(deploy(rig, 'v1', overrides));
    expect(error.exitCode).toBe(exit);
    expect(rig.changes()).toEqual([]);
  });

  it('no image and no commit: exit 2 naming --tag', async () => {
    rig = await createRig();
    const { operation: _unused, ...rest } = { operation: 0, ...request() };
    const error = await refusal(prepareIn(rig, (ctx, at) => prepareDeploy(ctx, at, rest)));
    expect(error.exitCode).toBe(2);
    expect(error.hints.join()).toContain('--tag');
  });

  it('a sleeping environment: exit 9', async () => {
    rig = await createRig();
    await rig.drive(rig.ports().ecs.updateService({ ...serviceRef('api'), desiredCount: 0 }));
    wait(rig, 5 * minuteMs);
    expect((await refusal(deploy(rig, 'v1'))).exitCode).toBe(9);
  });
});

describe('undoing a finished deploy', () => {
  it('brings the release before back and marks this one as rolled back from', async () => {
    rig = await createRig();
    const report = await deploy(rig, 'v1');
    const undone = await undo(rig, report.runId ?? '');
    expect(undone.exitCode).toBe(0);
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
    const record = await rig.drive(rig.ports().ecs.taskDefinition('shop-staging-api:2'));
    expect(record?.tags['platform:outcome']).toBe('rolled-back');
  });
});
