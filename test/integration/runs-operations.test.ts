/** `runs resume|undo`, `status` and `releases` on real operations against the sandbox in process, on the manual clock. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type OperateSettings, operateResume, operateUndo } from '../../src/lib/cli/operate.js';
import { printerFor } from '../../src/lib/cli/print-report.js';
import type { Report } from '../../src/lib/cli/report.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import { breakLock } from '../../src/lib/locks/break-lock.js';
import { listReleases } from '../../src/lib/releases/list-releases.js';
import { releasesSchema } from '../../src/lib/releases/result-schema.js';
import { findRun, kindOf, locateRun, newestResumable } from '../../src/lib/runs/find-run.js';
import { listRuns } from '../../src/lib/runs/list-runs.js';
import { recordedTerminal } from '../helpers/terminal.js';
import { deploy, liveState, rollback } from '../operations/deploy-scenario.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

const settings = (change: Partial<OperateSettings> = {}): OperateSettings => ({
  ctx: rig.ctx,
  printer: printerFor(recordedTerminal(), { out: false, err: false }),
  interrupt: new AbortController().signal,
  prompts: { confirm: async () => false, input: async () => '', select: async () => '' },
  canAsk: false,
  dryRun: false,
  consent: { yes: true },
  lockWaitMs: 0,
  acceptsLocalJournal: false,
  loadEngine: async () => createEngine(),
  ...change,
});

/** As the command does it: find the run, then its kind, then through the door. */
const goOn = async (
  door: typeof operateResume | typeof operateUndo,
  runId: string | undefined,
  change: Partial<OperateSettings> = {},
): Promise<Report<unknown>> => {
  const { ctx } = rig;
  const work = async (): Promise<Report<unknown>> => {
    const run = runId === undefined ? await newestResumable(ctx, {}) : await findRun(ctx, runId, {});
    const kind = await kindOf(run);
    return door({ kind, runId: run.runId, target: run.target, isProtected: false, force: [] }, settings(change));
  };
  return rig.drive(work());
};

const resume = (runId?: string, change?: Partial<OperateSettings>) => goOn(operateResume, runId, change);
const undo = (runId: string, change?: Partial<OperateSettings>) => goOn(operateUndo, runId, change);

/** Ctrl-C at the first look at the running deployment: AWS goes on, the run is paused. */
const detached = async (tag: string): Promise<string> => {
  const interrupt = new AbortController();
  const onEvent = ({ kind }: { readonly kind: string }): void => {
    if (kind === 'progress') interrupt.abort('SIGINT');
  };
  const report = await deploy(rig, tag, {}, { interrupt: interrupt.signal, onEvent });
  expect(report.exitCode).toBe(130);
  return report.runId ?? '';
};

/** Every file below the state folder with its bytes. */
const stateFiles = (): Readonly<Record<string, string>> => {
  const { state } = rig.ctx.paths;
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'latin1')]),
  );
};

const linesOf = (report: Report<unknown>): readonly string[] =>
  report.lines.map((line) => (typeof line === 'string' ? line : line.map(({ text }) => text).join('')));

describe('--dry-run of an existing run', () => {
  it('lists what a resume would still do, and neither the journal nor AWS sees anything of it', async () => {
    rig = await createRig();
    const runId = await detached('v2');
    const before = { files: stateFiles(), timeline: rig.world.state.timeline.length };
    const report = await resume(runId, { dryRun: true });
    expect(linesOf(report)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ {2}probe +roll api out/),
        expect.stringMatching(/^ {2}do +record/),
        'Nothing was changed (--dry-run).',
      ]),
    );
    expect(linesOf(report).join('\n')).not.toContain('register');
    expect(report).toMatchObject({ exitCode: 0, runId });
    expect({ files: stateFiles(), timeline: rig.world.state.timeline.length }).toEqual(before);
  });

  it('lists what an undo would take back, newest first, needs no consent and writes nothing', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    const before = { files: stateFiles(), timeline: rig.world.state.timeline.length };
    const report = await undo(runId, { dryRun: true, consent: { yes: false } });
    const titles = linesOf(report).filter((line) => line.startsWith('  undo'));
    expect(titles.map((line) => line.replace(/^ +undo +/, ''))).toEqual([
      'record that the release of api worked',
      'roll api out',
    ]);
    expect({ files: stateFiles(), timeline: rig.world.state.timeline.length }).toEqual(before);
  });

  it('says that nothing is left of a run that has been undone', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    expect((await undo(runId)).exitCode).toBe(0);
    expect(linesOf(await undo(runId, { dryRun: true }))[0]).toBe(
      'The run has been undone already; nothing is left to take back.',
    );
  });

  it('says that a resume of a finished run changes nothing', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    expect(linesOf(await resume(runId, { dryRun: true }))[0]).toBe(
      'The run has ended (succeeded); a resume changes nothing.',
    );
  });

  it('is refused where the real thing would be: after the lock was broken', async () => {
    rig = await createRig();
    const runId = await detached('v2');
    const journal = await rig.ctx.journals((await rig.drive(rig.target())).target).takeOver(runId, rig.ctx.writer);
    await journal.append({ type: 'run.fenced', by: 'lock break by bob@ci' });
    for (const door of [resume, undo]) {
      const refusals = await Promise.all(
        [true, false].map((dryRun) => door(runId, { dryRun }).catch((error: unknown) => error)),
      );
      for (const error of refusals)
        expect(isPlatformError(error) && [error.exitCode, error.message]).toEqual([
          9,
          `run ${runId} was fenced by lock break by bob@ci and acts no more`,
        ]);
    }
  });
});

describe('runs resume', () => {
  it('goes on with the newest run that waits, sends nothing twice, and ends well', async () => {
    rig = await createRig();
    await deploy(rig, 'v2');
    const runId = await detached('v3');
    expect((await rig.drive(listRuns(rig.ctx, { limit: 5 }))).result.runs).toMatchObject([
      { id: runId, state: 'paused', reason: 'detached' },
      { state: 'succeeded' },
    ]);
    const updates = rig.changes().filter((operation) => operation === 'UpdateService').length;
    const report = await resume();
    expect(report).toMatchObject({ exitCode: 0, runId });
    expect(rig.changes().filter((operation) => operation === 'UpdateService')).toHaveLength(updates);
    expect(await liveState(rig)).toMatchObject({ release: 3, running: 2 });
  });

  it('of a finished run reports it again with exit 0 and touches nothing', async () => {
    rig = await createRig();
    const { runId = '', result } = await deploy(rig, 'v2');
    const before = { files: stateFiles(), changes: rig.changes().length };
    const report = await resume(runId);
    expect(report).toMatchObject({ exitCode: 0, runId, result: { services: result.services } });
    expect({ files: stateFiles(), changes: rig.changes().length }).toEqual(before);
  });

  it('of a run that failed reports how it failed, with its exit code, and touches nothing', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2-bad');
    const before = rig.changes().length;
    expect((await resume(runId)).exitCode).toBe(7);
    expect(rig.changes()).toHaveLength(before);
  });
});

describe('runs undo', () => {
  it('takes back what a deploy did, once', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    expect((await undo(runId)).exitCode).toBe(0);
    expect(await liveState(rig)).toMatchObject({ release: 1, running: 2 });
    expect((await findRun(rig.ctx, runId, {})).state).toBe('undone');
    const before = rig.changes().length;
    expect((await undo(runId)).exitCode).toBe(0);
    expect(rig.changes()).toHaveLength(before);
  });

  it('needs consent', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    const before = rig.changes().length;
    await expect(undo(runId, { consent: { yes: false } })).rejects.toMatchObject({ exitCode: 2, hints: ['--yes'] });
    expect(rig.changes()).toHaveLength(before);
  });
});

describe('after lock break', () => {
  it('a new deploy takes the service over', async () => {
    rig = await createRig();
    const { runId = '' } = await deploy(rig, 'v2');
    // The lock of a run that died elsewhere.
    const { target } = await rig.drive(rig.target());
    const holder = {
      scopes: [{ kind: 'service', service: 'api' }] as const,
      runId,
      journal: rig.ctx.journals(target).addressOf?.(runId) ?? '',
      operation: 'deploy@1',
      writer: { ...rig.ctx.writer, nonce: 'gone', host: 'another-machine', pid: 1 },
      leaseMs: 60_000,
      quiesceMs: 20_000,
    };
    expect(await rig.ctx.locks(target).acquire(holder)).toMatchObject({ kind: 'held' });
    expect((await rig.drive(breakLock(rig.ctx, await locateRun(rig.ctx, runId, {})))).result.scopes).toEqual([
      'service api',
    ]);
    expect((await deploy(rig, 'v3')).exitCode).toBe(0);
  });
});

describe('releases', () => {
  it('lists what is live, what was, how each went and who shipped it', async () => {
    rig = await createRig();
    await deploy(rig, 'v1');
    await deploy(rig, 'v2-bad');
    await deploy(rig, 'v3');
    await rollback(rig);
    const at = await rig.drive(rig.target());
    const report = await rig.drive(listReleases(rig.ctx, at, { services: [], limit: 10, columns: 120 }));
    expect(releasesSchema.safeParse(report.result).success).toBe(true);
    const facts = report.result.releases.map(({ release, tag, outcome, isLive, by }) => [
      release,
      tag,
      outcome,
      isLive,
      by,
    ]);
    expect(facts).toEqual([
      [4, 'v3', 'rolled-back', false, 'tester'],
      [3, 'v2-bad', 'rolled-back', false, 'tester'],
      [2, 'v1', 'worked', true, 'tester'],
      [1, undefined, 'worked', false, 'sandbox'],
    ]);
    for (const release of report.result.releases)
      expect(release).toMatchObject({ registeredBy: expect.stringMatching(/^arn:/), seconds: expect.any(Number) });
    // What the roll-back to it took is not what shipping it took.
    const [rolledBack, , live] = report.result.releases;
    expect(Date.parse(live?.deployedAt ?? '')).toBeLessThan(Date.parse(rolledBack?.deployedAt ?? ''));
    expect(linesOf(report)[4]).toMatch(/^ {2}2 live +v1 +worked +2026-11-23 \d\d:\d\d +\S.*s +tester +\w{6}$/);
    const two = await rig.drive(listReleases(rig.ctx, at, { services: ['api'], limit: 2, columns: 120 }));
    expect(two.result.releases.map(({ release }) => release)).toEqual([4, 3, 2]);
  });
});
