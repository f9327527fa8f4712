import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { painter } from '../../src/lib/cli/color.js';
import type { Report } from '../../src/lib/cli/report.js';
import { diffSchema } from '../../src/lib/deployments/diff-result-schema.js';
import { prepareDeploy } from '../../src/lib/deployments/prepare-deploy.js';
import { type DiffRequest, type DiffResult, showDiff } from '../../src/lib/deployments/show-diff.js';
import { deploy, refusal, request } from '../operations/deploy-scenario.js';
import { prepareIn } from '../operations/run-operation.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

const run = async (wanted: Partial<DiffRequest> = {}): Promise<Report<DiffResult>> => {
  const at = await rig.drive(rig.target());
  return rig.drive(
    showDiff(rig.ctx, at, {
      services: [],
      images: [],
      image: 'choose',
      taskDefinition: 'file',
      values: 'hashed',
      columns: 100,
      exit: 'changes',
      ...wanted,
    }),
  );
};

const diff = async (wanted: Partial<DiffRequest> = {}): Promise<Report<DiffResult>> => {
  const before = rig.changes().length;
  const report = await run(wanted);
  expect(diffSchema.safeParse(report.result).success).toBe(true);
  expect(rig.changes()).toHaveLength(before);
  return report;
};

const linesOf = (report: Report<DiffResult>): readonly string[] => report.lines.map(painter('plain'));
const only = (report: Report<DiffResult>) => report.result.services[0];

/** The user edits the template of api. */
const edit = (change: (definition: Record<string, unknown>) => void): void => {
  const file = join(rig.folder, 'task-definitions/api.json');
  const definition = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(definition);
  writeFileSync(file, JSON.stringify(definition));
};

describe('a diff', () => {
  it('says what a deploy of the same flags then changes, and nothing more after it', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    edit((definition) => {
      definition['memory'] = '1024';
    });
    const before = await diff({ tag: 'v2' });
    expect(before.exitCode).toBe(11);
    expect(only(before)?.changes.map(({ field }) => field)).toEqual(['memory', 'container image']);
    expect(linesOf(before)[0]).toMatch(/^api {2}changed {2}release 2 \(v1\) → shop-api:v2@sha256:[0-9a-f]{12}$/);
    expect((await deploy(rig, 'v2')).exitCode).toBe(0);
    const after = await diff({ tag: 'v2' });
    expect(only(after)).toMatchObject({ state: 'unchanged', release: 3, changes: [], drift: [] });
    expect(after.exitCode).toBeUndefined();
  });

  it('is empty exactly when a deploy of the same flags would change nothing', async () => {
    rig = await createRig();
    const edits: readonly ((definition: Record<string, unknown>) => void)[] = [
      () => undefined,
      (definition) => Object.assign(definition, { memory: '1024' }),
      (definition) => Object.assign(definition, { memory: '0.5 GB', volumes: [] }),
      (definition) => Object.assign(definition, { runtimePlatform: { operatingSystemFamily: 'LINUX' } }),
      (definition) => Object.assign(definition, { pidMode: 'task' }),
    ];
    const states: string[] = [];
    for (const change of edits) {
      edit(change);
      const { operation } = await prepareIn(rig, (ctx, at) => prepareDeploy(ctx, at, request({ image: 'keep' })));
      const state = only(await diff({ image: 'keep' }))?.state ?? '';
      expect(state).toBe(operation.nothingToDo ? 'unchanged' : 'changed');
      states.push(state);
    }
    expect(states).toEqual(['unchanged', 'changed', 'unchanged', 'unchanged', 'changed']);
  });

  it('keeps the live images where nothing names others and the folder has no commit, and says so', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    const report = await diff();
    expect(only(report)).toMatchObject({ state: 'unchanged' });
    expect(report.warnings).toMatchObject([{ code: 'image-kept', message: expect.stringContaining('--config-only') }]);
    expect(await refusal(run({ tag: 'latest' }))).toMatchObject({ code: 'E_USAGE' });
    expect(await refusal(run({ tag: 'v1', image: 'keep' }))).toMatchObject({ code: 'E_USAGE' });
  });

  it('compares the services that --image names with it, the others with what is live', async () => {
    rig = await createRig({ services: [{ name: 'api' }, { name: 'web' }] });
    const report = await diff({ images: ['api=shop-api:v7'] });
    expect(report.result.services.map(({ service, state }) => [service, state])).toEqual([
      ['api', 'changed'],
      ['web', 'unchanged'],
    ]);
  });

  it('ends like a deploy where an image that was named does not exist, and warns where nobody could be asked', async () => {
    rig = await createRig();
    expect(await refusal(run({ images: ['api=nowhere:v2'] }))).toMatchObject({ code: 'E_NOT_FOUND' });
    rig.fault({ kind: 'deny', operation: 'ecr:DescribeImages' });
    expect((await diff({ tag: 'v2' })).warnings?.map(({ code }) => code)).toContain('image-unchecked');
  });

  it('tells what others changed: a revision that Terraform registered', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    const { ecs } = rig.ports();
    const record = await rig.drive(ecs.taskDefinition('shop-staging-api'));
    const { registrable } = await import('../../src/lib/runtimes/ecs/registrable.js');
    await rig.drive(ecs.registerTaskDefinition({ ...registrable(record?.definition ?? {}), memory: '1024' }, {}));
    const report = await diff({ image: 'keep' });
    expect(only(report)).toMatchObject({
      state: 'unchanged',
      drift: [{ kind: 'latest-not-live', weight: 'difference' }],
    });
    expect(report.exitCode).toBe(11);
    expect(report.next?.[0]?.command).toBe('platform diff api --task-definition latest');
    const latest = await diff({ image: 'keep', taskDefinition: 'latest' });
    expect(only(latest)?.changes).toEqual([{ kind: 'definition', field: 'memory', before: '512', after: '1024' }]);
  });

  it('shows the services that are there beside one that is missing', async () => {
    rig = await createRig({ services: [{ name: 'api' }, { name: 'web' }] });
    const { DeleteServiceCommand } = await import('@aws-sdk/client-ecs');
    const client = await rig.clients.write('ecs');
    await rig.drive(
      client.send(new DeleteServiceCommand({ cluster: 'shop-staging', service: 'shop-staging-web', force: true })),
    );
    rig.world.advance(10 * 60_000);
    const report = await diff({ image: 'keep' });
    expect(report.result.services.map(({ service, state }) => [service, state])).toEqual([
      ['api', 'unchanged'],
      ['web', 'missing'],
    ]);
    expect(report.exitCode).toBe(11);
  });

  it('warns of a secret that is gone, and never shows a value', async () => {
    rig = await createRig();
    edit((definition) => {
      const [container] = definition['containerDefinitions'] as Record<string, unknown>[];
      if (container) container['environment'] = [{ name: 'LOG_LEVEL', value: 'a-plain-value' }];
      if (container) container['secrets'] = [{ name: 'API_KEY', valueFrom: '/shop/staging/GONE' }];
    });
    const report = await diff({ image: 'keep' });
    expect(only(report)?.changes.map(({ kind, field }) => [kind, field])).toEqual([
      ['variable', 'variable LOG_LEVEL'],
      ['secret', 'secret API_KEY'],
    ]);
    expect(report.warnings?.map(({ code }) => code)).toContain('parameter-missing');
    expect(JSON.stringify(report)).not.toContain('a-plain-value');
    expect(linesOf(await diff({ image: 'keep', values: 'shown' })).join('\n')).toContain('→ "a-plain-value"');
  });
});
