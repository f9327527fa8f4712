import { afterEach, describe, expect, it } from 'vitest';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import {
  configure,
  deploy,
  liveState,
  meanwhile,
  newestDeployment,
  only,
  refusal,
  serviceRef,
  wait,
} from '../operations/deploy-scenario.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

const region = 'eu-west-1';
const minuteMs = 60_000;

let rig: Rig;
afterEach(() => rig.dispose());

describe('a deployment that others end', () => {
  it('is superseded when somebody else deploys: exit 9, and theirs is left alone', async () => {
    rig = await createRig();
    const report = await deploy(
      rig,
      'v1',
      {},
      meanwhile(async () => {
        const { ecs } = rig.ports();
        const record = await ecs.taskDefinition('shop-staging-api:1');
        const { taskDefinitionArn: _arn, ...rest } = record?.definition ?? {};
        const { registrable } = await import('../../src/lib/runtimes/ecs/registrable.js');
        const theirs = await ecs.registerTaskDefinition(registrable(rest), { by: 'terraform' });
        await ecs.updateService({ ...serviceRef('api'), taskDefinition: theirs.arn });
      }),
    );
    expect(report.exitCode).toBe(9);
    expect(only(report).outcome).toBe('superseded');
    wait(rig, 10 * minuteMs);
    expect(await liveState(rig)).toMatchObject({ release: 3 });
  });

  it('is rolled back when a person stops it with a roll-back', async () => {
    rig = await createRig();
    const report = await deploy(
      rig,
      'v1',
      {},
      meanwhile(async () => rig.ports().ecs.stopServiceDeployment(await newestDeployment(rig))),
    );
    expect(report.exitCode).toBe(7);
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
  });

  it('is stopped when a person aborts it: exit 6, and nothing is taken back behind their back', async () => {
    rig = await createRig();
    const abort = async (): Promise<void> => {
      const { StopServiceDeploymentCommand } = await import('@aws-sdk/client-ecs');
      const client = await rig.clients.write('ecs');
      await client.send(
        new StopServiceDeploymentCommand({ serviceDeploymentArn: await newestDeployment(rig), stopType: 'ABORT' }),
      );
    };
    const report = await deploy(rig, 'v1', {}, meanwhile(abort));
    expect(report.exitCode).toBe(6);
    expect(only(report).outcome).toBe('stopped');
    expect(rig.changes()).toEqual(['RegisterTaskDefinition', 'UpdateService', 'StopServiceDeployment']);
  });

  it('is a failed roll-back when the release before cannot start either: exit 8', async () => {
    rig = await createRig();
    await configure(rig, {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      minimumHealthyPercent: 0,
      maximumPercent: 100,
    });
    const spoil = meanwhile(async () =>
      breakEstate(rig.world, { kind: 'delete-parameter', region, target: '/shop/staging/DATABASE_URL' }),
    );
    const report = await deploy(rig, 'v2-bad', {}, spoil);
    expect(report.exitCode).toBe(8);
    expect(only(report).outcome).toBe('rollback-failed');
    expect(report.error?.code).toBe('E_ROLLBACK_FAILED');
  });
});

describe('a first deployment that fails', () => {
  it('has nothing to go back to: the service is scaled to 0, exit 6', async () => {
    rig = await createRig();
    const client = await rig.clients.write('ecs');
    const { CreateServiceCommand, DeleteServiceCommand } = await import('@aws-sdk/client-ecs');
    const seeded = await rig.drive(rig.ports().ecs.service(serviceRef('api')));
    await rig.drive(client.send(new DeleteServiceCommand({ ...serviceRef('api'), force: true })));
    wait(rig, 30 * minuteMs);
    const { ecs } = rig.ports();
    const record = await rig.drive(ecs.taskDefinition('shop-staging-api:1'));
    const { registrable, withImage } = await import('../../src/lib/runtimes/ecs/registrable.js');
    const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-api:v0-bad';
    const bad = await rig.drive(
      ecs.registerTaskDefinition(withImage(registrable(record?.definition ?? {}), { container: 'api', image }), {}),
    );
    await rig.drive(
      client.send(
        new CreateServiceCommand({
          cluster: 'shop-staging',
          serviceName: 'shop-staging-api',
          taskDefinition: bad.arn,
          desiredCount: 2,
          launchType: 'FARGATE',
          deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-00000001'] } },
        }),
      ),
    );
    expect(seeded?.desired).toBe(2);
    wait(rig, 30 * minuteMs);
    const report = await deploy(rig, 'v2-bad');
    expect(report.exitCode).toBe(6);
    expect(only(report)).toMatchObject({ outcome: 'failed', card: { cause: 'exit-code' } });
    expect(await liveState(rig)).toMatchObject({ desired: 0, running: 0 });
  });
});

describe('somebody else’s deployment in progress', () => {
  const begin = async (): Promise<void> => {
    const { ecs } = rig.ports();
    const record = await rig.drive(ecs.taskDefinition('shop-staging-api:1'));
    const { registrable } = await import('../../src/lib/runtimes/ecs/registrable.js');
    const theirs = await rig.drive(ecs.registerTaskDefinition(registrable(record?.definition ?? {}), { by: 'ci' }));
    await rig.drive(ecs.updateService({ ...serviceRef('api'), taskDefinition: theirs.arn }));
    wait(rig, 5_000);
  };

  it('is exit 9, named, with what can be done', async () => {
    rig = await createRig();
    await begin();
    const error = await refusal(deploy(rig, 'v1'));
    expect(error.exitCode).toBe(9);
    expect(error.message).toContain(await rig.drive(newestDeployment(rig)));
    expect(error.hints.join()).toMatch(/--attach.*--supersede/);
  });

  it('of a run that died names how to go on with it', async () => {
    rig = await createRig();
    const first = await deploy(rig, 'v1', { deadlineMs: 15_000, onTimeout: 'leave' });
    const error = await refusal(deploy(rig, 'v2'));
    expect(error.exitCode).toBe(9);
    expect(error.hints).toEqual(
      expect.arrayContaining([`platform runs resume ${first.runId}`, `platform runs undo ${first.runId}`]),
    );
  });

  it('is followed with --attach, without changing anything', async () => {
    rig = await createRig();
    await begin();
    const before = rig.changes().length;
    const report = await deploy(rig, 'v1', { meeting: 'attach' });
    expect(only(report)).toMatchObject({ outcome: 'succeeded', release: 2 });
    expect(rig.changes()).toHaveLength(before);
  });

  it('is replaced with --supersede', async () => {
    rig = await createRig();
    await begin();
    expect(only(await deploy(rig, 'v1', { meeting: 'supersede' }))).toMatchObject({ outcome: 'succeeded', release: 3 });
  });
});

describe('several services', () => {
  const three = [
    { name: 'api', desiredCount: 2, port: 3000 },
    { name: 'workers', desiredCount: 1 },
    { name: 'web', desiredCount: 1, dependsOn: ['api'] },
  ];

  it('change in dependsOn order, the independent ones at once', async () => {
    rig = await createRig({ services: three });
    const started: string[] = [];
    const report = await deploy(
      rig,
      'v1',
      {},
      {
        onEvent: (event) => {
          if (event.kind === 'journal' && event.event.type === 'step.started') started.push(event.event.step);
        },
      },
    );
    expect(report.result.services.map((service) => service.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(started.indexOf('update[web]')).toBeGreaterThan(started.indexOf('tag[api]'));
    expect(started.indexOf('update[workers]')).toBeLessThan(started.indexOf('tag[api]'));
  });

  it('skip the dependants of one that failed; finished ones stay', async () => {
    rig = await createRig({ services: three });
    const images = ['api=shop-api:v1-bad'];
    const report = await deploy(rig, 'v1', { images });
    expect(Object.fromEntries(report.result.services.map((service) => [service.service, service.outcome]))).toEqual({
      api: 'rolled-back',
      workers: 'succeeded',
      web: 'skipped',
    });
    expect(report.exitCode).toBe(7);
    expect(await liveState(rig, 'workers')).toMatchObject({ release: 2 });
  });

  it('go back together with --atomic', async () => {
    rig = await createRig({ services: three });
    const report = await deploy(rig, 'v1', { images: ['api=shop-api:v1-unhealthy'], undoScope: 'run' });
    expect(report.exitCode).toBe(7);
    expect(await liveState(rig, 'workers')).toMatchObject({ release: 1, running: 1 });
  });
});
