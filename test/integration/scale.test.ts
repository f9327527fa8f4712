import { afterEach, describe, expect, it } from 'vitest';
import { prepareScale } from '../../src/lib/capacity/prepare-scale.js';
import { scaleKind } from '../../src/lib/capacity/scale-kind.js';
import type { ScaledService, ScaleRequest, ScaleResult } from '../../src/lib/capacity/scale-types.js';
import type { Report } from '../../src/lib/cli/report.js';
import { deploy, liveState, refusal } from '../operations/deploy-scenario.js';
import { prepareIn, type RunSettings, runOperation, throughEngine } from '../operations/run-operation.js';
import { createRig, type Rig, type RigService } from '../operations/sandbox-rig.js';
import { scaleRequest } from '../operations/scale.js';

let rig: Rig;
afterEach(() => rig.dispose());

const open = async (services?: readonly RigService[]): Promise<void> => {
  rig = await createRig(services ? { services } : {});
};

const scale = (
  counts: readonly string[],
  overrides: Partial<ScaleRequest> = {},
  settings: RunSettings = {},
): Promise<Report<ScaleResult>> =>
  runOperation(rig, (ctx, at) => prepareScale(ctx, at, scaleRequest(counts, overrides)), settings);

const again = async (act: Parameters<typeof throughEngine>[2]['act']): Promise<Report<ScaleResult>> =>
  throughEngine<ScaleResult>(rig, await rig.drive(rig.target()), { kind: scaleKind, act });

const undo = (runId: string): Promise<Report<ScaleResult>> =>
  again((engine, options) => engine.undo(runId, { ...options, by: 'tester' }));

const only = (report: Report<ScaleResult>): ScaledService => {
  const [service] = report.result.services;
  if (!service) throw new Error('the report has no service');
  return service;
};

describe('scale', () => {
  it('asks for the count once and ends when as many healthy tasks run', async () => {
    await open();
    const report = await scale(['api=4']);
    expect(report.exitCode).toBe(0);
    expect(only(report)).toMatchObject({ outcome: 'succeeded', before: 2, asked: 4, desired: 4, running: 4, healthy: 4 });
    expect(only(report).targets).toEqual({ healthy: 4, total: 4 });
    expect(rig.changes()).toEqual(['UpdateService']);
  });

  it('does nothing when the count is live already', async () => {
    await open();
    const report = await scale(['api=2']);
    expect(report).toMatchObject({ exitCode: 0, result: { services: [{ outcome: 'unchanged' }] } });
    expect(rig.changes()).toEqual([]);
  });
});
