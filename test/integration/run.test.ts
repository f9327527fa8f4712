import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/lib/cli/report.js';
import { prepareRun } from '../../src/lib/tasks/prepare-run.js';
import { runKind } from '../../src/lib/tasks/run-kind.js';
import type { RunRequest, RunTaskResult } from '../../src/lib/tasks/run-types.js';
import { prepareIn, type RunSettings, runOperation, throughEngine } from '../operations/run-operation.js';
import { runRequest } from '../operations/run.js';
import { createRig, type Rig, type RigService } from '../operations/sandbox-rig.js';
import { loseParameter } from '../operations/scale.js';

let rig: Rig;
afterEach(() => rig.dispose());
const open = async (services: readonly RigService[] = [{ name: 'api', desiredCount: 1, logs: true }]): Promise<void> => {
  rig = await createRig({ services });
};
const words = ['api', 'node', 'migrate.js'];
const run = (overrides: Partial<RunRequest> = {}, settings: RunSettings = {}): Promise<Report<RunTaskResult>> =>
  runOperation(rig, (ctx, at) => prepareRun(ctx, at, runRequest(words, overrides)), settings);

describe('run', () => {
  it('x', async () => {
    await open();
    const t0 = rig.world.now;
    const seen: string[] = [];
    const report = await run({}, { onEvent: (e) => { seen.push(`${rig.world.now - t0} ${e.kind === 'journal' ? e.event.type : JSON.stringify((e as any).progress)}`); } });
    console.log(seen.join('\n')); console.log(JSON.stringify(report, null, 1));
  });
  it('y', async () => {
    await open();
    loseParameter(rig);
    const t0 = rig.world.now;
    const seen: string[] = [];
    const report = await run({}, { onEvent: (e) => { seen.push(`${rig.world.now - t0} ${e.kind === 'journal' ? e.event.type : JSON.stringify((e as any).progress)}`); } });
    console.log(seen.slice(0,40).join('\n')); console.log(JSON.stringify(report, null, 1));
  });
});
