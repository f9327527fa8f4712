import { afterEach, describe, expect, it } from 'vitest';
import { prepareRestart } from '../../src/lib/deployments/prepare-restart.js';
import { prepareRollback } from '../../src/lib/deployments/prepare-rollback.js';
import { observeReleases } from '../../src/lib/releases/observe-releases.js';
import { breakEstate } from '../../src/lib/sandbox/estate-faults.js';
import { deploy, liveState, only, refusal, rollback, serviceRef, wait } from '../operations/deploy-scenario.js';
import { prepareIn, runOperation } from '../operations/run-operation.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

const releases = async () => {
  const at = await rig.drive(rig.target());
  const [service] = at.environment.services;
  if (!service) throw new Error('no service');
  const { ecs } = rig.ports();
  return rig.drive(observeReleases({ ecs, cluster: at.environment.cluster, service }));
};

describe('rollback', () => {
  it('goes past releases that failed, to the last one that worked', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    await deploy(rig, 'v2-bad');
    await deploy(rig, 'v3');
    const report = await rollback(rig);
    expect(only(report)).toMatchObject({ outcome: 'succeeded', release: 2, previous: 4 });
    expect(await liveState(rig)).toMatchObject({ release: 2, running: 2 });
    expect((await releases()).map(({ release, outcome, isLive }) => ({ release, outcome, isLive }))).toEqual([
      { release: 4, outcome: 'rolled-back', isLive: false },
      { release: 3, outcome: 'rolled-back', isLive: false },
      { release: 2, outcome: 'worked', isLive: true },
      { release: 1, outcome: 'worked', isLive: false },
    ]);
  });

  it('knows that the seeded first release worked, although nobody tagged it', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    expect(only(await rollback(rig))).toMatchObject({ outcome: 'succeeded', release: 1 });
  });

  it('asks for consent and shows image and variables before it changes anything', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    const before = rig.changes().length;
    const { operation } = await prepareIn(rig, (ctx, at) => prepareRollback(ctx, at, { services: [] }));
    expect(operation.plan.danger).toBe('confirm');
    expect(JSON.stringify(operation.intro)).toMatch(/image.*sha256:.* → .*:seed/);
    expect(rig.changes()).toHaveLength(before);
  });

  it.each(['a breaker', 'a person'])('changes nothing after %s has rolled the last attempt back', async (who) => {
    rig = await createRig();
    await deploy(rig, 'v1');
    if (who === 'a breaker') await deploy(rig, 'v2-bad');
    else {
      await deploy(rig, 'v2');
      await rollback(rig);
    }
    const before = rig.changes().length;
    const report = await rollback(rig);
    expect(report.exitCode).toBe(0);
    expect(only(report).outcome).toBe('unchanged');
    expect(JSON.stringify(report.lines)).toContain('has been rolled back already');
    expect(report.next?.[0]?.command).toBe('platform rollback api --to 1');
    expect(rig.changes()).toHaveLength(before);
  });

  it('goes to the number that --to names', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    await deploy(rig, 'v2');
    expect(only(await rollback(rig, { services: ['api'], to: 1 }))).toMatchObject({ outcome: 'succeeded', release: 1 });
    expect(await liveState(rig)).toMatchObject({ release: 1 });
  });

  it('is the abort of a deployment that is in progress', async () => {
    rig = await createRig();
    await deploy(rig, 'v1', { deadlineMs: 15_000, onTimeout: 'leave' });
    const { locks } = rig.ctx;
    const at = await rig.drive(rig.target());
    const [holder] = (await rig.drive(locks(at.target).read())).holders;
    if (holder) await rig.drive(locks(at.target).evict(holder.runId));
    const report = await rollback(rig);
    expect(only(report)).toMatchObject({ outcome: 'succeeded', release: 1 });
    expect(rig.changes()).toContain('StopServiceDeployment');
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
  });

  it.each([
    ['--to with all services', { to: 1 }, 2, true],
    ['a release that does not exist', { services: ['api'], to: 99 }, 5, false],
  ])('refuses %s', async (_what, overrides, exit, many) => {
    rig = await createRig(many ? { services: [{ name: 'api', port: 3000 }, { name: 'workers' }] } : {});
    expect((await refusal(rollback(rig, overrides))).exitCode).toBe(exit);
  });

  it('is exit 5 when no earlier release is left', async () => {
    rig = await createRig();
    const error = await refusal(rollback(rig));
    expect(error.exitCode).toBe(5);
    expect(rig.changes()).toEqual([]);
  });

  it('is refused when the image of the release before is gone', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    breakEstate(rig.world, { kind: 'delete-image', region: 'eu-west-1', target: 'shop-api:seed' });
    expect((await refusal(rollback(rig))).exitCode).toBe(5);
  });
});

describe('restart', () => {
  it('replaces every task of the live release and registers nothing', async () => {
    rig = await createRig();
    const { ecs } = rig.ports();
    const before = (await rig.drive(ecs.tasks(serviceRef('api'), 'RUNNING'))).map((task) => task.id);
    const report = await runOperation(rig, (ctx, at) => prepareRestart(ctx, at, { services: [] }));
    expect(only(report)).toMatchObject({ outcome: 'succeeded', release: 1, previous: 1 });
    wait(rig, 10 * 60_000);
    const after = (await rig.drive(ecs.tasks(serviceRef('api'), 'RUNNING'))).map((task) => task.id);
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(rig.changes()).toEqual(['UpdateService']);
  });

  it('that cannot start is rolled back, and the old tasks go on', async () => {
    rig = await createRig();
    breakEstate(rig.world, { kind: 'delete-parameter', region: 'eu-west-1', target: '/shop/staging/DATABASE_URL' });
    const report = await runOperation(rig, (ctx, at) => prepareRestart(ctx, at, { services: [] }));
    expect(report.exitCode).toBe(7);
    expect(only(report).card?.cause).toBe('secret-missing');
    expect(await liveState(rig)).toMatchObject({ running: 2 });
  });
});
